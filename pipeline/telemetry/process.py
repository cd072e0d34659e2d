"""Memory of this process and its children: the driver, its JVM and the Python workers."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable

import psutil
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

PROCESSES = ("driver", "jvm", "workers")


def measure() -> dict[str, int]:
    """Resident bytes by kind of process; pages that workers share with their daemon count for each (RSS)."""
    own = psutil.Process(os.getpid())
    found = Counter({"driver": own.memory_info().rss})
    for child in own.children(recursive=True):
        try:
            found["jvm" if "java" in child.name() else "workers"] += child.memory_info().rss
        except psutil.Error:
            continue  # It ended meanwhile.
    return {name: found[name] for name in PROCESSES}


class MemoryCollector(Collector):
    """`tweetpulse_process_memory_bytes`, measured at the scrape."""

    def __init__(self, measure: Callable[[], dict[str, int]] = measure) -> None:
        self._measure = measure

    def describe(self) -> Iterable[Metric]:
        """Named without measuring."""
        return [self._family()]

    def collect(self) -> Iterable[Metric]:
        """A sample per kind of process."""
        family = self._family()
        for name, size in self._measure().items():
            family.add_metric([name], size)
        yield family

    def _family(self) -> GaugeMetricFamily:
        return GaugeMetricFamily(
            "tweetpulse_process_memory_bytes", "Resident memory by kind of process.", labels=["process"]
        )

"""The disks of the Elasticsearch nodes: a full one makes its indices read-only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from prometheus_client.core import GaugeMetricFamily, Metric

from exporters.kept import Kept
from exporters.store import Store


class Disk:
    """The free disk space of each node.

    Args:
        connect: opens a client.
    """

    name = "disk"

    def __init__(self, connect: Callable[[], Store]) -> None:
        self._store = Kept(connect)

    def describe(self) -> Sequence[Metric]:
        """The family, empty."""
        return families({})

    def collect(self) -> Sequence[Metric]:
        """The free share of this moment.

        Raises:
            PipelineError: Elasticsearch does not answer, or refuses.
        """
        with self._store.use() as store:
            return families(free_ratios(store.disks()))

    def close(self) -> None:
        """Let go of the client."""
        self._store.close()


def free_ratios(stats: Any) -> dict[str, float]:
    """Node → free share of its fullest data path, which is the one that the watermarks go by; from `_nodes/stats`."""
    ratios: dict[str, float] = {}
    for node in stats["nodes"].values():
        for path in node.get("fs", {}).get("data", []):
            free = path["available_in_bytes"] / path["total_in_bytes"]
            ratios[node["name"]] = min(free, ratios.get(node["name"], 1.0))
    return ratios


def families(ratios: Mapping[str, float]) -> tuple[Metric, ...]:
    """The family of node → free share."""
    free = GaugeMetricFamily(
        "tweetpulse_elasticsearch_disk_free_ratio",
        "Share of the node's fullest data path that is free, 0 to 1.",
        labels=["node"],
    )
    for node, ratio in sorted(ratios.items()):
        free.add_metric([node], ratio)
    return (free,)

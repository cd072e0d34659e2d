"""One scrape: all collectors at once, each for itself, and none for longer than a scrape may take."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol

from prometheus_client.core import GaugeMetricFamily, Metric

from pipeline import log
from pipeline.errors import PipelineError

TIMEOUT = 5.0
"""Seconds after which a scrape goes without a collector that has not answered."""

Clock = Callable[[], float]


class Collector(Protocol):
    """One subject: what is known of it at this moment. Called by one thread at a time."""

    name: str

    def describe(self) -> Sequence[Metric]:
        """The families that it collects, without samples."""

    def collect(self) -> Sequence[Metric]:
        """The families with their samples.

        Raises:
            PipelineError: it can't be known now; the message says why.
        """

    def close(self) -> None:
        """Let go of what is open."""


class Scrape:
    """Runs the collectors of a scrape: their families, then the duration and the success of each.

    Args:
        collectors: their names are the values of the label `collector`.
        timeout: seconds that a scrape waits for its slowest collector.
        clock: seconds that never go back.
    """

    def __init__(
        self, collectors: Iterable[Collector], *, timeout: float = TIMEOUT, clock: Clock = time.monotonic
    ) -> None:
        self._tracks = [_Track(collector, clock) for collector in collectors]
        self._timeout = timeout
        self._clock = clock

    def describe(self) -> Iterator[Metric]:
        """The families of all collectors and the scrape's own, without samples."""
        for track in self._tracks:
            yield from track.collector.describe()
        yield from _own_families()

    def collect(self) -> Iterator[Metric]:
        """The families of this moment."""
        until = self._clock() + self._timeout
        # All of them begin before the first one is waited for.
        attempts = [track.attempt() for track in self._tracks]
        duration, success = _own_families()
        for track, attempt in zip(self._tracks, attempts, strict=True):
            found = attempt.wait(until)
            yield from found or ()
            # The attempt may be an earlier scrape's, and its duration then counts from there.
            duration.add_metric([track.collector.name], attempt.seconds)
            success.add_metric([track.collector.name], 0.0 if found is None else 1.0)
        yield duration
        yield success

    def close(self) -> None:
        """Close the collectors that are at rest; one that hangs ends with the process."""
        for track in self._tracks:
            track.close()


class _Attempt:
    """One call of a collector in a thread of its own, which several scrapes may wait for."""

    def __init__(self, collect: Callable[[], Sequence[Metric]], clock: Clock, tell: Callable[[str], None]) -> None:
        self._collect, self._clock, self._tell = collect, clock, tell
        self._begun = clock()
        self._took: float | None = None
        self._found: Sequence[Metric] | None = None
        self.done = threading.Event()
        # A thread that hangs must not keep the process from ending.
        threading.Thread(target=self._run, daemon=True).start()

    @property
    def seconds(self) -> float:
        """The duration, so far if it has not ended."""
        return self._clock() - self._begun if self._took is None else self._took

    def wait(self, until: float) -> Sequence[Metric] | None:
        """The collected families; None if the collector failed, or has not ended by a deadline."""
        if self.done.wait(max(0.0, until - self._clock())):
            return self._found
        self._tell("does not answer in time")
        return None

    def _run(self) -> None:
        try:
            self._found = list(self._collect())
            self._tell("")
        except Exception as error:
            # Whatever a collector does wrong, it may spoil neither the page nor the others.
            self._tell(error.message if isinstance(error, PipelineError) else type(error).__name__)
        finally:
            self._took = self._clock() - self._begun
            self.done.set()


class _Track:
    """A collector and its newest attempt: a scrape joins one that still runs, instead of starting another."""

    def __init__(self, collector: Collector, clock: Clock) -> None:
        self.collector = collector
        self._clock = clock
        self._lock = threading.Lock()
        self._newest: _Attempt | None = None
        self._fault = ""
        self._log: Any = log.get("exporters.scrape")

    def attempt(self) -> _Attempt:
        """The attempt that runs, else a new one."""
        with self._lock:
            if self._newest is None or self._newest.done.is_set():
                self._newest = _Attempt(self.collector.collect, self._clock, self._tell)
            return self._newest

    def close(self) -> None:
        """Close the collector, unless a thread still uses it."""
        if self._newest is None or self._newest.done.is_set():
            self.collector.close()

    def _tell(self, fault: str) -> None:
        """Log a fault once, when it begins or changes, and its end."""
        if fault == self._fault:
            return
        self._fault = fault
        details = {"tweetpulse.collector": self.collector.name}
        if fault:
            self._log.warning("a collector fails", **details, **{"error.message": fault})
        else:
            self._log.info("a collector works again", **details)


def _own_families() -> tuple[GaugeMetricFamily, GaugeMetricFamily]:
    return (
        GaugeMetricFamily(
            "tweetpulse_exporter_scrape_duration_seconds",
            "Seconds that the collector took at this scrape.",
            labels=["collector"],
        ),
        GaugeMetricFamily(
            "tweetpulse_exporter_scrape_success",
            "1 if the collector succeeded at this scrape, 0 if it failed or did not answer in time.",
            labels=["collector"],
        ),
    )

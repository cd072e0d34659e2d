"""Events of the archive: each is one log line and the metrics that belong to it, so they can't disagree."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from pipeline import log
from pipeline.domain.progress import Lag, Partition
from pipeline.errors import SinkUnavailable

EDGES = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class ArchiveMetrics:
    """Everything on the archive's /metrics but what the process says of itself."""

    def __init__(self, registry: CollectorRegistry, reasons: Iterable[str]) -> None:
        def counter(name: str, documentation: str, *labels: str) -> Counter:
            return Counter(f"tweetpulse_archive_{name}", documentation, labels, registry=registry)

        def gauge(name: str, documentation: str, *labels: str) -> Gauge:
            return Gauge(f"tweetpulse_archive_{name}", documentation, labels, registry=registry)

        self.records = counter("records", "Records that are committed to the archive.")
        self.size = counter("bytes", "Bytes of keys and values that are committed to the archive, uncompressed.")
        self.rejected = counter("records_rejected", "Archived records that are no tweets.")
        self.forgotten = counter("records_forgotten", "Records left out, because they are to be forgotten.")
        self.expired = counter("records_expired", "Records that Kafka deleted before they were archived: lost.")
        self.faults = counter("faults", "Attempts that failed and are repeated, by reason.", "reason")
        self.waiting = gauge("waiting", "1 while the archive waits, by reason.", "reason")
        self.last_commit = gauge("last_commit_timestamp_seconds", "When records were last committed.")
        self.last_seen = gauge("last_seen_timestamp_seconds", "When it last asked Kafka for the lag, or waited.")
        self.commit = Histogram(
            "tweetpulse_archive_commit_duration_seconds",
            "Seconds from a full batch to its commit.",
            buckets=EDGES,
            registry=registry,
        )
        self.reasons = tuple(reasons)
        for reason in self.reasons:
            self.faults.labels(reason)
            self.waiting.labels(reason).set(0)


class ArchiveEvents:
    """Tells log and metrics alike what the archive does (an `Observer` of `pipeline.archive.run`)."""

    def __init__(self, metrics: ArchiveMetrics, clock: Callable[[], float] = time.time) -> None:
        self._metrics = metrics
        self._clock = clock
        self._log = log.get("pipeline.archive")
        self.total = 0

    def made(self, uri: str) -> None:
        """There was no table, and now there is."""
        self._log.info("archive made", **{"event.action": "archive-made", "tweetpulse.archive": uri})

    def began(self, topic_id: str) -> None:
        """It reads a topic, from the positions in the log."""
        self._log.info("archive reads", **{"event.action": "archive-reads", "tweetpulse.topic_id": topic_id})

    def expired(self, partition: int, records: int) -> None:
        """Kafka had deleted records before they were archived."""
        self._metrics.expired.inc(records)
        self._log.error(
            "Kafka deleted records that were not archived",
            **{"event.action": "archive-gap", "tweetpulse.partition": partition, "tweetpulse.records": records},
        )

    def archived(self, records: int, size: int, rejected: int, forgotten: int, seconds: float) -> None:
        """A commit is done."""
        metrics = self._metrics
        for metric, count in (
            (metrics.records, records),
            (metrics.size, size),
            (metrics.rejected, rejected),
            (metrics.forgotten, forgotten),
        ):
            metric.inc(count)
        self.total += records
        metrics.commit.observe(seconds)
        metrics.last_commit.set(self._clock())
        self._goes_on()
        self._log.info(
            "records archived",
            **{
                "event.action": "archive-commit",
                "tweetpulse.records": records,
                "tweetpulse.forgotten": forgotten,
                "tweetpulse.seconds": round(seconds, 3),
            },
        )

    def behind(self, lags: Mapping[Partition, Lag]) -> None:
        """It has asked Kafka. The lag itself is the exporter's, which tells it also while nobody archives."""
        self._goes_on()

    def waiting(self, error: SinkUnavailable, attempt: int) -> None:
        """Kafka or the store does not let it go on."""
        self._metrics.faults.labels(error.reason).inc()
        for reason in self._metrics.reasons:
            self._metrics.waiting.labels(reason).set(int(reason == error.reason))
        self._metrics.last_seen.set(self._clock())
        self._log.warning(
            "archive waits",
            **{
                "event.action": "archive-waits",
                "error.type": error.reason,
                "error.message": error.message,
                "tweetpulse.attempt": attempt,
            },
        )

    def _goes_on(self) -> None:
        for reason in self._metrics.reasons:
            self._metrics.waiting.labels(reason).set(0)
        self._metrics.last_seen.set(self._clock())

"""Events of the windows' query: each is one log line and the metrics that belong to it, so they can't disagree."""

from __future__ import annotations

import time
from collections import Counter as Counts
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from pipeline import log
from pipeline.domain.names import WINDOWS
from pipeline.domain.outcome import EDGES
from pipeline.errors import SinkUnavailable

COUNTED, LATE, REPEATED, AHEAD, UNREADABLE = "counted", "late", "repeated", "ahead", "unreadable"
RESULTS = (COUNTED, LATE, REPEATED, AHEAD, UNREADABLE)
"""What becomes of a scored tweet: a closed list, values of a metric's label.

* counted: it is in its windows
* late: it came after the watermark had passed it
* repeated: a tweet with its id was counted before
* ahead: it is dated more than an hour after Kafka got it
* unreadable: the message is not a scored tweet with an id and a time
"""

KAFKA = "kafka"
STATES = ("tweets", "windows")
"""What the query keeps: the ids of tweets within the watermark, and windows that are not over."""


@dataclass(frozen=True, slots=True)
class Progress:
    """A batch that Spark has committed.

    Attributes:
        batch: its number.
        read: records.
        unreadable: of them, those that are no scored tweet.
        ahead: those that are dated ahead.
        late: those behind the watermark.
        repeated: those that were counted before.
        seconds: from the trigger to the commit.
        watermark: seconds of the epoch; None before the first.
        state: rows that are kept, by `STATES`.
    """

    batch: int
    read: int
    unreadable: int = 0
    ahead: int = 0
    late: int = 0
    repeated: int = 0
    seconds: float = 0.0
    watermark: float | None = None
    state: Mapping[str, int] | None = None

    @property
    def results(self) -> dict[str, int]:
        """Result → records; together they are all that was read."""
        others = {LATE: self.late, REPEATED: self.repeated, AHEAD: self.ahead, UNREADABLE: self.unreadable}
        return {COUNTED: self.read - sum(others.values()), **others}


class WindowsMetrics:
    """Everything on the /metrics of the windows' query but what the process says of itself.

    Args:
        registry: where to.
        waits: every reason to wait for Elasticsearch.
        documents: what may become of a window's document.
    """

    def __init__(self, registry: CollectorRegistry, waits: Iterable[str], documents: Iterable[str]) -> None:
        def counter(name: str, documentation: str, *labels: str) -> Counter:
            return Counter(f"tweetpulse_windows_{name}", documentation, labels, registry=registry)

        def gauge(name: str, documentation: str, *labels: str) -> Gauge:
            return Gauge(f"tweetpulse_windows_{name}", documentation, labels, registry=registry)

        self.records = counter(
            "records",
            "Records read in finished batches, by result: only those that are counted are in windows.",
            "result",
        )
        self.documents = counter(
            "documents",
            "Windows that changed, by result: written; fuller (a state with more tweets is there, and stays); expired "
            "(older than windows are kept).",
            "result",
        )
        self.deleted = counter(
            "deleted_indices", "Indices of windows that were deleted, being older than they are kept."
        )
        self.batch_duration = Histogram(
            "tweetpulse_windows_batch_duration_seconds",
            "Seconds from the trigger to the commit of a batch.",
            buckets=EDGES,
            registry=registry,
        )
        # Named as the stream's, so that the alerts and panels on queries hold for this one too.
        self.active = Gauge("tweetpulse_query_active", "1 while the query runs.", ("query",), registry=registry)
        self.last_seen = Gauge(
            "tweetpulse_query_last_seen_timestamp_seconds",
            "When the query last reported progress, or that it is idle or waiting.",
            ("query",),
            registry=registry,
        )
        self.waiting = gauge("waiting", "1 while the query waits for Elasticsearch, or for Kafka.", "reason")
        self.watermark = gauge(
            "watermark_timestamp_seconds", "The event time behind which a tweet is late; absent before the first."
        )
        self.state = gauge("state_rows", "What the query keeps: ids of tweets, and windows that are not over.", "state")
        self.active.labels(WINDOWS)
        for result in RESULTS:
            self.records.labels(result)
        for result in documents:
            self.documents.labels(result)
        for reason in (*waits, KAFKA):
            self.waiting.labels(reason)
        for state in STATES:
            self.state.labels(state)


class WindowsEvents:
    """Tells log and metrics alike.

    Attributes:
        records: result → records, of this run.
        documents: result → windows, of this run.
        on_batch: called after each batch that is committed.
    """

    def __init__(self, metrics: WindowsMetrics, clock: Callable[[], float] = time.time) -> None:
        self._metrics = metrics
        self._clock = clock
        self._log = log.get("pipeline.windows")
        self._waits_for = ""
        self._last_written = self._last_committed = -1
        self.records: Counts[str] = Counts()
        self.documents: Counts[str] = Counts()
        self.on_batch: Callable[[], object] = lambda: None

    @property
    def is_behind(self) -> bool:
        """True if Spark has not yet told that the last batch is committed."""
        return self._last_committed < self._last_written

    def started(self) -> None:
        """The query runs."""
        self._metrics.active.labels(WINDOWS).set(1)
        self._alive()
        self._log.info("windows started", **{"event.action": "windows-started"})

    def ended(self) -> None:
        """The query does not run any more."""
        self._metrics.active.labels(WINDOWS).set(0)
        self._log.info("windows ended", **{"event.action": "windows-ended"})

    def idle(self) -> None:
        """Nothing to do: a sign of life, and that nothing is waited for."""
        self._answered()
        self._alive()

    def waiting(self, sink: str, error: SinkUnavailable, attempt: int) -> None:
        """Something is waited for; the batch goes on, or is repeated, when it is back."""
        if self._waits_for not in ("", error.reason):
            self._metrics.waiting.labels(self._waits_for).set(0)
        self._waits_for = error.reason
        self._metrics.waiting.labels(error.reason).set(1)
        self._alive()
        self._log.warning(
            "windows wait",
            **{
                "event.action": "windows-wait",
                "error.type": error.reason,
                "tweetpulse.attempt": attempt,
                "tweetpulse.sink": sink,
            },
        )

    def written(self, batch: int, counts: Mapping[str, int]) -> None:
        """All windows of a batch are in the index."""
        self._answered()
        self._last_written = batch
        self.documents.update(counts)
        for result, times in counts.items():
            self._metrics.documents.labels(result).inc(times)
        self._alive()

    def deleted(self, indices: Sequence[str]) -> None:
        """Indices were older than their windows are kept."""
        self._metrics.deleted.inc(len(indices))
        self._log.info(
            "old windows deleted", **{"event.action": "windows-deleted", "tweetpulse.indices": list(indices)}
        )

    def checkpoint_mended(self, dropped: Path) -> None:
        """A file of the checkpoint was damaged; without it a batch is planned or done again."""
        self._log.warning(
            "damaged file of the checkpoint dropped",
            **{"event.action": "checkpoint-mended", "file.path": str(dropped)},
        )

    def progressed(self, progress: Progress) -> None:
        """Spark has committed a batch."""
        self._last_committed = progress.batch
        self._metrics.batch_duration.observe(progress.seconds)
        self.records.update(progress.results)
        for result, times in progress.results.items():
            self._metrics.records.labels(result).inc(times)
        if progress.watermark:
            self._metrics.watermark.set(progress.watermark)
        for state, rows in (progress.state or {}).items():
            self._metrics.state.labels(state).set(rows)
        self._alive()
        self._log.info(
            "windows written",
            **{"event.action": "windows-written", "tweetpulse.batch": progress.batch, "tweetpulse.read": progress.read},
            **{f"tweetpulse.{result}": times for result, times in progress.results.items()},
        )
        self.on_batch()

    def _alive(self) -> None:
        self._metrics.last_seen.labels(WINDOWS).set(self._clock())

    def _answered(self) -> None:
        if self._waits_for:
            self._metrics.waiting.labels(self._waits_for).set(0)
            self._waits_for = ""
            self._log.info("windows go on", **{"event.action": "windows-go-on"})

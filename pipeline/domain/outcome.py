"""Counts of a batch's records, which tasks return and the driver adds up."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from pipeline.errors import PipelineError, SinkUnavailable

EDGES = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0)
"""Histogram edges, seconds. They hold the usual trigger intervals and the objectives (10, 60, 300)."""


@dataclass(slots=True)
class Durations:
    """A histogram of seconds: `counts[i]` observations at most `EDGES[i]`, the last one is above all."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(EDGES) + 1))
    total: float = 0.0

    def observe(self, seconds: float, times: int = 1) -> None:
        """Count an observation."""
        self.counts[bisect_left(EDGES, seconds)] += times
        self.total += seconds * times

    def observe_all(self, seconds: Iterable[float]) -> None:
        """Count many."""
        for one in seconds:
            self.observe(one)

    def add(self, other: Durations) -> None:
        """Add another histogram's observations to this one."""
        self.counts = [mine + theirs for mine, theirs in zip(self.counts, other.counts, strict=True)]
        self.total += other.total


@dataclass(frozen=True, slots=True)
class Accounting:
    """What became of records: each is indexed, already there or rejected. A rejected one's own document is neither."""

    read: int
    indexed: int
    already_there: int
    rejected: int

    @property
    def missing(self) -> int:
        """Records read of which nothing is known. It is 0."""
        return self.read - self.indexed - self.already_there - self.rejected


@dataclass(slots=True)
class Outcome:
    """Counts of some records. The keys of a counter are the values of its metric's labels.

    Attributes:
        read: topic → records.
        rejected: reason → records, including those that a sink refused (`mapping`).
        invalid: records that are no tweets, so that no sink saw them as one; `rejected` counts them too.
        scored: sentiment label → tweets.
        entities: (entity, sentiment label) → matches; a tweet may name two.
        indexed, already_there: a sink's target (a data stream) → documents.
        failed: (target, reason) → documents that the sink refused for their own fault.
        retries: reason → bulk requests sent again.
        predictions: (task, label) → tweets of which the task's champion said so.
        compared, disagreements: task → tweets of which VADER and the champion both said something comparable, and
            of which they said different things.
        bulk, delay: seconds of a bulk request, from Kafka's time to acknowledged.
        scoring, predicting: seconds of decoding, scoring and making documents of a chunk, of the champions for it.
        newest: the newest event time, seconds of the epoch; None where no tweet was accepted.
        truncated: topic → messages that were too large for it, so that it got their heads.
        fault: why the rest could not be done; None where all is done.
    """

    read: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    invalid: int = 0
    scored: Counter[str] = field(default_factory=Counter)
    entities: Counter[tuple[str, str]] = field(default_factory=Counter)
    indexed: Counter[str] = field(default_factory=Counter)
    already_there: Counter[str] = field(default_factory=Counter)
    failed: Counter[tuple[str, str]] = field(default_factory=Counter)
    retries: Counter[str] = field(default_factory=Counter)
    truncated: Counter[str] = field(default_factory=Counter)
    predictions: Counter[tuple[str, str]] = field(default_factory=Counter)
    compared: Counter[str] = field(default_factory=Counter)
    disagreements: Counter[str] = field(default_factory=Counter)
    bulk: Durations = field(default_factory=Durations)
    delay: Durations = field(default_factory=Durations)
    scoring: Durations = field(default_factory=Durations)
    predicting: Durations = field(default_factory=Durations)
    newest: float | None = None
    fault: PipelineError | None = None

    def add(self, other: Outcome) -> None:
        """Add another outcome to this one."""
        for name in _COUNTERS:
            getattr(self, name).update(getattr(other, name))
        self.invalid += other.invalid
        for name in _DURATIONS:
            getattr(self, name).add(getattr(other, name))
        self.newest = max((t for t in (self.newest, other.newest) if t is not None), default=None)
        # The first fault, but one that ends the stream comes before one that can be waited for.
        faults = [fault for fault in (self.fault, other.fault) if fault is not None]
        self.fault = min(faults, key=lambda fault: isinstance(fault, SinkUnavailable), default=None)

    def accounting(self, target: str) -> Accounting:
        """The counts as people are told them; `target` is a sink's place for tweets (Elasticsearch's data stream)."""
        refused = sum(times for (where, _), times in self.failed.items() if where == target)
        return Accounting(self.read.total(), self.indexed[target], self.already_there[target], self.invalid + refused)


_COUNTERS = (
    "read",
    "rejected",
    "scored",
    "entities",
    "indexed",
    "already_there",
    "failed",
    "retries",
    "truncated",
    "predictions",
    "compared",
    "disagreements",
)
_DURATIONS = ("bulk", "delay", "scoring", "predicting")

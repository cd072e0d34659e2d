"""The work of one Spark task on its share of a micro-batch: score, write to the sinks, hand on messages for Kafka.

Arrow batches come in and go out; counts go to the driver through an accumulator, which Spark updates exactly
once per finished task. While the sinks answer for one chunk, the next one is being scored.
"""

from __future__ import annotations

import gc
import pickle
import time
from collections import deque
from collections.abc import Container, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Protocol, Self

import pyarrow as pa
from pyspark import TaskContext

from pipeline.domain.delivery import Attempt, Delivery, Entry, Fate, Report
from pipeline.domain.document import REJECTED, SCORED, Coordinates
from pipeline.domain.moments import moment_of
from pipeline.domain.outcome import Outcome
from pipeline.domain.prediction import Task
from pipeline.domain.record import Reason, Rejection
from pipeline.errors import PipelineError, SinkError, SinkUnavailable
from pipeline.geo.locator import Locator
from pipeline.ports import Model, Scorer, Sink
from pipeline.privacy.guard import OPEN, Guard
from pipeline.scoring.analysis import Analyzer
from pipeline.settings import PlacesSettings, ScoringSettings, Settings
from pipeline.stream import messages
from pipeline.stream.champions import Champion
from pipeline.stream.chunk import Chunk, Models, Record, RejectedRecord, refused_documents, score_chunk
from pipeline.stream.messages import Message
from pipeline.stream.privacy import Told

IN_FLIGHT = 2
"""Chunks on their way to a sink at once per task: more made no difference, fewer did."""

OUTPUT_BYTES = 16 * 1024**2
"""Bytes of messages that a task hands on at once."""


class Outcomes(Protocol):
    """Takes a task's outcome: an accumulator of Spark's."""

    def add(self, outcome: Outcome) -> None:
        """Hand an outcome to the driver."""


@dataclass(frozen=True, slots=True)
class TaskSettings:
    """Those settings that tasks need, and no others: whatever is here travels to every worker.

    Attributes:
        scoring: for the analyzer.
        places: for the locator.
        namespace: of the data streams, as documents say it.
        scorers, sinks: as they are pickled.
        max_message_bytes: the most that a topic takes.
        scored_topic: None where scored tweets are not published.
        shows_original: whether the document of a rejected record shows its bytes.
    """

    scoring: ScoringSettings
    places: PlacesSettings
    namespace: str
    scorers: tuple[Scorer, ...]
    sinks: tuple[Sink, ...]
    max_message_bytes: int
    scored_topic: str | None
    rejected_topic: str
    assistance_topic: str
    shows_original: bool

    @classmethod
    def of(cls, settings: Settings, scorers: Sequence[Scorer], sinks: Sequence[Sink]) -> Self:
        """Out of all settings."""
        kafka = settings.kafka
        return cls(
            scoring=settings.scoring,
            places=settings.places,
            namespace=settings.elasticsearch.namespace,
            scorers=tuple(scorers),
            sinks=tuple(sinks),
            max_message_bytes=kafka.max_message_bytes,
            scored_topic=kafka.scored_topic if settings.stream.publish_scored else None,
            rejected_topic=kafka.rejected_topic,
            assistance_topic=kafka.assistance_topic,
            shows_original=settings.privacy.shows_original,
        )


@dataclass(frozen=True, slots=True)
class Work:
    """Everything that the tasks of a batch are told.

    Attributes:
        settings: `TaskSettings`, pickled once for all batches: a worker that has met them makes no scorer anew.
        plans: the sinks', in their order.
    """

    settings: bytes
    plans: tuple[Any, ...]
    attempt: Attempt
    champions: tuple[Champion, ...] = ()
    privacy: Told | None = None

    @property
    def guard(self) -> Guard:
        """The rules of privacy for records, in this process."""
        return self.privacy.guard() if self.privacy else OPEN


def run(batches: Iterator[pa.RecordBatch], work: Work, outcomes: Outcomes) -> Iterator[pa.RecordBatch]:
    """Do the work on every Arrow batch; stops at the first error of ours, which goes to the driver with the counts."""
    outcome = Outcome()
    try:
        yield from _overlapped(batches, _as_attempted(work), outcome)
    except PipelineError as error:
        # Raised here, Spark would repeat the task and hand on the error as text; the driver decides what it means.
        outcome.fault = error
    finally:
        outcomes.add(outcome)


def _as_attempted(work: Work) -> Work:
    """Spark repeats a task whose worker was killed: an earlier attempt at it may have written something."""
    context = TaskContext.get()
    if context is None or not context.attemptNumber():
        return work
    return replace(work, attempt=replace(work.attempt, repeated=True))


Writes = list[Future[Report]]
"""A chunk's documents on their way to each sink, in the sinks' order."""


def _overlapped(batches: Iterator[pa.RecordBatch], work: Work, outcome: Outcome) -> Iterator[pa.RecordBatch]:
    under_way: deque[tuple[Chunk, Writes]] = deque()
    worker, models, guard = _worker(work.settings), models_of(work.champions), work.guard
    # Threads for all sinks, so that a chunk is written to them at the same time.
    with ThreadPoolExecutor(IN_FLIGHT * len(work.plans)) as pool:
        for batch in batches:
            chunk = worker.score(batch, models, guard)
            under_way.append((chunk, worker.write(pool, chunk, work)))
            # Scoring needs the processor and bulk requests mostly wait: a chunk is scored while others are answered.
            if len(under_way) > IN_FLIGHT:
                yield from worker.settle(*under_way.popleft(), work, outcome)
        while under_way:
            yield from worker.settle(*under_way.popleft(), work, outcome)


class _Worker:
    """Everything that is made once per Python worker process: the analyzer, the locator, the sinks' clients."""

    def __init__(self, settings: TaskSettings) -> None:
        self._settings = settings
        self._analyzer = Analyzer(settings.scoring, settings.scorers)
        self._locator = Locator(settings.places)
        self._tracked = frozenset(settings.scoring.entities)

    def score(self, batch: pa.RecordBatch, models: Models, guard: Guard) -> Chunk:
        namespace = self._settings.namespace
        return score_chunk(
            _records(batch),
            self._analyzer,
            models,
            namespace=namespace,
            tracked=self._tracked,
            guard=guard,
            locator=self._locator,
        )

    def write(self, pool: ThreadPoolExecutor, chunk: Chunk, work: Work) -> Writes:
        """Send the tweets of a chunk to all sinks at once."""
        entries = [Entry(*document) for document in chunk.documents]
        delivery = Delivery(SCORED, entries, {id_: record.at for id_, record in chunk.records.items()})
        return [
            pool.submit(_written, sink, delivery, plan, work.attempt)
            for sink, plan in zip(self._settings.sinks, work.plans, strict=True)
        ]

    def settle(self, chunk: Chunk, writes: Writes, work: Work, outcome: Outcome) -> Iterator[pa.RecordBatch]:
        """Count what became of a chunk, once all sinks have answered, and hand on its messages."""
        reports = [write.result() for write in writes]
        acknowledged, ingested = time.time(), datetime.now(UTC)
        result, invalid = chunk.outcome, tuple(chunk.refused)
        failed: dict[str, RejectedRecord] = {}
        for sink, plan, report in zip(self._settings.sinks, work.plans, reports, strict=True):
            # A tweet that a sink refuses is a rejected record too: there, and, whichever sink says so first, in Kafka.
            of_sink = dict(_failed(chunk, report))
            failed = of_sink | failed
            delivery = self._rejected((*invalid, *of_sink.values()), ingested)
            # Only after the tweets, because which of them a sink refuses is known from its report.
            rejected = _written(sink, delivery, plan, work.attempt)
            _count(result, sink.target(SCORED), report)
            _count(result, sink.target(REJECTED), rejected)
        chunk.refused.extend(failed.values())
        result.rejected.update(one.rejection.reason for one in failed.values())
        result.delay.observe_all(
            # Where the topic keeps the producer's time, a record may come from the future.
            max(0.0, acknowledged - record.at.time.timestamp())
            for id_, record in chunk.records.items()
            # What was already there has been observed by the record or the attempt that made it.
            if any(report.verdicts[id_].fate is Fate.INDEXED for report in reports)
        )
        sent = self._messages(chunk, failed.keys())
        messages.count_truncated(sent, result.truncated)
        outcome.add(result)
        yield from messages.as_arrow(sent, OUTPUT_BYTES)

    def _rejected(self, refused: Sequence[RejectedRecord], ingested: datetime) -> Delivery:
        namespace, original = self._settings.namespace, self._settings.shows_original
        documents = refused_documents(refused, ingested, namespace, original=original)
        return Delivery(
            REJECTED, [Entry(*one) for one in documents], {one.record.at.key: one.record.at for one in refused}
        )

    def _messages(self, chunk: Chunk, failed: Container[str]) -> list[Message]:
        settings = self._settings
        limit = settings.max_message_bytes
        found = [
            messages.rejected(settings.rejected_topic, refused, limit)
            for refused in chunk.refused
            # The bytes of a forgotten record are gone, so the message would hold nothing to replay.
            if refused.rejection.reason is not Reason.FORGOTTEN
        ]
        # Of a repeated id the first one, as in Elasticsearch.
        for id_, body in dict(reversed(chunk.documents)).items():
            # Also what was already there: the attempt that indexed it may have died before it published it.
            if id_ not in failed:
                found += messages.scored(self._topics(id_ in chunk.complaints), id_, body, limit)
        return found

    def _topics(self, complaint: bool) -> list[str]:
        scored = self._settings.scored_topic
        return ([scored] if scored else []) + [self._settings.assistance_topic] * complaint


@contextmanager
def naming(sink: Sink) -> Iterator[None]:
    """Where the sink must wait, its name goes with the error."""
    try:
        yield
    except SinkUnavailable as error:
        error.sink = sink.name
        raise


def _written(sink: Sink, delivery: Delivery, plan: Any, attempt: Attempt) -> Report:
    """Write to a sink."""
    try:
        with naming(sink):
            return sink.write(delivery, plan, attempt)
    except PipelineError:
        raise
    except Exception as error:
        # A user's sink may raise anything: the driver is told which one it was.
        raise SinkError(f"the sink {sink.name} failed ({type(error).__name__}): mend it, or take it out") from error


def _failed(chunk: Chunk, report: Report) -> Iterator[tuple[str, RejectedRecord]]:
    """The tweets that a sink refused for their own fault, by id."""
    for id_, verdict in report.verdicts.items():
        if verdict.fate is Fate.FAILED:
            reason = Reason.TOO_LARGE if verdict.reason == "too_large" else Reason.MAPPING
            yield id_, RejectedRecord(Rejection(reason, verdict.error), chunk.records[id_])


_WORKERS: dict[bytes, _Worker] = {}


def _worker(settings: bytes) -> _Worker:
    """This process's worker for these settings: a process outlives its tasks, and reading the lexicon takes time."""
    if settings not in _WORKERS:
        _WORKERS[settings] = _Worker(pickle.loads(settings))  # noqa: S301 - made by our own driver
        # Modules and lexicon stay, and a chunk lives as long as its bulk: walking through them costs a tenth otherwise.
        gc.freeze()
        gc.set_threshold(100_000, 50, 50)
    return _WORKERS[settings]


_MODELS: dict[Task, Model] = {}


def models_of(champions: tuple[Champion, ...]) -> Models:
    """This process's models: those of the batch in flight, and no others. A worker has one task at a time."""
    kept = {(model.task, model.version): model for model in _MODELS.values()}
    _MODELS.clear()
    _MODELS.update((one.task, kept.get((one.task, one.version)) or one.load()) for one in champions)
    return dict(_MODELS)


def _records(batch: pa.RecordBatch) -> Iterator[Record]:
    columns = (batch.column(name) for name in ("topic", "partition", "offset", "value", "size", "replay"))
    # As integers, because Arrow raises for a time after the year 9999, which no datetime can hold.
    micros: list[Any] = batch.column("timestamp").cast(pa.int64()).to_pylist()
    for (topic, partition, offset, value, size, replay), time_ in zip(
        zip(*(column.to_pylist() for column in columns), strict=True), micros, strict=True
    ):
        yield Record(value, Coordinates(topic, partition, offset, moment_of(time_)), size, replay)


def _count(outcome: Outcome, target: str, report: Report) -> None:
    outcome.indexed[target] += report.count(Fate.INDEXED)
    outcome.already_there[target] += report.count(Fate.ALREADY_THERE)
    for verdict in report.verdicts.values():
        if verdict.fate is Fate.FAILED:
            outcome.failed[target, verdict.reason] += 1
    outcome.retries.update(report.retries)
    outcome.bulk.add(report.bulk)

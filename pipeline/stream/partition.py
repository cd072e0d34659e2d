"""What one Spark task does with its share of a micro-batch: score, index, and hand on what Kafka is to get.

Arrow batches come in and go out; counts go to the driver through an accumulator, which Spark updates exactly
once per finished task. While Elasticsearch answers for one chunk, the next one is being scored.
"""

from __future__ import annotations

import gc
import pickle
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import pyarrow as pa
from pyspark import TaskContext

from pipeline.domain.document import REJECTED, SCORED, Coordinates, data_stream
from pipeline.domain.outcome import Outcome
from pipeline.domain.prediction import Task
from pipeline.domain.record import Reason, Rejection
from pipeline.elasticsearch_client import connect
from pipeline.errors import PipelineError
from pipeline.scoring.analysis import Analyzer
from pipeline.scoring.linear import LinearModel
from pipeline.settings import Settings
from pipeline.sinks.elasticsearch.backing import Backing
from pipeline.sinks.elasticsearch.bulk import Entry, Fate
from pipeline.sinks.elasticsearch.sink import Attempt, ElasticsearchSink, Report
from pipeline.stream import messages
from pipeline.stream.champions import Champion
from pipeline.stream.chunk import Chunk, Models, Record, Refused, refuse, refused_documents, score_chunk
from pipeline.stream.messages import Message
from pipeline.stream.privacy import OPEN, Guard, Told

IN_FLIGHT = 2
"""Bulk requests under way at once per task: more made no difference, fewer did."""

OUTPUT_BYTES = 16 * 1024**2
"""How much a task hands on at once."""


class Outcomes(Protocol):
    """Where a task's outcome goes: an accumulator of Spark's."""

    def add(self, outcome: Outcome) -> None:
        """Hand an outcome to the driver."""


@dataclass(frozen=True, slots=True)
class Work:
    """What all tasks of a batch are told."""

    settings: Settings
    scored: Backing
    rejected: Backing
    attempt: Attempt
    champions: tuple[Champion, ...] = ()
    privacy: Told | None = None

    @property
    def guard(self) -> Guard:
        """What this process holds records to."""
        return self.privacy.guard() if self.privacy else OPEN


def run(batches: Iterator[pa.RecordBatch], work: Work, outcomes: Outcomes) -> Iterator[pa.RecordBatch]:
    """Do the work on every Arrow batch; stops at the first error of ours, which goes to the driver with the counts."""
    outcome = Outcome()
    try:
        yield from _overlapped(batches, _as_attempted(work), outcome)
    except PipelineError as error:
        outcome.fault = error
    finally:
        outcomes.add(outcome)


def _as_attempted(work: Work) -> Work:
    """Spark repeats a task whose worker was killed: an earlier attempt at it may have written something."""
    context = TaskContext.get()
    if context is None or not context.attemptNumber():
        return work
    return replace(work, attempt=replace(work.attempt, repeated=True))


def _overlapped(batches: Iterator[pa.RecordBatch], work: Work, outcome: Outcome) -> Iterator[pa.RecordBatch]:
    under_way: deque[tuple[Chunk, Future[Report]]] = deque()
    worker, models, guard = _worker(work.settings), models_of(work.champions), work.guard
    with ThreadPoolExecutor(IN_FLIGHT) as pool:
        for batch in batches:
            chunk = worker.score(batch, models, guard)
            under_way.append((chunk, pool.submit(worker.index, chunk, work)))
            if len(under_way) > IN_FLIGHT:
                yield from worker.settle(*under_way.popleft(), work, outcome)
        while under_way:
            yield from worker.settle(*under_way.popleft(), work, outcome)


class _Worker:
    """What is made once per Python worker process: the analyzer with its lexicon, and the client."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._analyzer = Analyzer(settings.scoring)
        self._tracked = frozenset(settings.scoring.entities)
        self._sink = ElasticsearchSink(connect(settings.elasticsearch), settings.elasticsearch)
        self._namespace = settings.elasticsearch.namespace
        self._stream = data_stream(SCORED, self._namespace)
        self._rejected_stream = data_stream(REJECTED, self._namespace)

    def score(self, batch: pa.RecordBatch, models: Models, guard: Guard) -> Chunk:
        return score_chunk(
            _records(batch), self._analyzer, models, namespace=self._namespace, tracked=self._tracked, guard=guard
        )

    def index(self, chunk: Chunk, work: Work) -> Report:
        entries = [Entry(*document) for document in chunk.documents]
        records = {id_: record.at for id_, record in chunk.records.items()}
        return self._sink.index(self._stream, entries, work.scored, records, work.attempt)

    def settle(self, chunk: Chunk, indexing: Future[Report], work: Work, outcome: Outcome) -> Iterator[pa.RecordBatch]:
        """Count what became of a chunk, once Elasticsearch has answered, and hand on its messages."""
        report = indexing.result()
        acknowledged = time.time()
        self._reject_failed(chunk, report)
        rejected = self._index_rejected(chunk, work)
        result = chunk.outcome
        _count(result, self._stream, report)
        _count(result, self._rejected_stream, rejected)
        result.delay.observe_all(
            # Where the topic keeps its producers' time, a record may be of tomorrow.
            max(0.0, acknowledged - record.at.time.timestamp())
            for id_, record in chunk.records.items()
            if report.verdicts[id_].fate is Fate.INDEXED
        )
        sent = self._messages(chunk, report)
        messages.count_truncated(sent, result.truncated)
        outcome.add(result)
        yield from messages.as_arrow(sent, OUTPUT_BYTES)

    def _reject_failed(self, chunk: Chunk, report: Report) -> None:
        """What Elasticsearch refused for its own fault is a rejected record too."""
        for id_, verdict in report.verdicts.items():
            if verdict.fate is Fate.FAILED:
                reason = Reason.TOO_LARGE if verdict.reason == "too_large" else Reason.MAPPING
                refuse(chunk, Refused(Rejection(reason, verdict.error), chunk.records[id_]))

    def _index_rejected(self, chunk: Chunk, work: Work) -> Report:
        original = self._settings.privacy.shows_original
        documents = refused_documents(chunk.refused, datetime.now(UTC), self._namespace, original=original)
        records = {refused.record.at.key: refused.record.at for refused in chunk.refused}
        entries = [Entry(*document) for document in documents]
        return self._sink.index(self._rejected_stream, entries, work.rejected, records, work.attempt)

    def _messages(self, chunk: Chunk, report: Report) -> list[Message]:
        kafka = self._settings.kafka
        limit = kafka.max_message_bytes
        found = [
            messages.rejected(kafka.rejected_topic, refused, limit)
            for refused in chunk.refused
            if refused.rejection.reason is not Reason.FORGOTTEN
        ]
        # Of a repeated id the first one, as in Elasticsearch.
        for id_, body in dict(reversed(chunk.documents)).items():
            # Also what was already there: the attempt that indexed it may have died before it published it.
            if report.verdicts[id_].fate is not Fate.FAILED:
                found += messages.scored(self._topics(id_ in chunk.complaints), id_, body, limit)
        return found

    def _topics(self, complaint: bool) -> list[str]:
        kafka, scored = self._settings.kafka, self._settings.stream.publish_scored
        return [kafka.scored_topic] * scored + [kafka.assistance_topic] * complaint


_WORKERS: dict[bytes, _Worker] = {}


def _worker(settings: Settings) -> _Worker:
    """This process's worker for these settings: a process outlives its tasks, and reading the lexicon takes time."""
    key = pickle.dumps(settings)
    if key not in _WORKERS:
        _WORKERS[key] = _Worker(settings)
        # Modules and lexicon stay, and a chunk lives as long as its bulk: walking through them costs a tenth otherwise.
        gc.freeze()
        gc.set_threshold(100_000, 50, 50)
    return _WORKERS[key]


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_TIME = datetime.max.replace(microsecond=0, tzinfo=UTC)

_MODELS: dict[Task, LinearModel] = {}


def models_of(champions: tuple[Champion, ...]) -> Models:
    """This process's models: those of the batch in flight, and no others. A worker has one task at a time."""
    kept = {(model.task, model.version): model for model in _MODELS.values()}
    _MODELS.clear()
    _MODELS.update((one.task, kept.get((one.task, one.version)) or one.load()) for one in champions)
    return dict(_MODELS)


def _records(batch: pa.RecordBatch) -> Iterator[Record]:
    columns = (batch.column(name) for name in ("topic", "partition", "offset", "value", "size", "replay"))
    micros: list[Any] = batch.column("timestamp").cast(pa.int64()).to_pylist()
    for (topic, partition, offset, value, size, replay), time_ in zip(
        zip(*(column.to_pylist() for column in columns), strict=True), micros, strict=True
    ):
        yield Record(value, Coordinates(topic, partition, offset, _time(time_)), size, replay)


def _time(micros: int) -> datetime:
    """Microseconds of the epoch as a time; a producer may set any, also one that no calendar has."""
    try:
        return _EPOCH + timedelta(microseconds=micros)
    except OverflowError:
        return _LAST_TIME


def _count(outcome: Outcome, stream: str, report: Report) -> None:
    outcome.indexed[stream] += report.count(Fate.INDEXED)
    outcome.already_there[stream] += report.count(Fate.ALREADY_THERE)
    for verdict in report.verdicts.values():
        if verdict.fate is Fate.FAILED:
            outcome.failed[stream, verdict.reason] += 1
    outcome.retries.update(report.retries)
    outcome.bulk.add(report.bulk)

"""A chunk of records, decoded, scored and made into documents. Pure but for the clock."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

import orjson

from pipeline.domain.document import Coordinates, Document, rejected_document, scored_document
from pipeline.domain.names import OTHER
from pipeline.domain.outcome import Outcome
from pipeline.domain.record import Reason, Rejection, decode
from pipeline.domain.tweet import Tweet
from pipeline.scoring.analysis import Analyzer


class Record(NamedTuple):
    """A Kafka record as the stream reads it."""

    value: bytes | None
    at: Coordinates


class Refused(NamedTuple):
    """A rejected record: why, and where its original bytes are."""

    rejection: Rejection
    record: Record


@dataclass(slots=True)
class Chunk:
    """What a chunk of records came to.

    Attributes:
        documents: (id, JSON) of each accepted tweet, in the records' order; an id may be there twice.
        records: id → its first record, for what Elasticsearch refuses later.
        refused: the records that are not tweets.
        outcome: what is known so far: read, rejected, scored, entities, newest.
    """

    documents: list[tuple[str, bytes]] = field(default_factory=list)
    records: dict[str, Record] = field(default_factory=dict)
    refused: list[Refused] = field(default_factory=list)
    outcome: Outcome = field(default_factory=Outcome)


def score_chunk(
    records: Iterable[Record],
    analyzer: Analyzer,
    *,
    namespace: str,
    tracked: frozenset[str] = frozenset(),
    clock: Callable[[], float] = time.perf_counter,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Chunk:
    """Decode, score and make documents of a chunk of records. Never raises for a record's content."""
    chunk = Chunk()
    started, ingested = clock(), now()
    for record in records:
        chunk.outcome.read[record.at.topic] += 1
        decoded = decode(record.value)
        if isinstance(decoded, Rejection):
            refuse(chunk, Refused(decoded, record))
        else:
            _accept(chunk, decoded, record, analyzer, ingested, namespace, tracked)
    chunk.outcome.scoring.observe(clock() - started)
    return chunk


def refuse(chunk: Chunk, refused: Refused) -> None:
    """Count a rejected record and keep it for the sinks."""
    chunk.outcome.rejected[refused.rejection.reason] += 1
    chunk.refused.append(refused)


def refused_documents(refused: Iterable[Refused], ingested: datetime, namespace: str) -> list[tuple[str, bytes]]:
    """(id, JSON) of each rejected record."""
    return [
        (record.at.key, dumps(rejected_document(rejection, record.value, record.at, ingested, namespace)))
        for rejection, record in refused
    ]


def dumps(document: Document) -> bytes:
    """UTF-8 JSON, times in UTC."""
    return orjson.dumps(document, option=orjson.OPT_UTC_Z)


def _accept(
    chunk: Chunk,
    tweet: Tweet,
    record: Record,
    analyzer: Analyzer,
    ingested: datetime,
    namespace: str,
    tracked: frozenset[str],
) -> None:
    analysis = analyzer.analyze(tweet)
    document = scored_document(tweet, analysis, record.at, ingested, namespace)
    try:
        body = dumps(document)
    except orjson.JSONEncodeError as error:
        # Such as a time that no offset can bring to UTC: found by fuzzing, so it is data too.
        refuse(chunk, Refused(Rejection(Reason.BAD_FIELD, f"no JSON can hold it: {type(error).__name__}"), record))
        return
    chunk.documents.append((tweet.id, body))
    chunk.records.setdefault(tweet.id, record)
    label = analysis.sentiment.label
    outcome = chunk.outcome
    outcome.scored[label] += 1
    for entity in {entity if entity in tracked else OTHER for entity in analysis.entities}:
        outcome.entities[entity, label] += 1
    written = document["@timestamp"].timestamp()
    if outcome.newest is None or written > outcome.newest:
        outcome.newest = written

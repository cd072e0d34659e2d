"""A chunk of records, decoded, scored and made into documents. Pure but for the clock."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import NamedTuple

import orjson

from pipeline.domain.analysis import Analysis
from pipeline.domain.document import Coordinates, Document, readable, rejected_document, scored_document
from pipeline.domain.names import OTHER
from pipeline.domain.outcome import Outcome
from pipeline.domain.prediction import NO_OPINION, Opinion, Task
from pipeline.domain.record import Reason, Rejection, decode
from pipeline.domain.sentiment import Label
from pipeline.domain.tweet import Tweet
from pipeline.geo.locator import Locator
from pipeline.ports import Model
from pipeline.privacy.guard import OPEN, Guard
from pipeline.scoring.analysis import Analyzer
from pipeline.scoring.language import speaks
from pipeline.scoring.opinions import opinions
from pipeline.settings import PlacesSettings

Models = Mapping[Task, Model]

NO_MODELS: Models = MappingProxyType({})
NOWHERE = Locator(PlacesSettings(profiles=False))
"""Takes the place that a tweet's source states, and reads no profile."""


class Record(NamedTuple):
    """A Kafka record as the stream reads it.

    Attributes:
        value: of one that is too large only the head.
        at: where it is.
        size: of the whole value, bytes.
        replay: the key of one that was sent again after it was rejected.
    """

    value: bytes | None
    at: Coordinates
    size: int | None = None
    replay: bytes | None = None


class RejectedRecord(NamedTuple):
    """A rejected record: why, and where its original bytes are."""

    rejection: Rejection
    record: Record


class Scored(NamedTuple):
    """A decoded tweet, its analysis, and the record that it came in."""

    tweet: Tweet
    analysis: Analysis
    record: Record


@dataclass(slots=True)
class Chunk:
    """The results for a chunk of records.

    Attributes:
        documents: (id, JSON) of each accepted tweet, in the records' order; an id may be there twice.
        records: id → its first record, for what Elasticsearch refuses later.
        complaints: the ids of tweets that need assistance.
        refused: the records that are not tweets.
        outcome: what is known so far: read, rejected, scored, entities, predictions, newest.
    """

    documents: list[tuple[str, bytes]] = field(default_factory=list)
    records: dict[str, Record] = field(default_factory=dict)
    complaints: set[str] = field(default_factory=set)
    refused: list[RejectedRecord] = field(default_factory=list)
    outcome: Outcome = field(default_factory=Outcome)


def score_chunk(
    records: Iterable[Record],
    analyzer: Analyzer,
    models: Models = NO_MODELS,
    *,
    namespace: str,
    tracked: frozenset[str] = frozenset(),
    guard: Guard = OPEN,
    locator: Locator = NOWHERE,
    clock: Callable[[], float] = time.perf_counter,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Chunk:
    """Decode, score and make documents of a chunk of records. Never raises for a record's content.

    The models are asked once for the whole chunk, which is many times faster than tweet by tweet. The locator is asked
    before an author is hidden, whose profile it reads.
    """
    chunk, ingested, started = Chunk(), now(), clock()
    scored = _scored(chunk, records, analyzer, guard)
    asked = clock()
    said = _opinions(models, scored)
    answered = clock()
    for scored_one, opinion in zip(scored, said, strict=True):
        # The text was scored as it was written. From here on it is what may leave the stream, as people read it.
        one = Scored(*guard.shown(readable(scored_one.tweet), scored_one.analysis), scored_one.record)
        geo = locator.of(scored_one.tweet)
        document = scored_document(one.tweet, one.analysis, one.record.at, ingested, namespace, opinion, geo)
        _accept(chunk, one, opinion, document, tracked)
    # Without the time of the models, which has a series of its own.
    chunk.outcome.scoring.observe(clock() - answered + asked - started)
    if models:
        chunk.outcome.predicting.observe(answered - asked)
    return chunk


def refuse(chunk: Chunk, refused: RejectedRecord) -> None:
    """Count a record that is no tweet and keep it for the sinks; of one that is forgotten, not its bytes."""
    chunk.outcome.rejected[refused.rejection.reason] += 1
    chunk.outcome.invalid += 1
    # Else the bytes would come back by the document, or by a replay of the topic of rejected records.
    if refused.rejection.reason is Reason.FORGOTTEN:
        refused = RejectedRecord(refused.rejection, refused.record._replace(value=None))
    chunk.refused.append(refused)


def refused_documents(
    refused: Iterable[RejectedRecord], ingested: datetime, namespace: str, *, original: bool = True
) -> list[tuple[str, bytes]]:
    """(id, JSON) of each rejected record; `original`: with its bytes."""
    return [
        (
            record.at.key,
            dumps(rejected_document(rejection, record.value if original else None, record.at, ingested, namespace)),
        )
        for rejection, record in refused
    ]


def dumps(document: Document) -> bytes:
    """UTF-8 JSON, times in UTC."""
    return orjson.dumps(document, option=orjson.OPT_UTC_Z)


def _scored(chunk: Chunk, records: Iterable[Record], analyzer: Analyzer, guard: Guard) -> list[Scored]:
    decoded = list(_decoded(chunk, records, guard))
    analyses = analyzer.analyze_all([tweet for tweet, _ in decoded])
    return [Scored(tweet, analysis, record) for (tweet, record), analysis in zip(decoded, analyses, strict=True)]


def _decoded(chunk: Chunk, records: Iterable[Record], guard: Guard) -> Iterator[tuple[Tweet, Record]]:
    for record in records:
        chunk.outcome.read[record.at.topic] += 1
        decoded = guard.judged(decode(record.value, record.size), record.value)
        if isinstance(decoded, Rejection):
            refuse(chunk, RejectedRecord(decoded, record))
        else:
            yield decoded, record


def _opinions(models: Models, scored: Sequence[Scored]) -> list[Opinion]:
    """The models' opinion of each tweet; none of a tweet in a language that no scorer speaks."""
    found = [NO_OPINION] * len(scored)
    for asked, places in _by_models(models, scored).items():
        said = opinions({task: models[task] for task in asked}, tuple(scored[place].tweet.text for place in places))
        for place, opinion in zip(places, said, strict=True):
            found[place] = opinion
    return found


def _by_models(models: Models, scored: Sequence[Scored]) -> dict[tuple[Task, ...], list[int]]:
    """The places of the tweets, by the models that speak their language: mostly all of them."""
    by_language: dict[str | None, tuple[Task, ...]] = {}
    found: defaultdict[tuple[Task, ...], list[int]] = defaultdict(list)
    for place, (_, analysis, _) in enumerate(scored) if models else ():
        if analysis.sentiment.label is not Label.UNSUPPORTED:
            lang = analysis.lang
            # Once for each language, because a chunk has thousands of tweets in a few languages.
            if lang not in by_language:
                by_language[lang] = tuple(task for task in models if speaks(lang, models[task].languages))
            found[by_language[lang]].append(place)
    return found


def _accept(chunk: Chunk, scored: Scored, opinion: Opinion, document: Document, tracked: frozenset[str]) -> None:
    tweet, analysis, record = scored
    try:
        body = dumps(document)
    except orjson.JSONEncodeError as error:
        # Such as a time that no offset can bring to UTC: found by fuzzing, so it is data too.
        refuse(
            chunk, RejectedRecord(Rejection(Reason.BAD_FIELD, f"no JSON can hold it: {type(error).__name__}"), record)
        )
        return
    chunk.documents.append((tweet.id, body))
    # Of a repeated id the first record counts, as in Elasticsearch.
    if opinion.is_complaint and tweet.id not in chunk.records:
        chunk.complaints.add(tweet.id)
    chunk.records.setdefault(tweet.id, record)
    _count(chunk.outcome, analysis, tracked)
    _count_opinion(chunk.outcome, analysis.sentiment.label, opinion)
    written = document["@timestamp"].timestamp()
    if chunk.outcome.newest is None or written > chunk.outcome.newest:
        chunk.outcome.newest = written


def _count(outcome: Outcome, analysis: Analysis, tracked: frozenset[str]) -> None:
    label = analysis.sentiment.label
    outcome.scored[label] += 1
    # A set, because a tweet of several untracked entities counts once as `other`.
    for entity in {entity if entity in tracked else OTHER for entity in analysis.entities}:
        outcome.entities[entity, label] += 1


def _count_opinion(outcome: Outcome, label: Label, opinion: Opinion) -> None:
    """Count what each champion says, and whether VADER says the same where both know the words for it."""
    if opinion is NO_OPINION:
        return
    said = (Task.SENTIMENT, opinion.sentiment), (Task.COMPLAINT, opinion.complaint), (Task.REASON, opinion.reason)
    for task, prediction in said:
        if prediction is not None:
            outcome.predictions[task, prediction.label] += 1
    if opinion.sentiment is not None and opinion.sentiment.label in _COMPARABLE:
        outcome.compared[Task.SENTIMENT] += 1
        outcome.disagreements[Task.SENTIMENT] += opinion.sentiment.label != label


_COMPARABLE = frozenset({Label.NEGATIVE, Label.NEUTRAL, Label.POSITIVE})

"""A fixed hour of generated tweets, after one to compare it with: the documents that the stream makes of them.

Beside them are the topics of that hour, and windows of an hour over months.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from elasticsearch import Elasticsearch
from elasticsearch.helpers import bulk

from pipeline.domain.document import EVENTS, REJECTED, SCORED, Coordinates, data_stream
from pipeline.domain.prediction import COMPLAINT, NO_COMPLAINT, Task
from pipeline.domain.record import encode
from pipeline.domain.tweet import Tweet
from pipeline.embedded.guard import guarded
from pipeline.embedded.stack import start
from pipeline.geo.locator import Locator
from pipeline.report.period import Period
from pipeline.scoring.analysis import Analyzer
from pipeline.settings import PlacesSettings, ScoringSettings
from pipeline.sinks.elasticsearch import plain_index
from pipeline.sinks.elasticsearch.client import connect
from pipeline.sinks.elasticsearch.events import record_event
from pipeline.sinks.elasticsearch.settings import ElasticsearchSettings
from pipeline.sinks.elasticsearch.setup import set_up
from pipeline.sources.phrases import BRANDS
from pipeline.sources.synthetic import Synthetic
from pipeline.stream.chunk import Chunk, Models, Record, refused_documents, score_chunk
from pipeline.topics import reading
from pipeline.topics.find import find
from pipeline.topics.found import Question
from pipeline.topics.store import store
from tests import series
from tests.builders import linear_model
from tests.stacks import stack_settings, state_folder

ENDED = datetime(2026, 3, 2, 12, tzinfo=UTC)
"""To a board it is now: a browser is told so."""
HOUR = timedelta(hours=1)
_SPAN = 2 * HOUR
_TWEETS = 14_400
_PARTITIONS = 3
_INGESTED = ENDED
_WINDOWS = ((ENDED, 180), (ENDED - timedelta(weeks=52), 90))
"""Until when there are windows, and of how many days: what *History* opens with, as long before, and a year before."""

_COMPLAINING = {
    "charged": 5.0,
    "failed": 4.0,
    "help": 3.0,
    "never": 1.0,
    "nobody": 4.0,
    "ordered": 5.0,
    "please": 3.0,
    "refund": 6.0,
    "support": 6.0,
    "waited": 6.0,
    "worked": 5.0,
    "worst": 3.0,
}
_REASONS = {
    "broken": ("worked", "failed", "update"),
    "no_answer": ("waited", "nobody", "replies"),
    "not_delivered": ("ordered", "came", "order"),
    "quality": ("worst",),
    "refund": ("refund", "charged", "twice"),
}


@dataclass(frozen=True)
class Server:
    """The address of an Elasticsearch that holds the hour, and the documents of all its tweets."""

    url: str
    documents: list[dict[str, Any]]


@contextmanager
def served() -> Iterator[Server]:
    """An Elasticsearch with the hour and nothing else, ended with the block."""
    with state_folder() as folder, guarded(folder, delete_data=True):
        url = start(stack_settings(folder), ["elasticsearch"]).elasticsearch.address
        # A busy machine is no fault of the server's.
        settings = ElasticsearchSettings(url=url, request_timeout=60)
        with connect(settings) as client:
            documents = _fill(client, settings)
        yield Server(url, documents)


def _fill(client: Elasticsearch, settings: ElasticsearchSettings) -> list[dict[str, Any]]:
    set_up(client, settings, switch=True)
    chunk = _chunk(settings.namespace)
    refused = refused_documents(chunk.refused, _INGESTED, settings.namespace)
    bulk(client, _creations(data_stream(SCORED, settings.namespace), chunk.documents))
    bulk(client, _creations(data_stream(REJECTED, settings.namespace), refused))
    for action, message, minutes in (("annotate", "spring campaign", 38), ("promote", "a model of complaints", 7)):
        record_event(client, settings.namespace, action, message, at=ENDED - timedelta(minutes=minutes), now=_INGESTED)
    names = [brand.name for brand in BRANDS]
    for end, days in _WINDOWS:
        series.write(client, settings, series.windows(settings.namespace, names, end, days))
    client.indices.refresh(index=",".join(data_stream(of, settings.namespace) for of in (SCORED, REJECTED, EVENTS)))
    _find_topics(client, settings)
    return [orjson.loads(body) for _, body in chunk.documents]


def _find_topics(client: Elasticsearch, settings: ElasticsearchSettings) -> None:
    """As `tweetpulse topics` does, without its page."""
    plain_index.ensure(client, settings.topics_index, plain_index.TOPICS)
    names = [brand.name for brand in BRANDS]
    with reading.tweets(client, settings.namespace, None, lambda *_: None) as tweets:
        found = find(Question(Period(ENDED - HOUR, ENDED)), tweets.read, names, lambda _: None)
    store(client, settings.topics_index, found, settings.namespace, ENDED)


def _chunk(namespace: str) -> Chunk:
    analyzer = Analyzer(ScoringSettings(entities={brand.name: (brand.name,) for brand in BRANDS}))
    locator = Locator(PlacesSettings())
    return score_chunk(_records(), analyzer, _models(), namespace=namespace, locator=locator, now=lambda: _INGESTED)


def _records() -> Iterator[Record]:
    source = Synthetic(ENDED, count=_TWEETS, history=_SPAN, history_tweets=_TWEETS)
    for number, item in enumerate(source):
        time = ENDED - _SPAN + number * _SPAN / _TWEETS
        at = Coordinates("tweets", number % _PARTITIONS, number // _PARTITIONS, time)
        yield Record(encode(item) if isinstance(item, Tweet) else item.raw, at)


def _models() -> Models:
    """Made by hand for the generator's sentences: some complaints are sure, some are not."""
    complaining = {word: {COMPLAINT: weight} for word, weight in _COMPLAINING.items()}
    reasons = {word: {reason: 5.0} for reason, words in _REASONS.items() for word in words}
    return {
        Task.COMPLAINT: linear_model(Task.COMPLAINT, {NO_COMPLAINT: 2.0}, complaining),
        Task.REASON: linear_model(Task.REASON, {"other": 0.5}, reasons, (*_REASONS, "other")),
    }


def _creations(stream: str, documents: list[tuple[str, bytes]]) -> Iterator[dict[str, Any]]:
    for id_, body in documents:
        yield {"_op_type": "create", "_index": stream, "_id": id_, "_source": orjson.loads(body)}

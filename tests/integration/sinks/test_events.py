"""Events in a real Elasticsearch."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from elasticsearch import Elasticsearch

from pipeline.errors import SetupError
from pipeline.settings import Settings
from pipeline.sinks.elasticsearch.events import record_event
from pipeline.sinks.elasticsearch.setup import set_up

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
END = datetime(2026, 3, 8, 9, tzinfo=UTC)
NOW = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)


@pytest.fixture
def client(settings: Settings) -> Iterator[Elasticsearch]:
    """A client."""
    with Elasticsearch(settings.elasticsearch.url) as client:
        yield client


@pytest.fixture
def namespace(settings: Settings, client: Elasticsearch) -> str:
    """A namespace whose data streams are there."""
    set_up(client, settings.elasticsearch)
    return settings.elasticsearch.namespace


def test_an_event(client: Elasticsearch, namespace: str) -> None:
    """Its document holds all that was said, in ECS names, and is found by its entity at once."""
    assert record_event(
        client, namespace, "annotate", "spring campaign", at=AT, end=END, entities=["Acme"], tags=["tv"], now=NOW
    )
    stream = f"logs-tweets.events-{namespace}"
    (hit,) = client.search(index=stream, query={"term": {"tweet.entity": "Acme"}})["hits"]["hits"]
    assert hit["_source"] == {
        "@timestamp": "2026-03-01T09:00:00+00:00",
        "message": "spring campaign",
        "event": {
            "id": hit["_id"],
            "kind": "event",
            "action": "annotate",
            "dataset": "tweets.events",
            "end": "2026-03-08T09:00:00+00:00",
            "ingested": "2026-03-02T07:30:00+00:00",
        },
        "tweet": {"entity": ["Acme"]},
        "tags": ["tv"],
        "data_stream": {"type": "logs", "dataset": "tweets.events", "namespace": namespace},
        "ecs": {"version": "8.17.0"},
    }


def test_the_same_event_again(client: Elasticsearch, namespace: str) -> None:
    """It is there already, also after a rollover; with another word said it is another event."""
    stream = f"logs-tweets.events-{namespace}"
    written = [record_event(client, namespace, "restart", "the stream starts", at=AT) for _ in range(2)]
    client.indices.rollover(alias=stream)
    written.append(record_event(client, namespace, "restart", "the stream starts", at=AT))
    written.append(record_event(client, namespace, "restart", "the stream starts", at=AT, end=END))
    assert written == [True, False, False, True]
    assert client.count(index=stream)["count"] == 2


def test_before_the_data_stream_is_made(client: Elasticsearch, settings: Settings) -> None:
    """No index of another shape comes to be: one line says how to make the data stream."""
    with pytest.raises(SetupError, match="make it with `tweetpulse setup`"):
        record_event(client, settings.elasticsearch.namespace, "annotate", "too early")
    assert not client.indices.exists(index=f"logs-tweets.events-{settings.elasticsearch.namespace}")

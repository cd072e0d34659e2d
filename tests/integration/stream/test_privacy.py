"""Personal data that leaves the stream, and ids that are forgotten while it runs, with real servers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import orjson
import pytest
from elasticsearch import Elasticsearch
from pyspark.sql import SparkSession

from pipeline.domain.prediction import Task
from pipeline.domain.tweet import Author, Tweet
from pipeline.erasure.documents import Wanted
from pipeline.erasure.forget import Forgetting, Report
from pipeline.kafka.topics import ensure_topics
from pipeline.privacy.forgotten import ForgottenList, entries_in
from pipeline.privacy.key import secret_key
from pipeline.registry.registry import Registry
from pipeline.settings import PrivacySettings, ScoringSettings, Settings
from pipeline.sinks.elasticsearch.client import connect
from pipeline.sinks.elasticsearch.setup import set_up
from pipeline.sources.source import Item
from pipeline.telemetry.events import StreamEvents
from tests.builders import linear_model, promoted, tweet
from tests.processes import until
from tests.records import messages
from tests.streams import (
    count,
    documents,
    drain,
    events_of,
    publish,
    raw,
    rejected_stream,
    roll_over,
    run_of,
    scored_stream,
)

SECRETS = ("Annabel", "annabel", "4711007", "ann.smith@example.com", "234-5678", "0815")
TEXT = "@acme late again! RT @Annabel: mail ann.smith@example.com or (555) 234-5678, ask @bob"


def of_annabel(number: int, **fields: Any) -> Tweet:
    author = Author(id="4711007", name="Annabel", followers=3)
    return tweet(**{"id": f"x:{number}", "author": author, "lang": "en"} | fields)


def private(settings: Settings, **fields: Any) -> Settings:
    section = PrivacySettings(**{"folder": settings.privacy_folder} | fields)
    return settings.model_copy(update={"privacy": section})


def forget(settings: Settings, wanted: Wanted) -> Report:
    with closing(connect(settings.elasticsearch)) as client:
        namespace = settings.elasticsearch.namespace
        return Forgetting(settings, client, Registry(settings.registry), namespace, lambda text: None).run(wanted)


@pytest.mark.parametrize("authors", ["hash", "drop"])
def test_no_name_leaves_the_stream(settings: Settings, spark: SparkSession, authors: str) -> None:
    """Neither in the documents nor in the topics of scored tweets and of complaints: no id, name, address, number.

    The brand's own handle stays, and what VADER and the model say is what they say of the text as it was written.
    """
    settings = private(settings, authors=authors, redact=("email", "phone")).model_copy(
        update={"scoring": ScoringSettings(entities={"Acme": ("@acme",)})}
    )
    promoted(Registry(settings.registry), linear_model(Task.COMPLAINT, {"complaint": 1.0}), Task.COMPLAINT)
    url = "https://x.com/Annabel/status/1"
    publish(settings, [of_annabel(1, text=TEXT, url=url), *raw(b'{"id":"x:9","user":{"name":"Annabel"}}')])
    drain(spark, settings)
    (found,) = documents(settings, scored_stream(settings)).values()
    (rejected,) = documents(settings, rejected_stream(settings)).values()
    topics = [settings.kafka.scored_topic, settings.kafka.assistance_topic]
    assert found["tweet"]["mentions"][0] == "acme"
    assert found["url"] == {"full": "https://x.com/i/status/1"}
    assert found["tweet"]["author"] == {"followers": 3}
    assert found["tweet"]["entity"] == ["Acme"]
    for value in (orjson.dumps(found), orjson.dumps(rejected), *(messages(settings.kafka, t)[b"x:1"] for t in topics)):
        assert not [secret for secret in SECRETS if secret.encode() in value]
    if authors == "hash":
        (mentioned,) = set(found["tweet"]["mentions"]) & {found["user"]["name"]}
        assert f"RT @{mentioned}: mail [email] or [phone]" in found["message"]
    else:
        assert "user" not in found
        assert "RT @user: mail [email] or [phone], ask @user" in found["message"]

    plain = settings.model_copy(update={"privacy": PrivacySettings(folder=settings.privacy_folder)})
    again = _other_names(plain)
    publish(again, [of_annabel(1, text=TEXT, url=url)])
    drain(spark, again)
    (as_it_was,) = documents(again, scored_stream(again)).values()
    assert as_it_was["message"] == TEXT
    assert as_it_was["tweet"]["sentiment"] == found["tweet"]["sentiment"]
    assert as_it_was["tweet"]["complaint"] == found["tweet"]["complaint"]


def _other_names(settings: Settings) -> Settings:
    kafka = settings.kafka.model_copy(update={"tweets_topic": f"{settings.kafka.tweets_topic}-2"})
    elasticsearch = settings.elasticsearch.model_copy(update={"namespace": f"{settings.elasticsearch.namespace}2"})
    stream = settings.stream.model_copy(update={"checkpoint": settings.checkpoint.with_name("checkpoint-2")})
    return settings.model_copy(update={"kafka": kafka, "elasticsearch": elasticsearch, "stream": stream})


def test_what_is_forgotten_does_not_come_back(settings: Settings, spark: SparkSession) -> None:
    """By tweet, by author, by name, in a looped replay, in an invalid record; each is counted as forgotten.

    Its rejected document holds nothing of it, and nothing goes to the topic of rejected records.
    """
    by_name = tweet(id="x:20", author=Author(name="Bob"))
    publish(settings, [of_annabel(1), of_annabel(2), by_name, tweet(id="x:30"), tweet(id="x:31")])
    drain(spark, settings)
    report = forget(settings, Wanted(frozenset({"x:30"}), frozenset({"4711007"}), frozenset({"bob"})))
    assert report.tweets == {"x:1", "x:2", "x:20", "x:30"}
    assert documents(settings, scored_stream(settings)).keys() == {"x:31"}

    back: list[Item] = [
        of_annabel(1),
        tweet(id="x:2"),  # of a file that does not say who wrote it
        of_annabel(3),
        tweet(id="x:21", author=Author(name="BOB")),
        tweet(id="x:30"),
        tweet(id="x:30#2"),
        *raw(b'{"id":"x:30","text":"","source":"s"}', b'{"id": "5", "author_id": "4711007", "oh": "no'),
        tweet(id="x:31"),
        *raw(b"[]"),
    ]
    publish(settings, back)
    drained = drain(spark, settings)
    assert drained.outcome.rejected == {"forgotten": 8, "not_a_tweet": 1}
    assert drained.metric("tweetpulse_records_rejected_total", reason="forgotten") == 8
    assert documents(settings, scored_stream(settings)).keys() == {"x:31"}
    rejected = documents(settings, rejected_stream(settings))
    originals = {found["error"]["type"]: found["event"]["original"] for found in rejected.values()}
    assert originals == {"forgotten": "", "not_a_tweet": "[]"}
    assert list(messages(settings.kafka, settings.kafka.rejected_topic).values()) == [b"[]"]


def test_a_list_of_another_key_stops_the_stream(settings: Settings, spark: SparkSession) -> None:
    """Going on would index what is forgotten."""
    publish(settings, [tweet()])
    forget(_prepared(settings), Wanted(frozenset({"x:1"})))
    (settings.privacy_folder / "key").unlink()
    with pytest.raises(Exception, match="made with another key"):
        drain(spark, settings)
    assert count(settings) == 0


def _prepared(settings: Settings) -> Settings:
    ensure_topics(settings.kafka)
    with closing(connect(settings.elasticsearch)) as client:
        set_up(client, settings.elasticsearch)
    return settings


@contextmanager
def streaming(settings: Settings, spark: SparkSession) -> Iterator[StreamEvents]:
    """The stream, running until the block ends."""
    events, stop = events_of(settings), threading.Event()
    failed: list[BaseException] = []
    with run_of(spark, settings, events, stop=stop) as run:

        def until_ended() -> None:
            try:
                run.until_ended()
            except BaseException as error:
                failed.append(error)

        thread = threading.Thread(target=until_ended)
        thread.start()
        try:
            yield events
        finally:
            stop.set()
            thread.join(timeout=120)
    assert not thread.is_alive()
    assert failed == []


@contextmanager
def replaying(settings: Settings, *tweets: Tweet) -> Iterator[None]:
    """The same tweets, published again and again until the block ends."""
    stop = threading.Event()

    def again_and_again() -> None:
        while not stop.wait(0.02):
            publish(settings, tweets)

    thread = threading.Thread(target=again_and_again)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=60)


def test_forgetting_while_the_stream_runs_and_the_tweet_is_replayed(settings: Settings, spark: SparkSession) -> None:
    """Once `forget` has returned, the tweet is never there again, rollovers and all; its neighbour never goes.

    Many times over: each round forgets another tweet that comes with every batch.
    """
    fast = settings.model_copy(update={"stream": settings.stream.model_copy(update={"trigger_seconds": 0.0})})
    _prepared(fast)
    rounds = 6
    with streaming(fast, spark) as events, closing(connect(fast.elasticsearch)) as client:
        for number in range(rounds):
            _forget_while_it_comes(client, fast, events, number)
    assert events.total.rejected.keys() == {"forgotten"}
    assert count(fast) == rounds
    assert len(entries_in(ForgottenList(fast.privacy_folder).read(), secret_key(fast))) == rounds


def _forget_while_it_comes(client: Elasticsearch, settings: Settings, events: StreamEvents, number: int) -> None:
    wanted, other = tweet(id=f"x:{number}"), tweet(id=f"x:other-{number}")
    with replaying(settings, wanted, other):
        until(lambda: _there(client, settings, wanted.id) and _there(client, settings, other.id), "both tweets")
        if number % 2:
            roll_over(settings)
        report = forget(settings, Wanted(frozenset({wanted.id})))
        assert report.removed.total() >= 1
        read = events.total.read.total()
        assert [_there(client, settings, wanted.id) for _ in range(20)] == [0] * 20
        until(lambda: events.total.read.total() > read + 4, "more batches", timeout=60)
        assert _there(client, settings, wanted.id) == 0
        assert _there(client, settings, other.id) == 1


def _there(client: Elasticsearch, settings: Settings, id_: str) -> int:
    client.indices.refresh(index=scored_stream(settings))
    found = client.search(index=scored_stream(settings), query={"ids": {"values": [id_]}}, source=False)
    return len(found["hits"]["hits"])

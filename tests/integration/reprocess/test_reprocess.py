"""Archived tweets scored again: the documents of the live run, on the real servers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any

import pytest
from pyspark.sql import SparkSession
from typer.testing import CliRunner

from pipeline import bootstrap
from pipeline.cli.app import app
from pipeline.cli.reprocess import into
from pipeline.domain.alias import ALIAS
from pipeline.domain.prediction import Task
from pipeline.domain.record import encode
from pipeline.domain.tweet import Author
from pipeline.errors import ConfigError, SinkError
from pipeline.kafka.topics import ensure_topics
from pipeline.privacy.forgotten import Forgotten, ForgottenList, entry
from pipeline.privacy.key import secret_key
from pipeline.registry.registry import Registry
from pipeline.reprocess import progress
from pipeline.reprocess.progress import Progress
from pipeline.reprocess.run import Stopped
from pipeline.reprocess.windows import Days
from pipeline.settings import ScoringSettings, Settings
from pipeline.sinks.elasticsearch.client import connect
from tests.builders import full_tweet, linear_model, promoted, tweet
from tests.integration.archive.topic import archive, publish, tweets
from tests.processes import environment
from tests.streams import count, documents, drain, rejected_stream, scored_stream

Documents = Mapping[str, Mapping[str, Any]]


def again(
    settings: Settings,
    days: Days = Days(),  # noqa: B008 - frozen
    stop: threading.Event | None = None,
    tell: Callable[[Progress], object] = lambda _: None,
) -> tuple[Progress, int]:
    """Reprocess into a namespace; the progress, and the tweets in it."""
    with bootstrap.reprocessing(settings, stop or threading.Event(), tell, lambda _: None) as run:
        done = run.run(days)
        return done, run.require_agreement(done)


def alike(found: Documents) -> dict[str, Any]:
    """Documents without what a second run can't have alike: when they were sent, and where to."""
    kept = {}
    for id_, document in found.items():
        event = {name: value for name, value in document["event"].items() if name != "ingested"}
        stream = {name: value for name, value in document["data_stream"].items() if name != "namespace"}
        kept[id_] = {**document, "event": event, "data_stream": stream}
    return kept


@pytest.fixture
def archived(settings: Settings) -> Settings:
    """Settings of an archive that has records, and of a champion."""
    settings = settings.model_copy(update={"scoring": ScoringSettings(entities={"Acme": ("acme",)})})
    promoted(Registry(settings.registry), linear_model(Task.SENTIMENT, {"positive": 1.0}))
    values = [
        *tweets(40),
        *[encode(full_tweet(id=f"x:{number}", author=Author(str(number % 3), "ann"))) for number in range(40, 60)],
        b"no json",
        # In the partition of the first one, as a publisher's key sees to: the stream reads two partitions at once.
        encode(tweet(id="x:1", text="the same id again, and another text")),
        None,
        b'{"id": "x:70", "text": "' + b"x" * 300_000 + b'"}',
        encode(tweet(id="x:71", text="acme is &amp; was great", lang="en")),
    ]
    ensure_topics(settings.kafka)
    publish(settings, values)
    archive(settings)
    return settings


def test_the_documents_of_the_live_run(archived: Settings, spark: SparkSession) -> None:
    """Id by id, scored and rejected; but for when they were sent, and the namespace."""
    live = archived
    drain(spark, live)
    other = into(live, f"{live.elasticsearch.namespace}.again")
    done, found = again(other)
    assert (done.read, done.rejected) == (65, 3)
    assert found == count(live) == done.indexed
    assert alike(documents(other, scored_stream(other))) == alike(documents(live, scored_stream(live)))
    assert alike(documents(other, rejected_stream(other))) == alike(documents(live, rejected_stream(live)))
    assert done.read == done.indexed + done.already_there + done.rejected


def test_ended_and_called_again(archived: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """It goes on where it was, and counts each document once."""
    monkeypatch.setattr("pipeline.reprocess.run.OFFSETS", 5)
    other, stop = into(archived, f"{archived.elasticsearch.namespace}.again"), threading.Event()

    def after_three(now: Progress) -> None:
        if len(seen) == 3:
            stop.set()
        seen.append(now.read)

    seen: list[int] = []
    with pytest.raises(Stopped):
        again(other, stop=stop, tell=after_three)
    assert 0 < seen[-1] < 65
    done, found = again(other)
    assert (done.read, done.indexed, found) == (65, 61, 61)


def test_killed_in_a_part(archived: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of a part is indexed and not yet noted: it is done again, and its documents count as indexed by it."""
    other = into(archived, f"{archived.elasticsearch.namespace}.again")
    monkeypatch.setattr("pipeline.reprocess.run.OFFSETS", 10)
    saved = progress.save
    calls = iter(range(100))

    def dies(*arguments: Any) -> None:
        if next(calls) == 4:
            raise KeyboardInterrupt
        saved(*arguments)

    monkeypatch.setattr("pipeline.reprocess.run.save", dies)
    with pytest.raises(KeyboardInterrupt):
        again(other)
    monkeypatch.setattr("pipeline.reprocess.run.save", saved)
    done, found = again(other)
    assert (done.read, done.indexed, found) == (65, 61, 61)


def test_what_is_forgotten_since(archived: Settings) -> None:
    """It is rejected, as in the stream."""
    ForgottenList(archived.privacy_folder).add(
        secret_key(archived), [entry(secret_key(archived), Forgotten.TWEET, "x:5")]
    )
    done, found = again(into(archived, f"{archived.elasticsearch.namespace}.again"))
    assert (done.rejected, found) == (4, 60)


def test_the_command(archived: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what became of the records, and switches the alias where it is asked to."""
    for name, value in environment(archived).items():
        monkeypatch.setenv(name, value)
    name = f"{archived.elasticsearch.namespace}.again"
    done = CliRunner().invoke(app, ["reprocess", "--namespace", name, "--switch"])
    assert "read 65 records: 61 indexed, 1 already there, 3 rejected; 61 tweets in the namespace" in done.stdout
    with closing(connect(archived.elasticsearch)) as client:
        assert list(client.indices.get_alias(name=ALIAS)) == [f"logs-tweets.scored-{name}"]
    own = CliRunner().invoke(app, ["reprocess", "--namespace", archived.elasticsearch.namespace])
    assert isinstance(own.exception, ConfigError)


def test_days(archived: Settings) -> None:
    """Only those that are asked for, by the time in Kafka."""
    before = Days.parse(None, "2001-01-01")
    done, found = again(into(archived, f"{archived.elasticsearch.namespace}.again"), before)
    assert (done.read, found) == (0, 0)


def test_another_question_before_the_first_is_done(archived: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused; so are other champions."""
    monkeypatch.setattr("pipeline.reprocess.run.OFFSETS", 5)
    other, stop = into(archived, f"{archived.elasticsearch.namespace}.again"), threading.Event()
    with pytest.raises(Stopped):
        again(other, stop=stop, tell=lambda _: stop.set())
    with pytest.raises(ConfigError, match="other days"):
        again(other, Days.parse("2001-01-01", None))
    promoted(Registry(archived.registry), linear_model(Task.SENTIMENT, {"negative": 1.0}))
    with pytest.raises(ConfigError, match="champions are others"):
        again(other)


def test_counts_that_differ(archived: Settings) -> None:
    """Somebody wrote to the namespace: it is said, and the alias is not switched."""
    other = into(archived, f"{archived.elasticsearch.namespace}.again")
    with bootstrap.reprocessing(other, threading.Event(), lambda _: None, lambda _: None) as run:
        done = run.run(Days())
        with closing(connect(other.elasticsearch)) as client:
            body = {"@timestamp": "2026-03-01T00:00:00Z", "message": "m", "tweet": {"sentiment": {"label": "neutral"}}}
            client.create(index=scored_stream(other), id="x:999", document=body)
        with pytest.raises(SinkError, match="should have 61"):
            run.require_agreement(done)

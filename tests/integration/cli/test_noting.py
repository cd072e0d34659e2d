"""Commands that write notes to Elasticsearch or read a little from it."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch

from pipeline.cli.noting import already_there, note, noted_run
from pipeline.domain.document import EVENTS, data_stream
from pipeline.domain.prediction import Task
from pipeline.domain.tweet import Tweet
from pipeline.registry.registry import Registry
from pipeline.settings import Settings
from pipeline.sources.files import file_source
from tests.builders import linear_model, published
from tests.paths import ROOT
from tests.processes import environment
from tests.streams import documents, roll_over, scored_stream

ROWS = "id,text,time\n" + "".join(f"{n},a great day,2026-01-01T00:00:0{n}Z\n" for n in range(3))
COLUMNS = ("--columns", "id=id,text=text,time=time")


@pytest.fixture
def away(settings: Settings) -> Settings:
    """Nobody listens where Elasticsearch should be."""
    elasticsearch = settings.elasticsearch.model_copy(update={"url": "http://127.0.0.1:1"})
    return settings.model_copy(update={"elasticsearch": elasticsearch})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "own.csv"
    path.write_text(ROWS)
    return path


def noted(settings: Settings) -> list[tuple[str, str]]:
    """Action and message of the events, in their order."""
    found = documents(settings, data_stream(EVENTS, settings.elasticsearch.namespace)).values()
    return [(d["event"]["action"], d["message"]) for d in sorted(found, key=lambda d: d["@timestamp"])]


def replay(settings: Settings, file: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pipeline", "replay", str(file), *COLUMNS]
    return subprocess.run(command, cwd=ROOT, env=environment(settings), capture_output=True, text=True, check=False)


def hold(client: Elasticsearch, settings: Settings, *ids: str) -> None:
    """Have documents of these ids indexed."""
    for id_ in ids:
        document = {"@timestamp": datetime.now(UTC).isoformat()}
        client.create(index=scored_stream(settings), id=id_, document=document, refresh=True)


def test_a_run_is_noted_at_both_ends(client: Elasticsearch, settings: Settings) -> None:
    """Also if an error ends it."""
    with pytest.raises(ValueError, match="an error"), noted_run(settings):
        raise ValueError("an error")
    assert noted(settings) == [("stream-started", "stream started"), ("stream-stopped", "stream stopped")]


def test_what_took_a_while_is_a_span(client: Elasticsearch, settings: Settings) -> None:
    """From when it began until now; boards draw a region."""
    began = datetime.now(UTC) - timedelta(minutes=5)
    note(settings, "replay", "a replay", at=began)
    (event,) = documents(settings, data_stream(EVENTS, settings.elasticsearch.namespace)).values()
    assert datetime.fromisoformat(event["@timestamp"]) == began
    assert datetime.fromisoformat(event["event"]["end"]) > began
    assert event["tags"] == ["replay"]


def test_a_person_notes_what_is_missing(client: Elasticsearch, settings: Settings) -> None:
    """The begin, the end and the brand, as the runbook says for a lost gap."""
    times = ("--at", "2026-03-01T09:00+00:00", "--end", "2026-03-01T10:30+00:00")
    command = [sys.executable, "-m", "pipeline", "annotate", *times, "--entity", "Acme", "no tweets of X"]
    subprocess.run(command, cwd=ROOT, env=environment(settings), capture_output=True, check=True)
    (event,) = documents(settings, data_stream(EVENTS, settings.elasticsearch.namespace)).values()
    began, ended = (datetime.fromisoformat(time) for time in (event["@timestamp"], event["event"]["end"]))
    assert (event["message"], event["tweet"]["entity"]) == ("no tweets of X", ["Acme"])
    assert (began, ended - began) == (datetime(2026, 3, 1, 9, tzinfo=UTC), timedelta(minutes=90))


def test_nobody_there_and_nothing_set_up_is_no_fault(settings: Settings, away: Settings) -> None:
    """Neither is reported: the command has done its own work."""
    note(away, "replay", "a replay")
    note(settings, "replay", "a replay")
    assert already_there(away)(["x:1"]) == already_there(settings)(["x:1"]) == 0


def test_what_is_indexed_is_counted_once_in_all_indices(client: Elasticsearch, settings: Settings) -> None:
    """Also where a rollover let it in twice."""
    hold(client, settings, "x:1", "x:2")
    roll_over(settings)
    hold(client, settings, "x:2", "x:3")
    assert already_there(settings)(["x:1", "x:2", "x:4"]) == 2


def test_a_replay_is_noted_and_says_what_was_there(client: Elasticsearch, settings: Settings, file: Path) -> None:
    """The second replay of a file, all of which is indexed, says so; one that is not there yet says nothing."""
    first = replay(settings, file)
    items = file_source(file, "auto", COLUMNS[1])
    hold(client, settings, *(item.id for item in items if isinstance(item, Tweet)))
    second = replay(settings, file)
    assert (first.returncode, second.returncode) == (0, 0)
    assert ("already indexed" in first.stdout, "all 3 tweets were already indexed" in second.stdout) == (False, True)
    assert noted(settings) == [("replay", "replay of own.csv: 3 tweets")] * 2


def models(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pipeline", "models", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment(settings), capture_output=True, text=True, check=False)


def test_promotions_and_rollbacks_are_noted(client: Elasticsearch, settings: Settings) -> None:
    """Boards draw them over the tweets of that time, with the reason."""
    registry = Registry(settings.registry)
    first, second = (published(registry, linear_model(Task.SENTIMENT, {"positive": n})) for n in (1.0, 2.0))
    for version in (first, second):
        assert models(settings, "promote", version, "--force", "--why", "a test").returncode == 0
    assert models(settings, "rollback", "--task", "sentiment").returncode == 0
    assert noted(settings) == [
        ("model-promoted", f"model of sentiment: {first}, forced: a test"),
        ("model-promoted", f"model of sentiment: {second}, forced: a test"),
        ("model-promoted", f"model of sentiment: {first}, rollback of {second}"),
    ]


def test_a_promotion_without_elasticsearch_is_as_good(away: Settings) -> None:
    """Only the registry is needed."""
    registry = Registry(away.registry)
    version = published(registry, linear_model(Task.SENTIMENT, {}))
    done = models(away, "promote", version, "--force", "--why", "a test")
    assert (done.returncode, done.stderr, registry.champion(Task.SENTIMENT)) == (0, "", version)


def test_a_replay_without_elasticsearch_is_as_good(away: Settings, file: Path) -> None:
    """Only Kafka is needed."""
    done = replay(away, file)
    assert (done.returncode, done.stderr) == (0, "")
    assert "published 3 tweets" in done.stdout

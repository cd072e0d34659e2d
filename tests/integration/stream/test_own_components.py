"""The examples of one's own scorer and sinks, in the stream beside ours, as their documentation says."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import orjson
import pytest

from pipeline.domain.tweet import Tweet
from pipeline.settings import Settings
from tests.paths import ROOT
from tests.processes import running, until
from tests.streams import count, distinct_ids, documents, publish, raw, rejected_stream, scored_stream

TWEETS = 12_000


@pytest.fixture
def own(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings whose processes find the examples."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "docs" / "examples"))
    stream = settings.stream.model_copy(update={"max_offsets_per_trigger": 3_000})
    return settings.model_copy(update={"stream": stream})


def _is_more(files: Callable[[], set[Path]], before: set[Path], process: subprocess.Popen[bytes]) -> bool:
    return bool(files() - before) or process.poll() is not None


def test_json_lines_hold_each_record_once_through_kills(
    own: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stream is killed in the middle of batches; then each id is in one line, and in one document beside it."""
    folder, log = tmp_path / "lines", tmp_path / "log"
    monkeypatch.setenv("TWEETPULSE_STREAM__SINKS", '["elasticsearch", "json_lines_sink:JsonLines"]')
    monkeypatch.setenv("TWEETPULSE_COMPONENTS", orjson.dumps({"json_lines": {"folder": str(folder)}}).decode())
    publish(own, [Tweet(id=f"test:{n}", text=f"tweet {n} is great", source="test") for n in range(TWEETS)])
    publish(own, raw(b"no tweet", b"{}"))

    def files() -> set[Path]:
        return set(folder.glob("*/*.jsonl"))

    for _ in range(3):
        before = files()
        with running(own, "-m", "pipeline", "run", log=log) as process:
            # A file that was not there before: the batch is being written, and mostly not committed.
            until(partial(_is_more, files, before, process), "a file", 240)
            assert process.poll() is None, log.read_text()
            process.send_signal(signal.SIGKILL)
            process.wait()
    with running(own, "-m", "pipeline", "run", "--once", log=log) as process:
        assert process.wait(timeout=300) == 0, log.read_text()
    ids = Counter(
        orjson.loads(line)["event"]["id"]
        for file in (folder / "tweets.scored").glob("*.jsonl")
        for line in file.read_bytes().splitlines()
    )
    assert ids == Counter(f"test:{n}" for n in range(TWEETS))
    assert len([line for file in (folder / "tweets.rejected").glob("*.jsonl") for line in file.open()]) == 2
    assert count(own) == distinct_ids(own) == TWEETS
    assert count(own, rejected_stream(own)) == 2


def test_a_scorer_and_a_sink_of_ones_own(own: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """German is scored by the own scorer, English by VADER; the database has what Elasticsearch has, one row an id."""
    path, log = tmp_path / "tweets.sqlite", tmp_path / "log"
    monkeypatch.setenv("TWEETPULSE_STREAM__SINKS", '["elasticsearch", "own_sink:Sqlite"]')
    monkeypatch.setenv("TWEETPULSE_SCORING__SCORERS", '["vader", "own_scorer:GermanWords"]')
    monkeypatch.setenv("TWEETPULSE_COMPONENTS", orjson.dumps({"sqlite": {"path": str(path)}}).decode())
    tweets = [
        Tweet(id="x:de", text="Das ist schrecklich!", source="test", lang="de"),
        Tweet(id="x:en", text="this is great", source="test", lang="en"),
        Tweet(id="x:fr", text="c'est magnifique", source="test", lang="fr"),
    ]
    publish(own, [*tweets, tweets[0], *raw(b"no tweet")])
    with running(own, "-m", "pipeline", "run", "--once", log=log) as process:
        assert process.wait(timeout=300) == 0, log.read_text()
    indexed = {id_: found["tweet"]["sentiment"]["label"] for id_, found in documents(own, scored_stream(own)).items()}
    assert indexed == {"x:de": "negative", "x:en": "positive", "x:fr": "unsupported"}
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute("SELECT dataset, id, json FROM tweets").fetchall()
    assert Counter(dataset for dataset, _, _ in rows) == {"tweets.scored": 3, "tweets.rejected": 1}
    kept = {id_: orjson.loads(text)["tweet"]["sentiment"]["label"] for dataset, id_, text in rows if id_ in indexed}
    assert kept == indexed


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("STREAM__SINKS", '["nothing"]', "there is no sink 'nothing': known are elasticsearch"),
        ("STREAM__SINKS", '["json_lines_sink:JsonLines"]', "can't be made (TypeError"),
        ("STREAM__SINKS", '["nowhere:Sink"]', "can't be imported"),
        ("STREAM__SINKS", '["elasticsearch", "elasticsearch"]', "two sinks are named elasticsearch"),
        ("SCORING__SCORERS", '["own_scorer:Nobody"]', "can't be imported"),
        ("SCORING__LANGUAGES", '["en", "de"]', "scoring.languages names de, which no scorer speaks (vader: en)"),
    ],
)
def test_what_is_wrong_is_one_line(
    own: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    """The exit code is that of a wrong setting, and the line names it."""
    monkeypatch.setenv(f"TWEETPULSE_{name}", value)
    with running(own, "-m", "pipeline", "run", "--once", log=tmp_path / "log") as process:
        assert process.wait(timeout=240) == 2, (tmp_path / "log").read_text()
    assert said in (tmp_path / "log").read_text()

"""What a person sees at a terminal: a live display, and what is printed while it is shown."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.terminal import screen_of

SCRIPT = """
import sys, time
from pipeline import log
from pipeline.cli.app import err, out
from pipeline.cli.stack import progress
from pipeline.settings import LogSettings

log.configure(LogSettings(format="console"))
with progress() as tell:
    for step in range(12):
        tell("kafka", "ready after 9.9 s" if step else "starting on port 9092")
        time.sleep(0.05)
    out.print("published 19,955 tweets (5.9 MB) to the topic tweets in 7.0 s (2,850/s)", soft_wrap=True)
    for step in range(12):
        tell("stream", f"scored and indexed: {step}")
        time.sleep(0.05)
        if step == 3:
            out.print("Elasticsearch: http://127.0.0.1:9200  Kafka: 127.0.0.1:9092", soft_wrap=True)
        if step == 6:
            err.print("finishing the batch in flight ...")
        if step == 9:
            log.get("a.part").warning("sink waits")
out.print("metrics were at http://127.0.0.1:9108/metrics", soft_wrap=True)
"""
PRINTED = (
    "published 19,955 tweets (5.9 MB) to the topic tweets in 7.0 s (2,850/s)",
    "Elasticsearch: http://127.0.0.1:9200  Kafka: 127.0.0.1:9092",
    "finishing the batch in flight ...",
    "metrics were at http://127.0.0.1:9108/metrics",
)


@pytest.mark.parametrize("columns", [80, 100, 160])
def test_what_is_printed_stands_above_the_live_display(columns: int) -> None:
    """Each line is there once, in its order, and each part of the display has one line: nothing is erased."""
    lines, code = screen_of([sys.executable, "-c", SCRIPT], columns)
    assert code == 0
    assert [line for line in lines if line in PRINTED] == list(PRINTED)
    assert [line.split()[0] for line in lines if "sink waits" not in line and line not in PRINTED] == [
        "kafka",
        "stream",
    ]
    assert sum("sink waits" in line for line in lines) == 1
    assert lines[-2].endswith("scored and indexed: 11")


def test_a_pipe_gets_all_that_is_printed_while_the_display_is_on_the_terminal(tmp_path: Path) -> None:
    """Standard output is a file, standard error the terminal: what is printed is in the file and nowhere else."""
    written = tmp_path / "out"
    lines, code = screen_of(["sh", "-c", f"{sys.executable} -c '{SCRIPT}' > {written}"], 100)
    assert (code, written.read_text().splitlines()) == (0, [PRINTED[0], PRINTED[1], PRINTED[3]])
    assert not [line for line in lines if line in (PRINTED[0], PRINTED[1], PRINTED[3])]


def test_no_terminal_at_all() -> None:
    """Lines, with nothing of a display in them."""
    done = subprocess.run([sys.executable, "-c", SCRIPT], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines() == [PRINTED[0], PRINTED[1], PRINTED[3]]
    assert done.stderr.splitlines()[:2] == ["kafka: starting on port 9092", "kafka: ready after 9.9 s"]
    assert "\x1b[" not in done.stdout


LOGGED = """
from pipeline import log
from pipeline.settings import LogSettings
log.configure(LogSettings(%s))
log.get("a.part").info("batch finished")
"""


@pytest.mark.parametrize(("written", "is_json"), [("", False), ("format='json'", True)])
def test_logs_at_a_terminal_are_for_a_person(written: str, is_json: bool) -> None:
    """Where it is not set; and a log that nobody looks at is JSON."""
    (line,), _ = screen_of([sys.executable, "-c", LOGGED % written], 300)
    assert (line.startswith("{"), "batch finished" in line) == (is_json, True)
    done = subprocess.run([sys.executable, "-c", LOGGED % written], check=True, capture_output=True, text=True)
    assert done.stderr.startswith("{")


TABLE = """
import sys
import pipeline.cli
from pipeline.cli.label import _show
from pipeline.domain.prediction import Task
from pipeline.training.labels import Label
from datetime import datetime, UTC
one = Label(Task.SENTIMENT, "x:" + %r, "positive", "a text " * 20, datetime(2026, 1, 1, tzinfo=UTC))
cli = sys.modules["pipeline.cli.app"]
cli.app = lambda: _show([one], 1)
sys.exit(cli.main())
"""


def test_ids_are_whole() -> None:
    """On a terminal folded where they are very long, in a pipe on one line: they are there to be copied."""
    digits = "1234567890" * 4
    lines, _ = screen_of([sys.executable, "-c", TABLE % digits], 80)
    begin = lines[1].index("ID")
    assert f"x:{digits}" in "".join("".join(line[begin:].split()[:1]) for line in lines[2:]), lines
    done = subprocess.run([sys.executable, "-c", TABLE % digits], check=True, capture_output=True, text=True)
    assert f"x:{digits}" in done.stdout.splitlines()[-1]


def test_an_id_of_x_is_on_one_line() -> None:
    """Of the narrowest usual terminal, too."""
    lines, _ = screen_of([sys.executable, "-c", TABLE % "1234567890123456789"], 80)
    assert "x:1234567890123456789" in lines[2].split(), lines


RUNNING = """
import time
from collections import Counter
from prometheus_client import CollectorRegistry
from pipeline import log
from pipeline.cli.stack import progress
from pipeline.cli.stream import _show_progress, quiet_at_a_terminal
from pipeline.components import sinks_of
from pipeline.domain.outcome import Outcome
from pipeline.settings import LogSettings, Settings
from pipeline.telemetry.events import StreamEvents
from pipeline.telemetry.metrics import StreamMetrics

settings = Settings(log=LogSettings(%s))
log.configure(settings.log)
quiet_at_a_terminal(settings)
with progress() as tell:
    events = StreamEvents(StreamMetrics(CollectorRegistry(), settings, sinks_of(settings)))
    _show_progress(events, settings, tell)
    for batch in range(5):
        indexed = Counter({"logs-tweets.scored-default": 9, "logs-tweets.rejected-default": 1})
        outcome = Outcome(read=Counter(tweets=10), indexed=indexed, rejected=Counter(not_json=1), invalid=1)
        events.finished(batch, outcome)
        time.sleep(0.2)
"""


@pytest.mark.parametrize(("written", "logged"), [("", 0), ("level='info'", 5)])
def test_a_stream_at_a_terminal_shows_one_line_that_changes(written: str, logged: int) -> None:
    """Instead of a line a batch, unless the level of logs was set."""
    lines, code = screen_of([sys.executable, "-c", RUNNING % written], 100)
    assert code == 0
    assert lines[-1].split(maxsplit=1) == [
        "records",
        "read 50 records: 45 indexed, 0 already there, 5 rejected",
    ]
    assert sum("batch finished" in line for line in lines) == logged

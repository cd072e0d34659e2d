"""The log: one JSON object a line, in ECS names."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from pipeline import log
from pipeline.cli.app import err
from pipeline.settings import LogSettings

pytestmark = pytest.mark.usefixtures("logging_restored")


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    captured = capsys.readouterr()
    assert captured.out == ""
    return [json.loads(line) for line in captured.err.splitlines()]


def test_an_event_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    """`message`, `@timestamp`, `log.level`, `log.logger`, `ecs.version`; events and errors are objects."""
    log.configure(LogSettings())
    log.get("pipeline.stream").warning("sink waits", **{"event.action": "sink-waits", "error.type": "timeout"})
    (line,) = lines(capsys)
    assert line.pop("@timestamp").endswith("Z")
    assert line.pop("ecs.version")
    assert line == {
        "message": "sink waits",
        "log.level": "warning",
        "log": {"logger": "pipeline.stream"},
        "event": {"action": "sink-waits"},
        "error": {"type": "timeout"},
    }


def test_a_line_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Line ends and control characters in what is logged neither split the line nor reach a terminal."""
    log.configure(LogSettings())
    log.get("x").info("two\nlines\x1b[2J\u2028")
    captured = capsys.readouterr().err
    assert captured.count("\n") == 1
    assert captured.rstrip("\n").isprintable()


def test_a_full_disk_ends_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that can't be written is left out; loggers and writers to a terminal go on."""
    log.configure(LogSettings())
    went_on = False
    # Closing it fails too.
    with suppress(OSError), Path("/dev/full").open("w", buffering=1) as full:
        monkeypatch.setattr("sys.stderr", full)
        log.get("x").info("not written")
        err.print("not written either")
        went_on = True
    assert went_on


def test_an_exception_stays_in_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    """A traceback is `error.stack_trace` of the same JSON object."""
    log.configure(LogSettings())
    try:
        raise ValueError("off")
    except ValueError:
        log.get("x").exception("failed")
    (line,) = lines(capsys)
    assert line["error"]["stack_trace"].endswith("ValueError: off")


def test_levels(capsys: pytest.CaptureFixture[str]) -> None:
    """A line below the level is not written."""
    log.configure(LogSettings(level="warning"))
    logger = log.get("x")
    logger.info("small")
    logger.error("large")
    assert [line["message"] for line in lines(capsys)] == ["large"]


def test_for_a_person(capsys: pytest.CaptureFixture[str]) -> None:
    """`console` is text on standard error."""
    log.configure(LogSettings(format="console"))
    log.get("x").warning("sink waits", attempt=2)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "sink waits" in captured.err

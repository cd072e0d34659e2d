"""`rejected list`: what is shown of dead letters, and what is not done to a terminal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.cli.app import main, out
from pipeline.domain.replay import Replay
from pipeline.kafka.dead_letters import DeadLetter, History

pytestmark = pytest.mark.usefixtures("bare", "logging_restored")
Captured = pytest.CaptureFixture[str]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Letters(list[DeadLetter]):
    """Dead letters without a broker."""

    def read(self) -> Iterator[DeadLetter]:
        return iter(self)

    def history(self) -> History:
        return History(sent={"tweets-0-2": 1})


def letter(number: int, reason: str = "bad_id", error: str = "no id", value: bytes = b"{}") -> DeadLetter:
    key = f"tweets-0-{number}"
    return DeadLetter(key, reason, error, NOON + timedelta(minutes=number), value, 0, Replay(key))


def listed(monkeypatch: pytest.MonkeyPatch, letters: list[DeadLetter], *options: str) -> None:
    monkeypatch.setattr("pipeline.cli.rejected.open_dead_letters", lambda settings: nullcontext(Letters(letters)))
    monkeypatch.setattr("sys.argv", ["tweetpulse", "rejected", "list", *options])
    monkeypatch.setattr(out, "_width", 200)
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code


def test_none(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    """Said in words."""
    listed(monkeypatch, [])
    assert capsys.readouterr().out == "no record was rejected\n"


def test_counts_and_the_newest(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    """How many there are of each reason, then the newest ones, the latest last."""
    listed(monkeypatch, [letter(3), letter(1), letter(2, "empty_text")], "--limit", "2")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "3 rejected records: 2 bad_id, 1 empty_text"
    assert [line.split()[2] for line in lines[2:]] == ["tweets-0-2", "tweets-0-3"]
    assert [line.split()[6] for line in lines[2:]] == ["yes", "no"]


def test_only_one_reason(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    """--reason leaves the others out."""
    listed(monkeypatch, [letter(1), letter(2, "empty_text")], "--reason", "empty_text", "--json")
    assert [json.loads(line)["key"] for line in capsys.readouterr().out.splitlines()] == ["tweets-0-2"]


def test_as_json(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    """One object a line."""
    listed(monkeypatch, [letter(1, value=b'{"id": 7}')], "--json")
    assert json.loads(capsys.readouterr().out) == {
        "key": "tweets-0-1",
        "reason": "bad_id",
        "error": "no id",
        "time": "2026-03-01T12:01:00+00:00",
        "attempt": 0,
        "sent_again": False,
        "bytes": 9,
        "original": '{"id": 7}',
    }


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_terminal_obeys_nothing(options: list[str], monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    """Control characters and markup in a record, its key or its headers are shown, not followed."""
    bad = "[red]\x1b[2J\x9b1m[/red]"
    listed(monkeypatch, [DeadLetter(bad, bad, bad, NOON, bad.encode(), 0, Replay(bad))], *options)
    told = capsys.readouterr().out
    assert "\x1b" not in told
    assert "\x9b" not in told
    assert told.count("[red]") >= 4

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.cli.app import app, main
from pipeline.cli.collect import PLAIN_SECONDS, Pace, lines
from pipeline.kafka.publisher import Published


def test_the_pace_is_that_of_late() -> None:
    """Since it was last asked, and not since the start; nothing before some seconds have passed."""
    pace = Pace()
    asked = [(100, 1.0), (100, 2.0), (100, 3.0), (300, 4.0), (300, 6.0)]
    assert [pace.of(Published(tweets, seconds=at), 2.0) for tweets, at in asked] == [None, 50.0, None, 100.0, 0.0]


def test_where_no_terminal_is_a_line_says_what_is_new(capsys: pytest.CaptureFixture[str]) -> None:
    """Every so many seconds at most, and none where nothing came."""
    tell = lines("mastodon")
    for tweets, at in ((5, 0.2), (20, PLAIN_SECONDS), (20, 2 * PLAIN_SECONDS), (1_020, 3 * PLAIN_SECONDS)):
        tell(Published(tweets, seconds=at))
    assert capsys.readouterr().err.splitlines() == ["mastodon: 20 tweets, 2.0/s", "mastodon: 1,020 tweets, 100.0/s"]


def test_the_group_names_its_sources() -> None:
    """With no source it says which there are."""
    done = CliRunner().invoke(app, ["collect"])
    assert done.exit_code == 2
    assert {"mastodon", "twitter", "--source"} <= set(done.stdout.split())


def test_an_operator_that_is_not_known_is_told_and_no_fault(
    bare: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A warning on standard error; then the token is missed, as it would be for any rule."""
    monkeypatch.setattr(sys, "argv", ["tweetpulse", "collect", "twitter", "--track", "acme colour:red", "--dry-run"])
    assert main() == 2
    first, *others = capsys.readouterr().err.splitlines()
    assert first.startswith("warning: in the rule 'acme colour:red': X has no operator colour: that is known here")
    assert first.endswith("X decides")
    assert "TOKEN" in others[-1]

"""What is said of what was published, and by the demo of what came of it: in the same units."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import pytest

from pipeline import extras
from pipeline.cli.demo_summary import Drained, summarize_demo
from pipeline.cli.publishing import summarize, tell_spoilt
from pipeline.domain.outcome import Outcome
from pipeline.kafka.publisher import Published
from pipeline.settings import load

PUBLISHED = Published(tweets=19_933, unreadable=67, bytes=5_900_000, seconds=10.0)


def test_tweets_alone() -> None:
    """Where every record is one."""
    done = Published(tweets=7, bytes=2_100_000, seconds=2.0)
    assert summarize(done, "tweets") == "published 7 tweets (2.1 MB) to the topic tweets in 2.0 s (4/s)"


def test_records_of_which_some_are_no_tweets(capsys: pytest.CaptureFixture[str]) -> None:
    """All of them, as the stream will count them, and how many of them are tweets."""
    told = "published 20,000 records (19,933 tweets, 5.9 MB) to the topic tweets in 10.0 s (2,000/s)"
    assert summarize(PUBLISHED, "tweets") == told
    tell_spoilt(PUBLISHED.unreadable)
    tell_spoilt(0)
    assert capsys.readouterr().out == "the other 67 are spoilt on purpose: the stream rejects them\n"


@pytest.mark.usefixtures("bare")
def test_the_demo_counts_what_was_published(capsys: pytest.CaptureFixture[str]) -> None:
    """Records read are the records published, indexed are the tweets, rejected the others."""
    indexed = Counter({"logs-tweets.scored-default": 19_933, "logs-tweets.rejected-default": 67})
    outcome = Outcome(read=Counter(tweets=20_000), indexed=indexed, rejected=Counter(not_json=67), invalid=67)
    summarize_demo(Drained(outcome, 10.0, "there"), [], 0, load())
    lines = [line.rsplit(maxsplit=1) for line in capsys.readouterr().out.splitlines()[1:6]]
    assert lines == [
        ["records read", "20,000"],
        ["tweets indexed", "19,933"],
        ["already there", "0"],
        ["records rejected", "67"],
        ["  not_json", "67"],
    ]


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize("installed", [True, False])
@pytest.mark.parametrize("program", ["tweetpulse", ".venv/bin/tweetpulse"])
def test_the_demo_names_the_report(
    program: str, installed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what it needs, where that is missing; the call can be copied, wherever folder and program are."""
    monkeypatch.setitem(extras.PACKAGES, "plots", () if installed else ("no_such_package",))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "argv", [program])
    if program == "tweetpulse":
        (tmp_path / program).touch(0o755)
        monkeypatch.setattr(sys, "argv", ["elsewhere/tweetpulse"])
    settings = load(state_dir=Path("/a folder/demo"))
    summarize_demo(Drained(Outcome(read=Counter(tweets=1)), 1.0, "there"), [], 0, settings)
    said = capsys.readouterr().out
    (told,) = (line for line in said.splitlines() if "report" in line)
    assert f"`{program} --state-dir '/a folder/demo' report`, in another terminal" in told
    assert f"`{program} down --delete-data`" in said
    assert ("pip install 'tweetpulse[plots]'" in told) is not installed

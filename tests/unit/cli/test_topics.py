"""What `topics` is told, what it says, and where it writes."""

from __future__ import annotations

import stat
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline import extras
from pipeline.cli.outputs import write
from pipeline.cli.topics import (
    PLAIN_SECONDS,
    accounting,
    lines,
    parse_k,
    parse_languages,
    parse_period,
    picture_of,
    title,
    topics,
    trust,
)
from pipeline.errors import ConfigError, SetupError, SinkAway
from pipeline.topics.models import Method
from pipeline.topics.said import LeftOut
from tests.topical import some

NOW = datetime(2026, 3, 8, 12, 0, 0, 5, tzinfo=UTC)


def test_a_period() -> None:
    """Days and moments; the last 7 days, if nobody says."""
    found = parse_period("2026-03-01T00:00+00:00", "2026-03-02T09:30+00:00", NOW)
    assert (found.since, found.until) == (datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, 9, 30, tzinfo=UTC))
    last = parse_period(None, None, NOW)
    assert (last.until, last.length) == (NOW.replace(microsecond=0), timedelta(days=7))
    assert parse_period("2026-03-01", "2026-03-02", NOW).length == timedelta(days=1)


@pytest.mark.parametrize(
    ("since", "until"),
    [
        ("soon", None),
        (None, "2026-02-30"),
        ("2026-03-02", "2026-03-01"),
        ("2026-03-01", "2026-03-01"),
        ("\x1b[2J", None),
    ],
)
def test_no_period(since: str | None, until: str | None) -> None:
    """It is said before anything is asked, in one line."""
    with pytest.raises(ConfigError, match=r"--from|--to") as caught:
        topics(since=since, until=until)
    assert (caught.value.exit_code, caught.value.message.isprintable()) == (2, True)


def test_languages_and_numbers() -> None:
    """Each language once; a number or `auto`."""
    assert parse_languages(["en", "de", "en"]) == ("de", "en")
    assert (parse_k("auto"), parse_k("12")) == (None, 12)


@pytest.mark.parametrize("text", ["", "1", "0", "-3", "101", "many", "٣", "1e1"])
def test_no_number(text: str) -> None:
    with pytest.raises(ConfigError, match="neither auto nor a number from 2 to 100"):
        parse_k(text)


@pytest.mark.parametrize("text", ["", "EN", "en-GB", "english", "*"])
def test_no_language(text: str) -> None:
    with pytest.raises(ConfigError, match="no language such as en"):
        parse_languages([text])


def test_the_extra_is_named_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """In one line, before anything is asked."""
    monkeypatch.setitem(extras.PACKAGES, "topics", ("no_such_package",))
    with pytest.raises(SetupError) as caught:
        topics(lang=None, k="auto")
    assert (
        caught.value.message
        == "no_such_package not installed: run `pip install 'tweetpulse[topics]'`, or `make env` in a clone"
    )


@pytest.mark.usefixtures("bare", "logging_restored")
def test_nobody_answers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The error of a server that does not answer; no file is made."""
    monkeypatch.setenv("TWEETPULSE_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("TWEETPULSE_ELASTICSEARCH__URL", "http://127.0.0.1:1")
    with pytest.raises(SinkAway, match="does not answer") as caught:
        topics(since=None, until=None, entity=None, lang=None, k="auto", output=tmp_path / "topics.html")
    assert (caught.value.exit_code, list(tmp_path.glob("topics*"))) == (3, [])


def test_files_are_their_owners(tmp_path: Path) -> None:
    """They hold words of tweets; where nothing can be written, the way out is named."""
    write(tmp_path / "topics.png", b"picture")
    assert stat.S_IMODE((tmp_path / "topics.png").stat().st_mode) == 0o600
    assert picture_of(tmp_path / "week.html") == tmp_path / "week.png"
    with pytest.raises(SetupError, match="name another file with -o"):
        write(tmp_path / "absent" / "topics.html", b"")


def test_the_accounting_adds_up() -> None:
    """Read = in a topic + left out, each by its reason."""
    found = replace(some(), read=some().used + 1_207, left_out=Counter({LeftOut.LANGUAGE: 1_200, LeftOut.RETWEET: 7}))
    assert accounting(found) == (
        f"read {found.read:,} = in a topic {found.used} + left out 1,207 (language 1,200, retweet 7)"
    )


def test_which_method_to_trust() -> None:
    """Both with their figures, and the better one."""
    nmf, lda = some().judged
    good, bad = replace(nmf.quality, coherence=0.5, diversity=1), replace(lda.quality, coherence=-0.25, diversity=0.5)
    assert trust(replace(some(), judged=(replace(nmf, quality=good), replace(lda, quality=bad)))) == (
        "NMF: coherence +0.500, diversity 1.00; LDA: coherence -0.250, diversity 0.50; trust NMF"
    )
    assert replace(some(), judged=(replace(nmf, quality=bad), replace(lda, quality=good))).trusted.method is Method.LDA


def test_a_title_obeys_no_control_character() -> None:
    assert title("Acme\x1b[2J") == "What people talk about who name Acme\\x1b[2J"
    assert title(None) == "What people talk about"


def test_progress_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """A line every so many seconds, for a log of its own size."""
    now = 0.0
    told, tell = lines(lambda: now)
    told(5, 100)
    now = PLAIN_SECONDS
    told(5_000, 10_000)
    told(6_000, 10_000)
    tell("looking")
    assert capsys.readouterr().err == "read 5,000 of 10,000 tweets\nlooking\n"

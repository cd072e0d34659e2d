"""One entry of the table makes a source's command, its settings and its row in the docs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
import typer
from pydantic import Field
from typer.testing import CliRunner

from pipeline.cli import collect_live
from pipeline.cli.collect_live import command_of, with_options
from pipeline.errors import ConfigError
from pipeline.section import Section
from pipeline.settings import OF_SOURCES, load_section
from pipeline.sources.live.option import Option
from pipeline.sources.mastodon.settings import MastodonSettings
from pipeline.sources.table import LIVE_SOURCES, Entry
from pipeline.sources.twitter.settings import TwitterSettings


class TickerSettings(Section):
    rooms: Annotated[tuple[str, ...], Option("A room [red]; repeatable.", "--room")] = ()
    pace: Annotated[Literal["slow", "fast"], Option("How.")] = "slow"
    most: Annotated[int, Field(ge=0, le=5), Option("So many.", wrong="takes 0 to 5")] = 3
    loud: Annotated[bool, Option("Loudly.")] = False
    secret: str | None = None


TICKER = Entry("ticker", "what ticks", TickerSettings, lambda *_: pytest.fail("made"), lambda *_: ["it would tick"])


@pytest.fixture
def collected(monkeypatch: pytest.MonkeyPatch) -> list[TickerSettings]:
    """The settings that its command was run with."""
    found: list[TickerSettings] = []

    def make(section: TickerSettings, *_: object) -> Any:
        found.append(section)

    entry = Entry("ticker", TICKER.reads, TickerSettings, make, TICKER.preview)
    monkeypatch.setattr(collect_live, "collect_from", lambda settings, name, make: make(None, None))
    monkeypatch.setattr(sys.modules[__name__], "TICKER", entry)
    return found


def run(*arguments: str) -> tuple[int, str, BaseException | None]:
    app = typer.Typer()
    app.command("ticker")(command_of(TICKER))
    done = CliRunner().invoke(app, list(arguments), env={"COLUMNS": "200"})
    return done.exit_code, done.stdout, done.exception


def test_what_is_marked_is_an_option(collected: list[TickerSettings]) -> None:
    """By its name or by the one that it is given; a secret never is."""
    code, said, _ = run("--help")
    assert code == 0
    assert {"--room", "--pace", "--most", "--loud", "--dry-run"} <= set(said.replace(",", " ").split())
    assert ("A room [red]" in said, "secret" in said) == (True, False)
    assert collected == []


def test_options_win_over_the_settings(collected: list[TickerSettings], monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that are given, also where they are 0; the others are as they are set."""
    monkeypatch.setattr("pipeline.settings.OF_SOURCES", ("ticker",))
    monkeypatch.setenv("TWEETPULSE_TICKER__MOST", "5")
    monkeypatch.setenv("TWEETPULSE_TICKER__PACE", "fast")
    assert run("--room", "a", "--room", "b")[0] == 0
    assert run("--most", "0", "--pace", "slow", "--loud")[0] == 0
    assert collected == [
        TickerSettings(rooms=("a", "b"), pace="fast", most=5),
        TickerSettings(pace="slow", most=0, loud=True),
    ]


def test_what_can_not_be_is_one_line(collected: list[TickerSettings], monkeypatch: pytest.MonkeyPatch) -> None:
    """Of an option by its flag, of a setting by its name; no value is quoted."""
    _, _, error = run("--most", "77")
    assert isinstance(error, ConfigError)
    assert error.message == "--most takes 0 to 5"
    with pytest.raises(ConfigError, match=r"^--url is no server's address"):
        with_options(MastodonSettings(), {"url": "mastodon.social"})
    monkeypatch.setenv("TWEETPULSE_TICKER__MOST", "77")
    with pytest.raises(ConfigError, match=r"^ticker\.most is wrong: .*; set TWEETPULSE_TICKER__MOST") as raised:
        load_section("ticker", TickerSettings)
    assert "77" not in raised.value.message


def test_a_dry_run_says_what_a_start_would_do(collected: list[TickerSettings]) -> None:
    """And makes no source."""
    code, said, _ = run("--dry-run")
    assert (code, said, collected) == (0, "it would tick\n", [])


def test_sections_are_read_from_where_all_settings_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file, the environment before it; and nobody else reads them."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tweetpulse.toml").write_text('[twitter]\ntrack = ["acme"]\nmode = "search"\n')
    monkeypatch.setenv("TWEETPULSE_TWITTER__MODE", "stream")
    assert load_section("twitter", TwitterSettings) == TwitterSettings(track=("acme",), mode="stream")


def test_names_are_labels_and_no_name_is_there_twice() -> None:
    names = [source.name for source in LIVE_SOURCES]
    assert len(set(names)) == len(names)
    assert all(name.isidentifier() and name.islower() for name in names)


def test_the_settings_know_the_sections_of_sources() -> None:
    """Else a section of a source would be refused as a typo."""
    assert {source.name for source in LIVE_SOURCES} == {*OF_SOURCES}

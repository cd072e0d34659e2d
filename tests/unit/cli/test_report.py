"""What `report` is told, and where it writes."""

from __future__ import annotations

import os
import stat
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline import extras
from pipeline.cli.outputs import write
from pipeline.cli.report import parse_length, report, summary
from pipeline.errors import ConfigError, SetupError, SinkAway
from pipeline.report.figures import Counts
from tests.reporting import mood, some_figures


@pytest.mark.parametrize(
    ("text", "length"),
    [("24h", timedelta(hours=24)), ("7d", timedelta(days=7)), ("90m", timedelta(minutes=90)), ("1s", timedelta(0, 1))],
)
def test_a_length(text: str, length: timedelta) -> None:
    """A number and its unit."""
    assert parse_length(text) == length


@pytest.mark.parametrize("text", ["", "24", "a day", "1.5h", "-1h", "1w", "0s", "3651d", "999999d", "٣h"])
def test_no_length(text: str) -> None:
    """It is said before anything is asked, with what would be one."""
    with pytest.raises(ConfigError, match="--last") as caught:
        report(last=text)
    assert caught.value.exit_code == 2
    assert "\n" not in caught.value.message


def test_the_extra_is_named_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """In one line, before anything is asked."""
    monkeypatch.setitem(extras.PACKAGES, "plots", ("no_such_package",))
    with pytest.raises(SetupError) as caught:
        report(last="24h")
    assert (
        caught.value.message
        == "no_such_package not installed: run `pip install 'tweetpulse[plots]'`, or `make env` in a clone"
    )


@pytest.mark.usefixtures("bare", "logging_restored")
def test_nobody_answers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The error of a server that does not answer; no file is made."""
    monkeypatch.setenv("TWEETPULSE_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("TWEETPULSE_ELASTICSEARCH__URL", "http://127.0.0.1:1")
    with pytest.raises(SinkAway, match="does not answer") as caught:
        report(last="24h", output=tmp_path / "report.html")
    assert (caught.value.exit_code, (tmp_path / "report.html").exists()) == (3, False)


def test_a_page_is_its_owners(tmp_path: Path) -> None:
    """It holds tweets: nobody else reads it, also where the file was open before. The folder stays as it was."""
    tmp_path.chmod(0o755)
    (tmp_path / "old.html").write_text("a longer page than the new one")
    (tmp_path / "old.html").chmod(0o644)
    for name in ("old.html", "new.html"):
        write(tmp_path / name, "páge".encode())
        assert (tmp_path / name).read_text(encoding="utf-8") == "páge"
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


def test_a_device_is_written_to_and_not_replaced() -> None:
    """Whoever throws the page away still has a place for that."""
    write(Path(os.devnull), b"a page")
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)


@pytest.mark.parametrize("name", ["absent/report.html", "", "file/report.html", "x" * 300])
def test_a_file_that_can_not_be_written(tmp_path: Path, name: str) -> None:
    """One line names it, and says what to do."""
    (tmp_path / "file").write_text("")
    with pytest.raises(SetupError, match=r"can't be written \(.+\): name another file with -o") as caught:
        write(tmp_path / name, b"a page")
    assert (caught.value.exit_code, "\n" in caught.value.message) == (3, False)


def test_what_was_written_is_said_in_a_line() -> None:
    """The share with the one before beside it, of how many tweets; nothing of what is not known."""
    whole = summary(Path("report.html"), some_figures())
    assert whole == "wrote report.html: 12 tweets of the last 24 h, 30% of 10 scored ones negative (25% before, +5 pp)"
    same = summary(Path("report.html"), some_figures(whole=mood("", Counts(negative=1), Counts(negative=2))))
    assert same.endswith("100% of 1 scored ones negative (100% before, ±0 pp)")
    alone = summary(Path("report.html"), some_figures(whole=mood("", Counts(unsupported=2))))
    assert alone == "wrote report.html: 2 tweets of the last 24 h, none scored"

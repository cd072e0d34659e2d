"""`tweetpulse archive info`, `compact` and `vacuum`, on a folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.archive.table import ArchiveTable
from pipeline.cli.app import app
from pipeline.errors import SinkUnavailable
from tests.unit.archive.test_upkeep import commit, said


def call(*arguments: str) -> str:

    done = CliRunner().invoke(app, ["archive", *arguments])
    if done.exception is not None:
        raise done.exception
    return done.stdout


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ArchiveTable:
    """An archive of three commits, which the settings name."""
    monkeypatch.setenv("TWEETPULSE_ARCHIVE__URI", str(tmp_path / "archive"))
    table = ArchiveTable(str(tmp_path / "archive"), {})
    table.ensure()
    for number in range(3):
        commit(table, said(f"x:{number}"), first=number)
    return table


def test_info(table: ArchiveTable) -> None:
    """For people, and for programs."""
    assert "3 records, 2026-03-01 to 2026-03-01, 3 files" in call("info")
    found = json.loads(call("info", "--json"))
    assert (found["records"], found["first_day"]) == (3, "2026-03-01")
    assert found["held"] == [
        {"topic": "tweets", "topic_id": "id", "partition": 0, "records": 3, "first": 0, "last": 2}
        | {"position": 3, "missing": 0}
    ]


def test_compact_and_vacuum(table: ArchiveTable) -> None:
    """It says how many files; those that are young stay."""
    assert "3 files before, 1 now" in call("compact")
    assert "0 files would be deleted" in call("vacuum", "--dry-run")
    assert "0 files deleted" in call("vacuum", "--hours", "24")


def test_no_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said, and none is made."""
    monkeypatch.setenv("TWEETPULSE_ARCHIVE__URI", str(tmp_path / "archive"))
    with pytest.raises(SinkUnavailable):
        call("info")
    assert not (tmp_path / "archive").exists()

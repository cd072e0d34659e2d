"""The table of the archive: positions in its log, other writers, other versions, other columns."""

from __future__ import annotations

import stat
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from pipeline.archive.columns import RawRecord, as_table
from pipeline.archive.faults import AWAY
from pipeline.archive.table import ArchiveTable
from pipeline.domain.record import decode
from pipeline.errors import AlreadyRunning, SetupError, SinkUnavailable

NOW = round(datetime(2026, 3, 1, tzinfo=UTC).timestamp() * 1000)


@pytest.fixture
def table(tmp_path: Path) -> ArchiveTable:
    """An archive that was just made."""
    return made(tmp_path)


def made(folder: Path) -> ArchiveTable:
    table = ArchiveTable(str(folder / "archive"), {})
    table.ensure()
    return table


def rows(*offsets: int, partition: int = 0) -> pa.Table:
    found = [RawRecord("tweets", partition, offset, NOW, None, b"{}") for offset in offsets]
    return as_table([(one, decode(one.value)) for one in found], "id")


def kept(folder: Path) -> list[tuple[int, int]]:
    table = DeltaTable(str(folder / "archive")).to_pyarrow_table(columns=["partition", "offset"])
    return sorted((row["partition"], row["offset"]) for row in table.to_pylist())


def test_records_come_with_their_positions(table: ArchiveTable, tmp_path: Path) -> None:
    """Each partition of each topic has its own; another process reads them from the log."""
    table.append(rows(0, 1), "id", {}, {0: 2}, "one")
    table.append(rows(5, partition=1), "id", {}, {1: 6}, "two")
    again = made(tmp_path)
    assert again.positions("id", [0, 1, 2]) == {0: 2, 1: 6}
    assert again.positions("another", [0, 1]) == {}
    assert kept(tmp_path) == [(0, 0), (0, 1), (1, 5)]


def test_positions_alone(table: ArchiveTable, tmp_path: Path) -> None:
    """Where only markers of transactions were read."""
    table.append(rows(), "id", {}, {0: 3}, "one")
    assert (made(tmp_path).positions("id", [0]), kept(tmp_path)) == ({0: 3}, [])


def test_a_batch_that_was_committed_is_not_committed_again(table: ArchiveTable, tmp_path: Path) -> None:
    """Its answer was lost: the next attempt finds it in the log."""
    table.append(rows(0), "id", {}, {0: 1}, "one")
    table.open()
    table.append(rows(0), "id", {}, {0: 1}, "one")
    assert kept(tmp_path) == [(0, 0)]


def test_two_writers_of_the_same_records(table: ArchiveTable, tmp_path: Path) -> None:
    """Both began at the same positions; the second is told, whether or not it sees the log of the first."""
    second = made(tmp_path)
    table.append(rows(0), "id", {}, {0: 1}, "one")
    with pytest.raises(SinkUnavailable) as conflict:
        second.append(rows(0), "id", {}, {0: 1}, "other")
    assert conflict.value.reason == "conflict"
    second.open()
    with pytest.raises(AlreadyRunning, match="another reader"):
        second.append(rows(0), "id", {}, {0: 1}, "other")
    assert kept(tmp_path) == [(0, 0)]


def test_two_writers_that_take_turns_with_partitions(table: ArchiveTable, tmp_path: Path) -> None:
    """A commit of another partition brings the other writer's positions into memory, without a conflict."""
    second = made(tmp_path)
    second.append(rows(0, partition=1), "id", {}, {1: 1}, "a")
    table.append(rows(0), "id", {}, {0: 1}, "b")
    with pytest.raises(AlreadyRunning):
        table.append(rows(0, partition=1), "id", {}, {1: 1}, "c")
    assert kept(tmp_path) == [(0, 0), (1, 0)]


def test_another_programs_commit_is_no_conflict(table: ArchiveTable, tmp_path: Path) -> None:
    """A compaction, or a deletion, between two commits."""
    table.append(rows(0), "id", {}, {0: 1}, "one")
    other = DeltaTable(str(tmp_path / "archive"))
    table.append(rows(1), "id", {0: 1}, {0: 2}, "two")
    other.update_incremental()
    other.optimize.compact()
    other.delete("offset = 0")
    table.append(rows(2), "id", {0: 2}, {0: 3}, "three")
    assert kept(tmp_path) == [(0, 1), (0, 2)]


def test_a_column_that_somebody_added_stays(table: ArchiveTable, tmp_path: Path) -> None:
    """A later version's, say: it is null in what this one writes."""
    uri = str(tmp_path / "archive")
    wider = rows(0).append_column("mood", pa.array(["sunny"]))
    write_deltalake(uri, wider, mode="append", schema_mode="merge")
    again = made(tmp_path)
    again.append(rows(1), "id", {}, {0: 2}, "one")
    found = DeltaTable(uri).to_pyarrow_table(columns=["offset", "mood"]).to_pylist()
    assert sorted((row["offset"], row["mood"]) for row in found) == [(0, "sunny"), (1, None)]


def test_a_column_that_the_table_lacks_is_added(tmp_path: Path) -> None:
    """An earlier version made it without some: its rows have null there."""
    uri = str(tmp_path / "archive")
    older = rows(0).drop_columns(["rejection", "kind", "header_names"])
    table = ArchiveTable(uri, {})
    write_deltalake(uri, older, partition_by=["day"], description="tweetpulse archive, format 1")
    assert table.ensure() is False
    table.append(rows(1), "id", {}, {0: 2}, "one")
    found = DeltaTable(uri).to_pyarrow_table(columns=["offset", "rejection"]).to_pylist()
    assert sorted((row["offset"], row["rejection"]) for row in found) == [(0, None), (1, "not_a_tweet")]


def test_columns_of_other_types(tmp_path: Path) -> None:
    """It says so, and does not wait."""
    uri = str(tmp_path / "archive")
    other = pa.table({"offset": ["zero"], "day": rows(0)["day"]})
    write_deltalake(uri, other, partition_by=["day"], description="tweetpulse archive, format 1")
    with pytest.raises(SetupError, match="another type of the column offset"):
        ArchiveTable(uri, {}).append(rows(1), "id", {}, {0: 2}, "one")


def test_another_table(tmp_path: Path) -> None:
    """It is not written to."""
    uri = str(tmp_path / "archive")
    write_deltalake(uri, pa.table({"a": [1]}))
    with pytest.raises(SetupError, match="another Delta table"):
        ArchiveTable(uri, {}).ensure()


def test_only_its_owner_reads_it(table: ArchiveTable, tmp_path: Path) -> None:
    """It holds texts and authors."""
    assert stat.S_IMODE((tmp_path / "archive").stat().st_mode) == 0o700


def _moved(folder: Path) -> None:
    folder.rename(folder.with_name("elsewhere"))


def _in_the_way(folder: Path) -> None:
    _moved(folder)
    folder.touch()


@pytest.mark.parametrize("gone", [_moved, _in_the_way])
def test_a_table_that_is_gone_is_not_made_anew(
    table: ArchiveTable, tmp_path: Path, gone: Callable[[Path], None]
) -> None:
    """Its disk is not mounted: what was written meanwhile would be lost behind it."""
    table.append(rows(0), "id", {}, {0: 1}, "one")
    gone(tmp_path / "archive")
    for attempt in (lambda: table.append(rows(1), "id", {0: 1}, {0: 2}, "two"), table.open):
        with pytest.raises(SinkUnavailable) as away:
            attempt()
        assert away.value.reason == AWAY
    assert not (tmp_path / "archive").is_dir()

"""The upkeep of an archive, and the deletion of what is forgotten from it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable

from pipeline.archive.columns import RawRecord, as_table
from pipeline.archive.table import ArchiveTable
from pipeline.archive.upkeep import Held, compact, drop_removed, info, vacuum
from pipeline.domain.record import decode, encode
from pipeline.domain.tweet import Author
from pipeline.erasure import archive as erasure
from pipeline.erasure.documents import Wanted
from tests.builders import tweet

NOW = round(datetime(2026, 3, 1, tzinfo=UTC).timestamp() * 1000)
DAY = 86_400_000


@pytest.fixture
def table(tmp_path: Path) -> ArchiveTable:
    """An archive that was just made."""
    table = ArchiveTable(str(tmp_path / "archive"), {})
    table.ensure()
    return table


def commit(table: ArchiveTable, *values: bytes, first: int = 0, time: int = NOW) -> None:
    found = [RawRecord("tweets", 0, first + number, time, None, value) for number, value in enumerate(values)]
    rows = as_table([(one, decode(one.value)) for one in found], "id")
    table.append(rows, "id", {0: first} if first else {}, {0: first + len(values)}, f"at {first}")


def said(id_: str, **author: Any) -> bytes:
    return encode(tweet(id=id_, author=Author(**author)))


def files(folder: Path) -> list[Path]:
    return sorted((folder / "archive").glob("day=*/*.parquet"))


def test_what_it_holds(table: ArchiveTable) -> None:
    """By topic and partition; what is missing between the first and the last is counted."""
    assert info(table).held == ()
    commit(table, said("x:0"), said("x:1"))
    commit(table, said("x:2"), first=2, time=NOW + DAY)
    table.open().delete('"offset" = 1')
    found = info(table)
    assert (found.records, found.files) == (2, 2)
    assert (found.first_day, found.last_day) == (date(2026, 3, 1), date(2026, 3, 2))
    assert found.held == (Held("tweets", "id", 0, 2, 0, 2, 3),)
    assert found.held[0].missing == 1


def test_fewer_files(table: ArchiveTable, tmp_path: Path) -> None:
    """A compaction keeps the records and the positions; the old files go with a vacuum that is old enough."""
    for number in range(4):
        commit(table, said(f"x:{number}"), first=number)
    assert compact(table) == (4, 1)
    assert table.positions("id", [0]) == {0: 4}
    assert info(table).records == 4
    assert (vacuum(table, 24), len(files(tmp_path))) == (0, 5)
    assert (vacuum(table, 0, dry_run=True), len(files(tmp_path))) == (4, 5)
    assert (vacuum(table, 0), len(files(tmp_path))) == (4, 1)
    assert DeltaTable(table.uri).to_pyarrow_table().num_rows == 4
    commit(table, said("x:9"), first=4)
    assert info(table).records == 5


def test_a_file_that_is_not_committed_yet_stays(table: ArchiveTable, tmp_path: Path) -> None:
    """A deletion takes only what commits have removed: a reader may be about to commit what it has written."""
    commit(table, said("x:0"), said("x:1"))
    under_way = files(tmp_path)[0].with_name("part-under-way.parquet")
    under_way.write_bytes(files(tmp_path)[0].read_bytes())
    table.open().delete('"offset" = 0')
    assert drop_removed(table) == 1
    assert under_way.exists()
    assert DeltaTable(table.uri).to_pyarrow_table(columns=["event_id"]).to_pylist() == [{"event_id": "x:1"}]


def test_what_is_forgotten(table: ArchiveTable, tmp_path: Path) -> None:
    """By id, in later loops of a replay, by author, by name in any case, and in records that are no tweets."""
    values = [
        said("x:1"),
        said("x:1#2"),
        said("x:2", id="7"),
        said("x:3", name="Ann"),
        b'{"id": "x:2", broken',
        b'{"author": "ann"',
        said("x:4", id="8", name="anna"),
        b'{"id": "x:44", broken',
        b"",
    ]
    commit(table, *values)
    wanted = Wanted(frozenset({"x:1"}), frozenset({"7"}), frozenset({"ann"}))
    found = erasure.find(table, wanted)
    assert (found.records, found.tweets) == (6, {"x:1", "x:1#2", "x:2", "x:3"})
    assert erasure.delete(table, found, lambda _: None) == 6
    left = DeltaTable(table.uri).to_pyarrow_table(columns=["offset"]).to_pylist()
    assert sorted(row["offset"] for row in left) == [6, 7, 8]
    assert table.positions("id", [0]) == {0: 9}
    # Their bytes are in no file, whatever version is asked.
    assert len(files(tmp_path)) == 1


def test_nothing_to_forget(table: ArchiveTable, tmp_path: Path) -> None:
    """Nothing is written."""
    commit(table, said("x:1"))
    version = table.open().version()
    found = erasure.find(table, Wanted(tweets=frozenset({"x:9"})))
    assert (found.records, erasure.delete(table, found, lambda _: None)) == (0, 0)
    assert DeltaTable(table.uri).to_pyarrow_table().num_rows == 1
    assert table.open().version() == version

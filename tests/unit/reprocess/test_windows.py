"""The archive as the stream would read it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pipeline.archive.columns import RawRecord, as_table
from pipeline.archive.table import ArchiveTable
from pipeline.archive.upkeep import compact
from pipeline.domain.record import decode
from pipeline.errors import ConfigError
from pipeline.reprocess.windows import Days, Span, as_stream, read, spans

NOW = round(datetime(2026, 3, 1, tzinfo=UTC).timestamp() * 1000)
DAY = 86_400_000


def commit(table: ArchiveTable, topic_id: str, partition: int, *offsets: int, time: int = NOW) -> None:
    records = [RawRecord("tweets", partition, offset, time, b"k", b"%d" % offset) for offset in offsets]
    rows = as_table([(one, decode(one.value)) for one in records], topic_id)
    before = table.positions(topic_id, [partition])
    table.append(rows, topic_id, before, {partition: offsets[-1] + 1}, f"{topic_id}{partition}{offsets[0]}")


@pytest.fixture
def table(tmp_path: Path) -> ArchiveTable:
    """Two topics, of which the one whose id comes first in the alphabet is the younger."""
    table = ArchiveTable(str(tmp_path / "archive"), {})
    table.ensure()
    commit(table, "old", 1, 3, 4, 6)
    commit(table, "old", 0, 0, 1)
    commit(table, "old", 1, 7, 8, time=NOW + DAY)
    commit(table, "new", 0, 0, time=NOW + 2 * DAY)
    return table


def test_spans(table: ArchiveTable) -> None:
    """Older topics first; offsets may be missing."""
    wanted = [Span("old", 0, 0, 2, 2), Span("old", 1, 3, 9, 5), Span("new", 0, 0, 1, 1)]
    assert spans(table, Days()) == wanted
    compact(table)
    assert spans(table, Days()) == wanted


def test_spans_of_days(table: ArchiveTable) -> None:
    """From the first on, before the other."""
    days = Days(date(2026, 3, 2), date(2026, 3, 3))
    assert spans(table, days) == [Span("old", 1, 7, 9, 2)]
    assert spans(table, Days(end=date(2026, 3, 1))) == []
    assert [span.name for span in spans(table, Days(date(2026, 3, 3)))] == ["new/0"]


def test_rows_by_offset(table: ArchiveTable) -> None:
    """Whatever the order of the files; of those days only."""
    compact(table)
    span = Span("old", 1, 3, 9, 5)
    assert read(table, Days(), span, 3, 8).column("offset").to_pylist() == [3, 4, 6, 7]
    assert read(table, Days(end=date(2026, 3, 2)), span, 3, 9).column("offset").to_pylist() == [3, 4, 6]


def test_rows_as_tasks_get_them() -> None:
    """Of what is too large the head with its size; of keys only those of what is sent again."""
    values = [(b"key", b"12345"), (b"replay/1/tweets-0-1", b"1234567"), (None, None), (b"replay/" + b"x" * 400, b"")]
    records = [RawRecord("tweets", 0, number, NOW, key, value) for number, (key, value) in enumerate(values)]
    rows = as_table([(one, decode(one.value)) for one in records], "id")
    found = [row for batch in as_stream(rows, 6, 3, 2) for row in batch.to_pylist()]
    assert [(row["value"], row["size"], row["replay"]) for row in found] == [
        (b"12345", 5, None),
        (b"123", 7, b"replay/1/tweets-0-1"),
        (None, None, None),
        (b"", 0, None),
    ]
    assert found[0]["timestamp"] == datetime.fromtimestamp(NOW / 1000, UTC)


@pytest.mark.parametrize(("since", "until"), [("2026-03", None), (None, "tomorrow"), ("2026-03-02", "2026-03-02")])
def test_days_that_are_none(since: str | None, until: str | None) -> None:
    with pytest.raises(ConfigError):
        Days.parse(since, until)

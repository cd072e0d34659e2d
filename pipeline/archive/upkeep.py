"""What an archive holds, and what keeps it small: fewer files, and none that no commit names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa
from deltalake import DeltaTable

from pipeline.archive.delta_log import store_errors
from pipeline.archive.table import ArchiveTable


@dataclass(frozen=True, slots=True)
class Held:
    """The records of a partition of a topic.

    Attributes:
        first, last: the smallest and the largest offset.
        position: the offset up to which it is archived.
        missing: offsets between them without a record: expired in Kafka, left out, deleted, or markers of Kafka's own.
    """

    topic: str
    topic_id: str
    partition: int
    records: int
    first: int
    last: int
    position: int | None

    @property
    def missing(self) -> int:
        """Offsets without a record."""
        return self.last - self.first + 1 - self.records


@dataclass(frozen=True, slots=True)
class Info:
    """An archive at this moment; sizes in bytes, of the files that its newest version names."""

    uri: str
    version: int
    files: int
    size: int
    records: int
    first_day: date | None
    last_day: date | None
    held: tuple[Held, ...]


def info(archive: ArchiveTable) -> Info:
    """What is in it; reads the columns of the places, of all records.

    Raises:
        SinkUnavailable: the store does not answer, or there is no archive.
    """
    table = archive.open()
    with store_errors(archive.uri):
        files = _files(table)
        held = tuple(_held(archive, table))
    days = [one["partition.day"] for one in files]
    return Info(
        archive.uri,
        table.version(),
        len(files),
        sum(one["size_bytes"] for one in files),
        sum(one["num_records"] for one in files),
        min(days, default=None),
        max(days, default=None),
        held,
    )


def compact(archive: ArchiveTable) -> tuple[int, int]:
    """Write the small files of each day into large ones; the numbers of files before and after.

    Raises:
        SinkUnavailable: the store does not answer, or another commit came between.
    """
    table = archive.open()
    with store_errors(archive.uri):
        before = len(table.file_uris())
        table.optimize.compact()
        return before, len(table.file_uris())


def vacuum(archive: ArchiveTable, hours: int, *, dry_run: bool = False) -> int:
    """Delete files that no commit has named for so many hours; their number.

    Before that they may be of a commit under way, or of an older version that somebody reads.

    Raises:
        SinkUnavailable: the store does not answer.
    """
    table = archive.open()
    with store_errors(archive.uri):
        return len(table.vacuum(hours, dry_run=dry_run, enforce_retention_duration=False, full=True))


def drop_removed(archive: ArchiveTable) -> int:
    """Delete at once the files that commits have removed, and no others; their number.

    A file that a reader has written and not yet committed is in no commit, and stays.

    Raises:
        SinkUnavailable: the store does not answer.
    """
    table = archive.open()
    with store_errors(archive.uri):
        return len(table.vacuum(0, dry_run=False, enforce_retention_duration=False, full=False))


def _files(table: DeltaTable) -> list[dict[str, Any]]:
    actions: Any = table.get_add_actions(flatten=True)
    found: list[dict[str, Any]] = pa.table(actions).to_pylist()
    return found


def _held(archive: ArchiveTable, table: DeltaTable) -> Iterator[Held]:
    places = ["topic", "topic_id", "partition"]
    groups: dict[tuple[str, str, int], list[int]] = {}
    # Batch by batch: the memory does not grow with the archive.
    for batch in table.to_pyarrow_dataset().to_batches(columns=[*places, "offset"]):
        found = pa.table(batch).group_by(places).aggregate([("offset", "count"), ("offset", "min"), ("offset", "max")])
        for row in found.to_pylist():
            _merge(groups, tuple(row[name] for name in places), row)
    for (topic, topic_id, partition), (records, first, last) in sorted(groups.items()):
        position = archive.positions(topic_id, [partition]).get(partition)
        yield Held(topic, topic_id, partition, records, first, last, position)


def _merge(groups: dict[tuple[str, str, int], list[int]], key: tuple[str, str, int], row: dict[str, int]) -> None:
    records, first, last = row["offset_count"], row["offset_min"], row["offset_max"]
    if key in groups:
        known = groups[key]
        records, first, last = records + known[0], min(first, known[1]), max(last, known[2])
    groups[key] = [records, first, last]

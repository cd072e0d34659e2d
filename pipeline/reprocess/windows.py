"""Reads the archive in the order in which the stream read Kafka: partition by partition, offset by offset."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa
from pyarrow import compute, dataset

from pipeline.archive.delta_log import store_errors
from pipeline.archive.table import ArchiveTable
from pipeline.domain.replay import MAX_KEY_BYTES, PREFIX
from pipeline.errors import ConfigError

_COLUMNS = ["topic", "partition", "offset", "kafka_time", "key", "value"]
_PLACES = ["topic_id", "partition"]


@dataclass(frozen=True, slots=True)
class Days:
    """From a day, up to another that is not one of them; None: all that there is. Days of Kafka's time, in UTC."""

    first: date | None = None
    end: date | None = None

    @classmethod
    def parse(cls, since: str | None, until: str | None) -> Days:
        """As people write them.

        Raises:
            ConfigError: one is no day, or they end before they begin.
        """
        days = cls(_day("--from", since), _day("--to", until))
        if days.first and days.end and days.first >= days.end:
            raise ConfigError(f"--from {days.first} is not before --to {days.end}")
        return days

    def rows(self) -> Any:
        """The condition on rows; None: all of them."""
        conditions: list[Any] = []
        if self.first is not None:
            conditions.append(dataset.field("day") >= pa.scalar(self.first))
        if self.end is not None:
            conditions.append(dataset.field("day") < pa.scalar(self.end))
        return _all(conditions)


@dataclass(frozen=True, slots=True)
class Span:
    """Offsets of a partition of a topic, from `first` up to `end`, which is not one of them; `rows` have a record."""

    topic_id: str
    partition: int
    first: int
    end: int
    rows: int

    @property
    def name(self) -> str:
        """Of the partition."""
        return f"{self.topic_id}/{self.partition}"


def spans(archive: ArchiveTable, days: Days) -> list[Span]:
    """The spans of all partitions at this moment, those of older topics first.

    Raises:
        SinkUnavailable: the store does not answer, or there is no archive.
    """
    found: dict[tuple[str, int], list[Any]] = {}
    measures: Any = [("offset", "min"), ("offset", "max"), ("offset", "count"), ("kafka_time", "min")]
    with store_errors(archive.uri):
        batches = archive.open().to_pyarrow_dataset().to_batches(
            columns=[*_PLACES, "offset", "kafka_time"], filter=days.rows()
        )  # fmt: skip
        for batch in batches:
            for row in pa.table(batch).group_by(_PLACES).aggregate(measures).to_pylist():
                place = row["topic_id"], row["partition"]
                low, high, rows, time = (row[f"{name}_{how}"] for name, how in measures)
                known = found.setdefault(place, [low, high, 0, time])
                found[place] = [min(known[0], low), max(known[1], high), known[2] + rows, min(known[3], time)]
    by_age = sorted(found.items(), key=lambda one: (one[1][3], one[0]))
    return [Span(*place, low, high + 1, rows) for place, (low, high, rows, _) in by_age]


def read(archive: ArchiveTable, days: Days, span: Span, first: int, end: int) -> pa.Table:
    """The rows of a part of a span, by offset.

    Raises:
        SinkUnavailable: the store does not answer.
    """
    conditions = [
        dataset.field("topic_id") == span.topic_id,
        dataset.field("partition") == span.partition,
        dataset.field("offset") >= first,
        dataset.field("offset") < end,
    ]
    rows = days.rows()
    with store_errors(archive.uri):
        found: Any = archive.open().to_pyarrow_dataset()
        table: pa.Table = found.to_table(
            columns=_COLUMNS, filter=_all(conditions if rows is None else [*conditions, rows])
        )
    return table.sort_by("offset")


def as_stream(rows: pa.Table, max_record_bytes: int, head_bytes: int, chunk: int) -> Iterator[pa.RecordBatch]:
    """Rows as the stream's tasks get them (`pipeline.stream.kafka_io.read`), so many at a time."""
    values: Any = rows.column("value").cast(pa.large_binary())
    sizes: Any = compute.binary_length(values)
    limit: Any = pa.scalar(max_record_bytes, pa.int64())
    too_large: Any = compute.greater(sizes, limit)
    heads = compute.if_else(too_large, compute.binary_slice(values, 0, head_bytes), values)
    columns = {
        "topic": rows.column("topic"),
        "partition": rows.column("partition"),
        "offset": rows.column("offset"),
        "timestamp": rows.column("kafka_time"),
        "value": heads,
        "size": sizes,
        "replay": pa.array([_replay(key) for key in rows.column("key").to_pylist()], pa.binary()),
    }
    yield from pa.table(columns).to_batches(max_chunksize=chunk)


def _replay(key: bytes | None) -> bytes | None:
    return key if key is not None and key.startswith(PREFIX) and len(key) <= MAX_KEY_BYTES else None


def _day(option: str, said: str | None) -> date | None:
    if said is None:
        return None
    try:
        return date.fromisoformat(said)
    except ValueError:
        raise ConfigError(f"{option} {said!r} is no day, such as 2026-03-01") from None


def _all(conditions: list[Any]) -> Any:
    if not conditions:
        return None
    whole = conditions[0]
    for condition in conditions[1:]:
        whole = whole & condition
    return whole

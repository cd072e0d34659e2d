"""The columns of the archive: a record as it came, and what can be decoded of it. Pure.

A row is about a record, whatever it holds: the decoded columns are null where it is no tweet, and `rejection` says why.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

import pyarrow as pa

from pipeline.domain.moments import moment_of
from pipeline.domain.record import Rejection
from pipeline.domain.tweet import Tweet
from pipeline.kafka.header_names import RawName

PARTITIONED_BY = ["day"]

_TIME = pa.timestamp("us", tz="UTC")
_HEADER: dict[str, pa.DataType] = {"name": pa.string(), "value": pa.binary()}
_HEADERS = pa.list_(pa.struct(list(_HEADER.items())))

_COLUMNS: dict[str, pa.DataType] = {
    "topic": pa.string(),
    "topic_id": pa.string(),
    "partition": pa.int32(),
    "offset": pa.int64(),
    "kafka_time": _TIME,
    "key": pa.binary(),
    "value": pa.binary(),
    "headers": _HEADERS,
    "header_names": pa.list_(pa.binary()),
    "event_id": pa.string(),
    "event_time": _TIME,
    "lang": pa.string(),
    "source": pa.string(),
    "kind": pa.string(),
    "user_id": pa.string(),
    "user_name": pa.string(),
    "entities": pa.list_(pa.string()),
    "rejection": pa.string(),
    "day": pa.date32(),
}
SCHEMA = pa.schema(list(_COLUMNS.items()))
"""Types of Arrow; every column may be null, so that a column may be added later."""


class RawRecord(NamedTuple):
    """A record as Kafka has it.

    Attributes:
        time: milliseconds of the epoch, by the broker or by the producer, as the topic is set.
        headers: names and values, in their order; a name may be there twice, and is a `RawName` if it is no UTF-8.
    """

    topic: str
    partition: int
    offset: int
    time: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...] = ()

    @property
    def size(self) -> int:
        """Bytes of key and value."""
        return len(self.key or b"") + len(self.value or b"")


def as_table(records: Iterable[tuple[RawRecord, Tweet | Rejection]], topic_id: str) -> pa.Table:
    """A row for each record, in their order."""
    rows = [_row(record, decoded, topic_id) for record, decoded in records]
    columns = zip(*rows, strict=True) if rows else [()] * len(SCHEMA)
    arrays = [pa.array(list(column), field.type) for column, field in zip(columns, SCHEMA, strict=True)]
    return pa.Table.from_arrays(arrays, schema=SCHEMA)


def _row(record: RawRecord, decoded: Tweet | Rejection, topic_id: str) -> tuple[Any, ...]:
    time = moment_of(record.time * 1000)
    headers = [{"name": str(name), "value": value} for name, value in record.headers]
    came = (record.topic, topic_id, record.partition, record.offset, time, record.key, record.value, headers)
    return (*came, _raw_names(record), *_decoded(decoded), _day(time))


def _raw_names(record: RawRecord) -> list[bytes] | None:
    """The names of all headers as bytes, where one of them is no UTF-8: a text can't hold that."""
    names = [name for name, _ in record.headers]
    return [name.encode() for name in names] if any(isinstance(name, RawName) for name in names) else None


def _decoded(decoded: Tweet | Rejection) -> tuple[Any, ...]:
    if isinstance(decoded, Rejection):
        return (*[None] * 8, str(decoded.reason))
    author, kind = decoded.author, decoded.kind
    return (
        decoded.id,
        decoded.written_at,
        decoded.lang,
        decoded.source,
        str(kind) if kind else None,
        author.id,
        author.name,
        list(decoded.entities),
        None,
    )


def _day(time: datetime) -> Any:
    """The day of Kafka's time, in UTC: a replay of old tweets would else touch a folder for each day of years."""
    return time.date()

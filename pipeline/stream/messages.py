"""Messages for Kafka: scored tweets, complaints, rejected records, none larger than a topic takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import orjson
import pyarrow as pa

from pipeline.domain.document import head_of
from pipeline.domain.parts import parts
from pipeline.domain.record import Rejection
from pipeline.domain.replay import HEADER
from pipeline.stream.chunk import RejectedRecord, dumps

SCHEMA = "topic string, key binary, value binary, headers array<struct<key: string, value: binary>>"
"""Messages as rows, as Spark's Kafka sink takes them."""

HEAD_BYTES = 65_536
"""Bytes of a rejected record that are written if the whole of it is too large."""

_COLUMNS: dict[str, pa.DataType] = {
    "topic": pa.string(),
    "key": pa.binary(),
    "value": pa.binary(),
    "headers": pa.list_(pa.struct([("key", pa.string()), ("value", pa.binary())])),
}
_ARROW = pa.schema(_COLUMNS)

Headers = list[dict[str, Any]]


class Message(NamedTuple):
    """A record for Kafka. `truncated`: its value is only a head."""

    topic: str
    key: bytes
    value: bytes | None
    headers: Headers | None = None
    truncated: bool = False


def scored(topics: Sequence[str], id_: str, body: bytes, limit: int) -> Iterator[Message]:
    """A scored document for each of the topics; of one with more than `limit` bytes, the head.

    The header `truncated` then holds the size of the whole document, bytes.
    """
    headers = None
    if topics and len(body) > limit:
        headers = [_header("truncated", len(body))]
        body = dumps(head_of(orjson.loads(body)))
    return (Message(topic, id_.encode(), body, headers, headers is not None) for topic in topics)


def rejected(topic: str, refused: RejectedRecord, limit: int) -> Message:
    """A rejected record with its reason; of one with more than `limit` bytes, the head, and its size in `truncated`.

    Its key says where the whole record is.
    """
    rejection, (value, at, size, replay) = refused
    headers = _reasons(rejection, replay)
    whole = max(size or 0, len(value or b""))
    # Of a very large record the value is already a head, so a value within the limit need not be the whole.
    if value is None or (whole <= limit and whole == len(value)):
        return Message(topic, at.key.encode(), value, headers)
    head = value[: min(HEAD_BYTES, limit)]
    return Message(topic, at.key.encode(), head, [*headers, _header("truncated", whole)], truncated=True)


def count_truncated(messages: Iterable[Message], counter: Counter[str]) -> None:
    """Count the heads, by topic."""
    counter.update(message.topic for message in messages if message.truncated)


def as_arrow(messages: Sequence[Message], limit: int) -> Iterator[pa.RecordBatch]:
    """The messages in Arrow batches of about `limit` bytes at most."""
    return (_batch(part) for part in parts(messages, lambda message: len(message.value or b""), limit))


def _batch(messages: Sequence[Message]) -> pa.RecordBatch:
    # The fifth field is for the metrics and no column of Kafka's.
    columns = zip(*(message[:4] for message in messages), strict=True)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, _ARROW, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=_ARROW)


def _reasons(rejection: Rejection, replay: bytes | None) -> Headers:
    headers = [_header("reason", rejection.reason), _header("error", rejection.error)]
    return [*headers, {"key": HEADER, "value": replay}] if replay else headers


def _header(name: str, value: object) -> dict[str, Any]:
    return {"key": name, "value": str(value).encode()}

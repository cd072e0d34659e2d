"""Messages to Kafka fit into their topic, and a head is marked as such."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import orjson
import pytest

from pipeline.domain.document import Coordinates
from pipeline.domain.record import Reason, Rejection
from pipeline.stream.chunk import Record, RejectedRecord
from pipeline.stream.messages import HEAD_BYTES, as_arrow, count_truncated, rejected, scored

AT = Coordinates("tweets", 2, 41, datetime(2026, 3, 1, 12, tzinfo=UTC))
KEY = b"tweets-2-41-1772366400000"
BODY = orjson.dumps(
    {
        "@timestamp": "2026-03-01T12:00:00Z",
        "message": "m" * 5_000,
        "event": {"id": "x:1"},
        "user": {"name": "n"},
        "url": {"full": "u"},
        "kafka": {"topic": "tweets", "partition": 2, "offset": 41},
        "tweet": {"source": "x", "sentiment": {"label": "neutral"}, "words": ["w"] * 500, "clean": "c" * 5_000},
    }
)


def refused(value: bytes | None, size: int | None = None) -> RejectedRecord:
    return RejectedRecord(Rejection(Reason.NOT_JSON, "why"), Record(value, AT, size))


def test_a_scored_document() -> None:
    """The same bytes as Elasticsearch gets, once for each topic, by the tweet's id."""
    messages = list(scored(["a", "b"], "x:1", BODY, len(BODY)))
    assert [(message.topic, message.key, message.value, message.headers) for message in messages] == [
        ("a", b"x:1", BODY, None),
        ("b", b"x:1", BODY, None),
    ]
    assert list(scored([], "x:1", BODY, 1)) == []


def test_a_scored_document_that_is_too_large() -> None:
    """The head has the id, the place, the scores and the size of the whole; it has no field of unlimited length."""
    (message,) = scored(["a"], "x:1", BODY, len(BODY) - 1)
    head = orjson.loads(message.value or b"")
    assert head["kafka"] == {"topic": "tweets", "partition": 2, "offset": 41}
    assert head["event"] == {"id": "x:1"}
    assert head["tweet"] == {"source": "x", "sentiment": {"label": "neutral"}}
    assert head["message"] == "m" * 1_000
    assert message.headers == [{"key": "truncated", "value": str(len(BODY)).encode()}]
    assert message.truncated


@pytest.mark.parametrize("value", [b"", b"{", b"x" * 100])
def test_a_rejected_record(value: bytes) -> None:
    """Its bytes as they came, with the reason, by where it was."""
    message = rejected("r", refused(value, len(value)), 100)
    assert message[:3] == ("r", KEY, value)
    assert message.headers == [{"key": "reason", "value": b"not_json"}, {"key": "error", "value": b"why"}]
    assert not message.truncated


def test_a_rejected_record_without_a_value() -> None:
    """It stays one."""
    assert rejected("r", refused(None), 100).value is None


@pytest.mark.parametrize(
    ("value", "size", "limit"),
    [
        (b"x" * 101, 101, 100),
        (b"x" * 101, None, 100),
        # What left the JVM is a head already, which would fit.
        (b"x" * 50, 5_000_000, 100),
    ],
)
def test_a_rejected_record_that_is_too_large(value: bytes, size: int | None, limit: int) -> None:
    """Its head, which is within the limit too, and the size of the whole."""
    message = rejected("r", refused(value, size), limit)
    assert message.value == value[: min(HEAD_BYTES, limit)]
    assert message.truncated
    assert (message.headers or [])[-1] == {"key": "truncated", "value": str(size or len(value)).encode()}


def test_heads_are_counted() -> None:
    """By topic."""
    counter: Counter[str] = Counter()
    count_truncated([*scored(["a", "b"], "x:1", BODY, 10), rejected("r", refused(b"x"), 10)], counter)
    assert counter == Counter(a=1, b=1)


def test_rows_for_spark_are_bounded_by_bytes() -> None:
    """All of them, in order, in batches that fit; without messages there is no batch."""
    messages = [rejected("r", refused(b"x" * size), 1_000) for size in (400, 400, 400, 900, 1)]
    batches = list(as_arrow(messages, 1_000))
    assert [batch.num_rows for batch in batches] == [2, 1, 2]
    assert [value for batch in batches for value in batch.column("value").to_pylist()] == [m.value for m in messages]
    assert batches[0].schema.names == ["topic", "key", "value", "headers"]
    assert list(as_arrow([], 1_000)) == []

"""The columns of an archived record."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from pipeline.archive.columns import SCHEMA, RawRecord, as_table
from pipeline.domain.record import Reason, Rejection, decode, encode
from tests.builders import WRITTEN, full_tweet

TIME = datetime(2026, 3, 1, 23, 59, 59, 999000, tzinfo=UTC)


def raw(value: bytes | None, **fields: object) -> RawRecord:
    said = {"topic": "tweets", "partition": 2, "offset": 41, "time": round(TIME.timestamp() * 1000), "key": b"x:1"}
    return RawRecord(**(said | {"value": value} | fields))  # type: ignore[arg-type]


def row(record: RawRecord) -> dict[str, object]:
    (found,) = as_table([(record, decode(record.value))], "an-id").to_pylist()
    return found


def test_a_tweet() -> None:
    """The record as it came, and what is decoded of it."""
    value = encode(full_tweet())
    headers = (("a", b"1"), ("a", None), ("b", b"\xff"))
    assert row(raw(value, headers=headers)) == {
        "topic": "tweets",
        "topic_id": "an-id",
        "partition": 2,
        "offset": 41,
        "kafka_time": TIME,
        "key": b"x:1",
        "value": value,
        "headers": [{"name": name, "value": of_it} for name, of_it in headers],
        "header_names": None,
        "event_id": "x:1",
        "event_time": WRITTEN,
        "lang": "en",
        "source": "replay",
        "kind": "quote",
        "user_id": "7",
        "user_name": "ann",
        "entities": ["Acme"],
        "rejection": None,
        "day": date(2026, 3, 1),
    }


@pytest.mark.parametrize(("value", "reason"), [(None, Reason.NO_VALUE), (b"\xff\x00{", Reason.NOT_JSON)])
def test_what_is_no_tweet(value: bytes | None, reason: Reason) -> None:
    """Its bytes are kept; the decoded columns are null, and the reason is there."""
    found = row(raw(value, key=None))
    assert (found["key"], found["value"], found["rejection"]) == (None, value, reason)
    decoded = ("event_id", "event_time", "lang", "source", "kind", "user_id", "user_name", "entities")
    assert {found[name] for name in decoded} == {None}


@pytest.mark.parametrize("millis", [-1, 0, 2**62, -(2**62)])
def test_any_time_of_kafkas_has_a_day(millis: int) -> None:
    """A producer may send any; what no calendar has is the last second that one has."""
    found = row(raw(b"{}", time=millis))
    last = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    expected = last if abs(millis) > 2**60 else datetime.fromtimestamp(millis / 1000, UTC)
    assert (found["kafka_time"], found["day"]) == (expected, expected.date())


def test_no_rows() -> None:
    """A commit of positions alone has all columns."""
    empty = as_table([], "an-id")
    assert (empty.num_rows, empty.schema) == (0, SCHEMA)


def test_a_rejection_of_the_guard() -> None:
    """The reason is whatever was decided, not only what decoding says."""
    (found,) = as_table([(raw(b"{}"), Rejection(Reason.TOO_LARGE, "x"))], "an-id").to_pylist()
    assert found["rejection"] == "too_large"

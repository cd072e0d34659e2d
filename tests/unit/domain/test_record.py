"""The record: encoded, decoded, or rejected with a reason that quotes nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.record import MAX_TEXT_CHARS, Reason, Rejection, decode, encode
from pipeline.domain.tweet import Author, Geo, GeoSource, Kind, Tweet
from tests.builders import full_tweet, tweet, tweets

FIELDS = (
    "id", "text", "source", "created_at", "original_created_at", "lang", "kind", "url", "user", "entities", "geo",
    "public_metrics", "given_label",
)  # fmt: skip
GOOD: dict[str, Any] = {"id": "x:1", "text": "late again"}
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)
inner_values = json_values | st.dictionaries(
    st.sampled_from(
        ["id", "name", "followers", "lat", "lon", "place", "country", "source", "confidence", "like_count"]
    ),
    json_values,
)
near_tweets = st.dictionaries(st.sampled_from(FIELDS), inner_values)


def decoded(**fields: Any) -> Tweet | Rejection:
    return decode(orjson.dumps(GOOD | fields))


@given(tweets)
def test_round_trip(original: Tweet) -> None:
    """An encoded tweet decodes to the same tweet."""
    assert decode(encode(original)) == original


def test_the_record_of_a_tweet() -> None:
    """A record is flat JSON under the documented names."""
    assert orjson.loads(encode(full_tweet())) == {
        "id": "x:1",
        "text": "late again",
        "source": "replay",
        "created_at": "2015-02-24T11:35:00Z",
        "original_created_at": "2015-02-24T11:35:00Z",
        "lang": "en",
        "kind": "quote",
        "url": "https://example.org/1",
        "user": {"id": "7", "name": "ann", "followers": 12, "location": "Linz, Austria"},
        "entities": ["Acme"],
        "geo": {
            "lat": 52.5, "lon": 13.4, "place": "Berlin", "country": "Germany", "country_code": "DE", "source": "place",
            "confidence": 0.8,
        },
        "public_metrics": {"like_count": 3, "retweet_count": 0},
        "given_label": "negative",
    }  # fmt: skip


def test_what_is_not_known_is_left_out() -> None:
    """Fields that are None have no place in a record."""
    assert set(orjson.loads(encode(tweet(written_at=None)))) == {"id", "text", "source"}


def test_lone_surrogates_are_replaced_everywhere() -> None:
    """A lone surrogate becomes the replacement character, wherever it is; a split pair is joined."""
    bad = tweet(
        text="a\ud83d",
        author=Author(name="\ude00"),
        entities=("\ud83d\ude00",),
        geo=Geo(place="\udfff", source=GeoSource.PLACE),
    )
    assert decode(encode(bad)) == tweet(
        text="a\ufffd", author=Author(name="\ufffd"), entities=("😀",), geo=Geo(place="\ufffd", source=GeoSource.PLACE)
    )


@given(st.binary(max_size=60))
def test_any_bytes(value: bytes) -> None:
    """Whatever bytes a record holds: a tweet or a rejection, never an exception."""
    assert isinstance(decode(value), Tweet | Rejection)


@given(near_tweets | near_tweets.map(lambda fields: GOOD | fields) | json_values)
def test_any_json(record: Any) -> None:
    """Whatever JSON a record holds: a tweet or a rejection, never an exception."""
    assert isinstance(decode(orjson.dumps(record)), Tweet | Rejection)


@pytest.mark.parametrize("depth", [1_000, 100_000])
def test_deep_json(depth: int) -> None:
    """JSON that is nested too deep is no JSON."""
    found = decode(b"[" * depth + b"]" * depth)
    assert isinstance(found, Rejection)


@pytest.mark.parametrize(
    ("value", "reason", "error"),
    [
        (None, Reason.NO_VALUE, "the record has no value"),
        (b"", Reason.NOT_JSON, "not JSON: byte 0 of 0"),
        (b'{"id": "x', Reason.NOT_JSON, "not JSON: byte 9 of 9"),
        (b'{"id":"x:1","text":"\xff"}', Reason.NOT_JSON, "not JSON: byte 0 of 23"),
        (b'{"id":"x:1","text":"\\ud83d"}', Reason.NOT_JSON, "not JSON: byte 20 of 28"),
        (b"[]", Reason.NOT_A_TWEET, "the record is not a JSON object"),
        (b"{}", Reason.NOT_A_TWEET, "the record has no id and text"),
        (b'{"id":"x:1"}', Reason.NOT_A_TWEET, "the record has no text"),
        (b'{"id":7,"text":"a"}', Reason.BAD_ID, "id is not a non-empty string"),
        (b'{"id":" ","text":"a"}', Reason.BAD_ID, "id is not a non-empty string"),
    ],
)
def test_no_tweet(value: bytes | None, reason: Reason, error: str) -> None:
    """The message names the missing field in our own words."""
    assert decode(value) == Rejection(reason, error)


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("id", "é" * 101, Reason.BAD_ID),
        ("text", None, Reason.EMPTY_TEXT),
        ("text", "", Reason.EMPTY_TEXT),
        ("text", " \n\t", Reason.EMPTY_TEXT),
        ("text", 7, Reason.BAD_FIELD),
        ("text", "a" * (MAX_TEXT_CHARS + 1), Reason.TOO_LONG),
        ("created_at", "yesterday", Reason.BAD_TIME),
        ("created_at", 1424777700, Reason.BAD_TIME),
        ("created_at", "2015-02-24T11:35:00", Reason.BAD_TIME),
        ("created_at", "0001-01-01T00:00:00+14:00", Reason.BAD_TIME),
        ("original_created_at", "", Reason.BAD_TIME),
        ("kind", "shout", Reason.BAD_FIELD),
        ("kind", ["quote"], Reason.BAD_FIELD),
        ("lang", 1, Reason.BAD_FIELD),
        ("user", "ann", Reason.BAD_FIELD),
        ("user", {"followers": -1}, Reason.BAD_FIELD),
        ("user", {"followers": True}, Reason.BAD_FIELD),
        ("user", {"followers": 2**63}, Reason.BAD_FIELD),
        ("entities", "Acme", Reason.BAD_FIELD),
        ("entities", ["Acme", 1], Reason.BAD_FIELD),
        ("geo", [52.5, 13.4], Reason.BAD_FIELD),
        ("geo", {"lat": 90.1, "lon": 0}, Reason.BAD_FIELD),
        ("geo", {"lat": 0, "lon": True}, Reason.BAD_FIELD),
        ("geo", {"source": "a hunch"}, Reason.BAD_FIELD),
        ("geo", {"confidence": 1.1}, Reason.BAD_FIELD),
        ("geo", {"confidence": True}, Reason.BAD_FIELD),
        ("geo", {"confidence": "high"}, Reason.BAD_FIELD),
        ("public_metrics", [1], Reason.BAD_FIELD),
        ("public_metrics", {"like_count": -1}, Reason.BAD_FIELD),
        ("public_metrics", {"quote_count": "7"}, Reason.BAD_FIELD),
        ("public_metrics", {"impression_count": 2**63}, Reason.BAD_FIELD),
        ("given_label", "unsupported", Reason.BAD_FIELD),
        ("given_label", "Negative", Reason.BAD_FIELD),
        ("given_label", ["negative"], Reason.BAD_FIELD),
    ],
)
def test_one_bad_field(field: str, value: Any, reason: Reason) -> None:
    """A field that can't be read rejects the record, for the reason that belongs to it."""
    found = decoded(**{field: value})
    assert isinstance(found, Rejection)
    assert found.reason == reason


@pytest.mark.parametrize("field", [name for name in FIELDS if name not in ("entities", "source")])
def test_no_content_in_a_rejection(field: str) -> None:
    """A rejection's error holds nothing of what the record says."""
    secret = "Mar1anne"
    for value in (secret * 2_000, [secret], {secret: secret}, {"name": [secret], "lat": secret}):
        found = decoded(**{field: value})
        assert not isinstance(found, Rejection) or secret not in found.error


def test_event_time_is_kept_in_utc() -> None:
    """The moment is kept to the microsecond, whatever its offset; seconds of an offset and 23 hours count too."""
    offset = timezone(timedelta(hours=23, minutes=59, seconds=30))
    written = datetime(2024, 2, 29, 23, 59, 59, 123456, tzinfo=offset)
    found = decoded(created_at=written.isoformat())
    assert isinstance(found, Tweet)
    assert (found.written_at, found.written_at and found.written_at.tzinfo) == (written, UTC)


def test_empty_strings_say_nothing() -> None:
    """An empty string is as good as none; entities are distinct, in their order."""
    found = decoded(lang="", url="", source="", user={"name": ""}, entities=["b", "", "a", "b"])
    assert found == Tweet("x:1", "late again", "unknown", entities=("b", "a"))


def test_kinds_are_read() -> None:
    """Every kind comes back as itself."""
    assert [decoded(kind=kind) for kind in Kind] == [Tweet("x:1", "late again", "unknown", kind=kind) for kind in Kind]


def test_places_of_earlier_versions() -> None:
    """They wrote `point` for coordinates, and what a profile says as a place without a point."""
    exact = decoded(geo={"lat": 1, "lon": 2, "source": "point"})
    assert isinstance(exact, Tweet)
    assert exact.geo == Geo(1.0, 2.0, source=GeoSource.COORDINATES)
    said = decoded(geo={"place": "somewhere", "source": "profile"}, user={"name": "ann"})
    assert isinstance(said, Tweet)
    assert (said.geo, said.author) == (None, Author(name="ann", location="somewhere"))


def test_a_source_may_read_profiles_itself() -> None:
    """Its guess stays one."""
    guessed = {"place": "Linz", "country_code": "AT", "source": "profile", "confidence": 0.7}
    tweet = decoded(geo=guessed)
    assert isinstance(tweet, Tweet)
    assert tweet.geo == Geo(place="Linz", country_code="AT", source=GeoSource.PROFILE, confidence=0.7)

"""Documents in ECS names, which the strict mapping takes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.document import (
    REJECTED,
    SCORED,
    Coordinates,
    escaped,
    head_of,
    readable,
    rejected_document,
    scored_document,
)
from pipeline.domain.record import Reason, Rejection, decode, encode
from pipeline.domain.sentiment import UNSUPPORTED, Sentiment, label_of
from pipeline.domain.tweet import Geo, GeoSource, Tweet
from tests.builders import AT, INGESTED, TAKEN, WRITTEN, analysis, full_tweet, tweet, tweets
from tests.mapping import fields, unmapped

REJECTION = Rejection(Reason.BAD_ID, "id is not a non-empty string")


def scored(of: Tweet, **analyzed: Any) -> dict[str, Any]:
    return scored_document(of, analysis(**analyzed), AT, INGESTED, "default")


def rejected(value: bytes | None) -> dict[str, Any]:
    return rejected_document(REJECTION, value, AT, INGESTED, "default")


def test_a_scored_tweet() -> None:
    """All that is known of a tweet, under ECS names and our own."""
    assert scored(full_tweet()) == {
        "@timestamp": WRITTEN,
        "message": "late again",
        "event": {"id": "x:1", "kind": "event", "dataset": SCORED, "created": TAKEN, "ingested": INGESTED},
        "user": {"id": "7", "name": "ann"},
        "url": {"full": "https://example.org/1"},
        "kafka": {"topic": "tweets", "partition": 2, "offset": 41},
        "data_stream": {"type": "logs", "dataset": SCORED, "namespace": "default"},
        "ecs": {"version": "8.17.0"},
        "tweet": {
            "lang": "en",
            "source": "replay",
            "kind": "quote",
            "entity": ("Acme",),
            "hashtags": ("fail",),
            "mentions": ("acme",),
            "words": ("late",),
            "clean": "late again",
            "author": {"followers": 12},
            "public_metrics": {"like_count": 3, "retweet_count": 0},
            "label": {"given": "negative"},
            "original_timestamp": WRITTEN,
            "geo": {
                "location": {"lat": 52.5, "lon": 13.4},
                "place": "Berlin",
                "country": "Germany",
                "country_code": "DE",
                "source": "place",
                "confidence": 0.8,
            },
            "sentiment": {
                "label": "negative",
                "compound": -0.5,
                "positive": 0.0,
                "neutral": 0.25,
                "negative": 0.75,
                "is_negative": 1,
            },
        },
    }


def test_what_nobody_knows_has_no_field() -> None:
    """No author and no link: neither is there, not even empty; nor in the head of what is too large."""
    assert not {"user", "url"} & scored(tweet()).keys()
    assert not {"user", "url"} & head_of(scored(full_tweet())).keys()


@pytest.mark.parametrize(
    ("id_", "source", "text"),
    [
        ("x:1", "twitter", "R&D <3"),
        ("kaggle:1", "replay", "R&D <3"),
        ("mastodon:1", "mastodon", "R&amp;D &lt;3"),
        ("own:1", "own", "R&amp;D &lt;3"),
    ],
)
def test_a_text_as_people_read_it(id_: str, source: str, text: str) -> None:
    """X writes `&amp;` for `&`, and so do files of its tweets; the text of others is as it was written."""
    assert readable(tweet(id=id_, source=source, text="R&amp;D &lt;3")).text == text


def test_without_a_time() -> None:
    """A tweet without a time was written when Kafka took it."""
    assert scored(tweet(written_at=None))["@timestamp"] == TAKEN


def test_unsupported_has_no_numbers() -> None:
    """A language that nobody speaks has a label alone, so that no average counts it."""
    assert scored(tweet(), sentiment=UNSUPPORTED)["tweet"]["sentiment"] == {"label": "unsupported"}


@pytest.mark.parametrize(("compound", "number"), [(-0.05, 1), (0.0, 0), (0.05, 0)])
def test_negative_is_a_number_too(compound: float, number: int) -> None:
    """1 or 0, so that its mean is the negative share."""
    felt = Sentiment(label_of(compound), compound, 0.0, 1.0, 0.0)
    assert scored(tweet(), sentiment=felt)["tweet"]["sentiment"]["is_negative"] == number


def test_half_a_location() -> None:
    """A latitude without a longitude is no place on a map."""
    assert scored(tweet(geo=Geo(lat=1.0, country="DE")))["tweet"]["geo"] == {"country": "DE"}


def test_another_place_than_the_sources() -> None:
    """The stream's own comes first; the text of a profile is in no document."""
    found = scored_document(
        full_tweet(), analysis(), AT, INGESTED, "default", geo=Geo(country_code="AT", source=GeoSource.PROFILE)
    )
    assert found["tweet"]["geo"] == {"country_code": "AT", "source": "profile"}
    assert b"Linz" not in orjson.dumps(scored(full_tweet()))


def test_the_equator_is_a_place() -> None:
    """0° is a number of degrees."""
    assert scored(tweet(geo=Geo(lat=0.0, lon=0.0)))["tweet"]["geo"] == {"location": {"lat": 0.0, "lon": 0.0}}


@given(tweets)
def test_every_decoded_tweet_makes_a_document(original: Tweet) -> None:
    """It is JSON, and the strict mapping has each of its fields."""
    decoded = decode(encode(original))
    assert isinstance(decoded, Tweet)
    document = orjson.loads(orjson.dumps(scored(decoded)))
    assert unmapped(document, SCORED) == set()


def test_the_whole_document_is_mapped() -> None:
    """A tweet that has everything, and a rejected record, name fields of the templates only."""
    assert (unmapped(scored(full_tweet()), SCORED), unmapped(rejected(b"x"), REJECTED)) == (set(), set())


def test_an_unmapped_field_shows() -> None:
    """The check of the mapping sees a field too many, at any depth."""
    document = scored(full_tweet())
    document["tweet"]["mood"] = {"colour": "blue"}
    assert unmapped(document, SCORED) == {"tweet.mood.colour"}


def test_times_are_mapped_as_dates() -> None:
    """A time that were mapped as a keyword could not be a board's axis."""
    document = scored(full_tweet())
    dates = [f"event.{name}" for name, value in document["event"].items() if isinstance(value, datetime)]
    types = {name: fields(SCORED)[name] for name in (*dates, "@timestamp", "tweet.original_timestamp")}
    assert types == dict.fromkeys(("event.created", "event.ingested", "@timestamp", "tweet.original_timestamp"), "date")


def test_a_rejected_record() -> None:
    """Why, where in Kafka, and its beginning; its id is where it lay."""
    assert rejected(b'{"id": 7}') == {
        "@timestamp": TAKEN,
        "event": {
            "id": "tweets-2-41-1772366400000",
            "kind": "pipeline_error",
            "dataset": REJECTED,
            "created": TAKEN,
            "ingested": INGESTED,
            "original": '{"id": 7}',
        },
        "error": {"type": "bad_id", "message": "id is not a non-empty string"},
        "kafka": {"topic": "tweets", "partition": 2, "offset": 41},
        "data_stream": {"type": "logs", "dataset": REJECTED, "namespace": "default"},
        "ecs": {"version": "8.17.0"},
    }


def test_a_rejected_record_without_a_value() -> None:
    """No value is an empty one."""
    assert rejected(None)["event"]["original"] == ""


def test_coordinates_make_a_key() -> None:
    """`topic-partition-offset`."""
    assert Coordinates("tweets", 0, 9, TAKEN).key == "tweets-0-9-1772366400000"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("naïve 😡".encode(), "naïve 😡"),
        (b"\x1b[2J\x07", r"\x1b[2J\x07"),
        (b"a\nb\r\tc\x00", r"a\nb\r\tc\x00"),
        ("\x9b31m".encode(), r"\x9b31m"),
        ("\u202egnp.exe".encode(), r"\u202egnp.exe"),
        (b"\xff\xfe", r"\xff\xfe"),
        ("\U000e0041".encode(), r"\U000e0041"),
    ],
    ids=["text", "escape sequence", "lines", "C1 control", "right to left", "not UTF-8", "tag"],
)
def test_escaping(value: bytes, shown: str) -> None:
    """Text stays as it is; what a terminal would obey is made visible."""
    assert escaped(value) == shown


@given(st.one_of(st.binary(), st.text().map(lambda text: text.encode("utf-8", "surrogatepass"))))
def test_escaped_is_printable(value: bytes) -> None:
    """Whatever the bytes, nothing of them reaches a terminal as a command."""
    assert escaped(value).isprintable()


@pytest.mark.parametrize("value", ["a", "😡", "\x1b", "é\x00"])
def test_escaped_is_short(value: str) -> None:
    """At most 1,000 characters, of whatever is repeated."""
    assert len(escaped(value.encode() * 5_000)) == 1_000

"""Statuses of X API v1.1, as the REST API, the old streams and searches gave them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from pipeline.domain.tweet import Author, Geo, GeoSource, Kind, PublicMetrics, Tweet
from pipeline.sources.source import Item, Unreadable
from pipeline.sources.twitter import tweets, tweets_v1
from pipeline.sources.twitter.tweets_v1 import items_of

STATUS: dict[str, Any] = {
    "created_at": "Wed Aug 27 13:08:45 +0000 2008",
    "id": 901567588278875213,
    "id_str": "901567588278875214",
    "full_text": "hello",
    "entities": {"hashtags": []},
    "user": {"id": 7, "id_str": "7", "screen_name": "someone", "followers_count": 12},
    "coordinates": None,
    "place": None,
    "is_quote_status": False,
    "in_reply_to_status_id_str": None,
    "retweet_count": 2,
    "favorite_count": 3,
    "lang": "en",
}
BERLIN = {
    "full_name": "Berlin, Germany",
    "country": "Germany",
    "bounding_box": {"type": "Polygon", "coordinates": [[[13.0, 52.0], [14.0, 52.0], [14.0, 53.0], [13.0, 53.0]]]},
}


def items(thing: object) -> list[Item]:
    return list(items_of(orjson.dumps(thing), "line 1", source="replay"))


def one(**fields: Any) -> Tweet:
    (item,) = items(STATUS | fields)
    assert isinstance(item, Tweet)
    return item


def test_a_status_has_everything() -> None:
    """The id is the one in words, since others round numbers; the time is in X's old format."""
    assert one() == Tweet(
        id="x:901567588278875214",
        text="hello",
        source="replay",
        written_at=datetime(2008, 8, 27, 13, 8, 45, tzinfo=UTC),
        lang="en",
        author=Author("7", "someone", 12),
        url="https://x.com/someone/status/901567588278875214",
        public_metrics=PublicMetrics(like_count=3, retweet_count=2),
    )


def test_a_streams_status_is_whole() -> None:
    """`text` was cut at 140 characters for old clients; the rest is beside it."""
    extended = {"full_text": "hello, and much more"}
    assert (
        one(full_text=None, text="hello, and…", truncated=True, extended_tweet=extended).text == extended["full_text"]
    )


def test_a_retweet_repeats_the_whole_text() -> None:
    """Its own is cut, also as `full_text`; the original's is not."""
    original = STATUS | {"full_text": "a long text to its end"}
    retweet = one(full_text="RT @a_b: a long t…", retweeted_status=original)
    assert (retweet.text, retweet.kind) == ("RT @a_b: a long text to its end", Kind.RETWEET)
    streamed = {"text": "a lo…", "extended_tweet": {"full_text": "a longer text"}}
    assert one(full_text="RT @a_b: a lo…", retweeted_status=streamed).text == "RT @a_b: a longer text"
    assert one(full_text="RT @a_b: a lo…", retweeted_status={"text": 7}).text == "RT @a_b: a lo…"


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({}, None),
        ({"is_quote_status": True}, Kind.QUOTE),
        ({"in_reply_to_status_id_str": "5"}, Kind.REPLY),
        ({"in_reply_to_status_id": 5, "is_quote_status": True}, Kind.REPLY),
        ({"in_reply_to_user_id_str": "5"}, Kind.REPLY),
    ],
)
def test_kinds(fields: dict[str, Any], kind: Kind | None) -> None:
    """Where nothing says so, the stream tells it from the text, as of v2."""
    assert one(**fields).kind == kind


def test_places() -> None:
    """The point has its longitude first; without one, the middle of the place."""
    point = {"type": "Point", "coordinates": [-86.58, 34.75]}
    assert one(coordinates=point, place=BERLIN).geo == Geo(
        34.75, -86.58, "Berlin, Germany", "Germany", GeoSource.COORDINATES
    )
    assert one(place=BERLIN).geo == Geo(52.5, 13.5, "Berlin, Germany", "Germany", GeoSource.PLACE, confidence=0.69)
    for odd in ({}, {"bounding_box": {"coordinates": [[["a", 1]]]}}, {"bounding_box": {"coordinates": 7}}, [7]):
        assert one(place=odd).geo is None


def test_a_page_of_a_search() -> None:
    """Its statuses; one that is none is alone in that."""
    good, bad = items({"statuses": [STATUS, {"id_str": "5"}], "search_metadata": {"count": 2}})
    assert isinstance(good, Tweet)
    assert bad == Unreadable(b'{"id_str":"5"}', "line 1, item 2", "a status without a text")


@pytest.mark.parametrize(
    ("thing", "why"),
    [
        ({"delete": {"status": {"id": 1}}}, "a notice (delete), not a tweet"),
        ({"limit": {"track": 5}}, "a notice (limit), not a tweet"),
        ({"id_str": "abc", "text": "secret"}, "a status without an id"),
        ({"id_str": "1", "text": ["secret"]}, "a status whose text is not a string"),
        (STATUS | {"created_at": "yesterday"}, "a tweet whose created_at is not a time"),
        ([STATUS], "a status without an id"),
    ],
)
def test_what_is_no_status(thing: object, why: str) -> None:
    """It is refused by its name, quotes nothing, and keeps its bytes."""
    assert items(thing) == [Unreadable(orjson.dumps(thing), "line 1", why)]


def test_the_two_versions_are_told_apart() -> None:
    """Neither takes what the other one gave, nor what has a text by chance."""
    flat = {"id": "1", "text": "a", "author_id": "7", "entities": {}}
    for thing, v1, v2 in (
        (STATUS, True, False),
        ({"statuses": [STATUS]}, True, False),
        (flat, False, True),
        ({"data": [{"id": "1"}, flat]}, False, True),
        ({"id": "1", "text": "a"}, False, True),
        ({"id": "1", "text": "a", "username": "b"}, False, False),
        ({"data": {"body": "a"}}, False, False),
        ({"id_str": "1", "text": "a"}, False, False),
    ):
        assert (tweets_v1.holds(thing), tweets.holds(thing)) == (v1, v2)

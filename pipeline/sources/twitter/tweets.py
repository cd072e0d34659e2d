"""X API v2 → tweets: flat objects, response pages, filtered-stream objects; all else is refused by its name. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import orjson

from pipeline.domain.identity import event_id
from pipeline.domain.record import MAX_COUNT
from pipeline.domain.tweet import COUNTS, Author, Geo, GeoSource, Kind, PublicMetrics, Tweet
from pipeline.sources.rows import location_of, tweet_url
from pipeline.sources.source import Item, Unreadable, json_of
from pipeline.sources.times import parse_time

Json = dict[str, Any]

KINDS = {"retweeted": Kind.RETWEET, "replied_to": Kind.REPLY, "quoted": Kind.QUOTE}
"""In this order: a reply that quotes is a reply."""

OTHERS = (
    ("username", "users"),
    ("owner_id", "lists"),
    ("member_count", "lists"),
    ("tweet_count", "counts"),
    ("action", "compliance events"),
    ("value", "rules"),
)
"""A field that tells another kind of object."""

OWN_FIELDS = {
    "author_id", "context_annotations", "conversation_id", "edit_history_tweet_ids", "note_tweet", "public_metrics",
    "referenced_tweets", "reply_settings",
}  # fmt: skip
"""Fields of a tweet of v2 that others don't have."""

SHARED_FIELDS = {"attachments", "created_at", "entities", "geo", "id", "lang", "source", "text", "withheld"}
"""Those that others may have: a tweet of v2 has nothing else than these, or one of its own."""

IN_PLACE = 0.9
NEAR_KM, LARGEST_PLACE_KM = 50.0, 250.0
"""From the middle of a place's box to its corners."""
KM_OF_DEGREE = 111.2

NEITHER = "neither a tweet nor a page of tweets"
RETWEET_PREFIX = re.compile(r"^RT @\w{1,50}: ")


class NotATweet(ValueError):
    """Why no tweet can be made of an object, without quoting any of it."""


def items_of(line: bytes, where: str, *, source: str) -> Iterator[Item]:
    """The tweets in one line of JSON; a line or an object that holds none is unreadable."""
    try:
        response = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        yield Unreadable(line, where, f"not JSON: character {error.pos} of {len(line)}")
        return
    if not isinstance(response, dict):
        yield Unreadable(line, where, "not a JSON object")
        return
    why_none = _why_no_tweets(response)
    if why_none:
        yield Unreadable(line, where, why_none)
        return
    for item in response_items(response, where, source=source):
        # A line that is one tweet is published byte for byte.
        yield replace(item, raw=line) if isinstance(item, Unreadable) and "data" not in response else item


def holds(thing: Json) -> bool:
    """True for a tweet of v2, or a page with one."""
    if "data" in thing:
        data = thing["data"]
        return any({"id", "text"} <= as_dict(one).keys() for one in (data if isinstance(data, list) else [data]))
    return {"id", "text"} <= thing.keys() and (bool(thing.keys() & OWN_FIELDS) or thing.keys() <= SHARED_FIELDS)


def other_of(thing: Json) -> str | None:
    """What another answer of the API holds, for people; None for what is no answer of it, and for tweets."""
    why = _why_no_tweets(thing)
    return None if why == NEITHER else why


def response_items(response: Json, where: str, *, source: str) -> Iterator[Item]:
    """The tweets of a parsed response: `data` is one tweet or a list of them, or the response is the tweet itself.

    Users, places and referenced tweets are joined from `includes`; the tags of `matching_rules` become entities.
    """
    data = response.get("data", response)
    includes = _Includes(as_dict(response.get("includes")))
    tags = (as_string(as_dict(rule).get("tag")) for rule in as_list(response.get("matching_rules")))
    entities = tuple(dict.fromkeys(tag for tag in tags if tag))
    for number, tweet in enumerate(data if isinstance(data, list) else [data], 1):
        try:
            yield tweet_of(tweet, includes, source=source, entities=entities)
        except NotATweet as why:
            place = f"{where}, item {number}" if isinstance(data, list) else where
            yield Unreadable(json_of(tweet), place, str(why))


class _Includes:
    """The objects that a response's tweets point at, by their ids."""

    def __init__(self, includes: Json) -> None:
        self.users, self.places, self.tweets = (
            {
                str(thing["id"]): thing
                for thing in as_list(includes.get(kind))
                if isinstance(thing, dict) and "id" in thing
            }
            for kind in ("users", "places", "tweets")
        )


def tweet_of(data: Any, includes: _Includes, *, source: str, entities: tuple[str, ...] = ()) -> Tweet:
    """One tweet object.

    Raises:
        NotATweet: it is no object, or has no id, no text, or a time that is none.
    """
    tweet = as_dict(data)
    native_id = str(tweet.get("id", ""))
    if not (native_id.isascii() and native_id.isdigit()) or "text" not in tweet:
        raise NotATweet(_other_type(tweet) or "a tweet without an id or a text")
    author = as_dict(tweet.get("author")) or includes.users.get(str(tweet.get("author_id")), {})
    references = [as_dict(reference) for reference in as_list(tweet.get("referenced_tweets"))]
    return Tweet(
        id=event_id("x", native_id),
        text=_text(tweet, references, includes),
        source=source,
        written_at=time_of(tweet.get("created_at")),
        lang=as_string(tweet.get("lang")),
        kind=_kind(tweet, references),
        author=_author(tweet, author),
        entities=entities,
        geo=_geo(as_dict(tweet.get("geo")), includes.places),
        url=tweet_url(as_string(author.get("username")), native_id),
        public_metrics=metrics_of(as_dict(tweet.get("public_metrics")), {name: name for name in COUNTS}),
    )


def _text(tweet: Json, references: list[Json], includes: _Includes) -> str:
    """The whole text: of a long tweet its note, of a cut retweet what it repeats, with the `RT @name:` before it."""
    own = _whole(tweet)
    prefix = RETWEET_PREFIX.match(own)
    if not prefix or not own.endswith("…"):
        return own
    for reference in references:
        original = includes.tweets.get(str(reference.get("id")), reference)
        if reference.get("type") == "retweeted" and isinstance(original.get("text"), str):
            return prefix[0] + _whole(original)
    return own


def _whole(tweet: Json) -> str:
    text = as_dict(tweet.get("note_tweet")).get("text") or tweet["text"]
    if not isinstance(text, str):
        raise NotATweet("a tweet whose text is not a string")
    return text


def _kind(tweet: Json, references: list[Json]) -> Kind | None:
    types = [reference.get("type") for reference in references]
    kinds = [kind for type_, kind in KINDS.items() if type_ in types]
    if kinds:
        return kinds[0]
    return Kind.REPLY if tweet.get("in_reply_to_user_id") else None


def _author(tweet: Json, author: Json) -> Author:
    return Author(
        id=as_string(tweet.get("author_id")) or as_string(author.get("id")),
        name=as_string(author.get("username")),
        followers=count_of(as_dict(author.get("public_metrics")).get("followers_count")),
        location=location_of(as_string(author.get("location"))),
    )


def metrics_of(counts: Json, names: Mapping[str, str]) -> PublicMetrics:
    """The public metrics in an object; `names` are ours → the object's. What is no count is left out."""
    return PublicMetrics(**{ours: count_of(counts.get(theirs)) for ours, theirs in names.items()})


def count_of(value: Any) -> int | None:
    """A number of people or of tweets; None if it is none."""
    return value if type(value) is int and 0 <= value <= MAX_COUNT else None


def _geo(geo: Json, places: dict[str, Json]) -> Geo | None:
    place = places.get(str(geo.get("place_id")), geo)
    exact = point_of(as_list(as_dict(geo.get("coordinates")).get("coordinates")))
    return geo_of(place, exact, as_list(as_dict(place.get("geo")).get("bbox")))


def geo_of(place: Json, exact: tuple[float, float] | None, bbox: list[Any]) -> Geo | None:
    """A tweet's coordinates, else the middle of its place, with the place's names."""
    name = as_string(place.get("full_name")) or as_string(place.get("name"))
    code = country_code_of(place.get("country_code"))
    country = as_string(place.get("country")) or as_string(place.get("country_code"))
    if exact:
        return Geo(*exact, name, country, GeoSource.COORDINATES, code)
    confidence = confidence_of(bbox)
    lat, lon = (centre_of(bbox) if confidence else None) or (None, None)
    if lat is None and not (name or country):
        return None
    return Geo(lat, lon, name, country, GeoSource.PLACE, code, confidence)


def country_code_of(value: Any) -> str | None:
    """An ISO 3166-1 alpha-2 code, in capitals."""
    return value.upper() if isinstance(value, str) and len(value) == 2 and value.isascii() and value.isalpha() else None


def confidence_of(bbox: list[Any]) -> float | None:
    """How sure it is that a tweet in a box is within 50 km of its middle; None for a box as large as a country.

    0.9 where all of the box is so near, as somebody may be elsewhere than the place that they choose.
    """
    if centre_of(bbox) is None:
        return None
    west, south, east, north = bbox
    width = (east - west) % 360 * math.cos(math.radians((south + north) / 2))
    reach = KM_OF_DEGREE * math.hypot(width, north - south) / 2
    return round(IN_PLACE * min(1.0, NEAR_KM / reach if reach else 1.0), 2) if reach <= LARGEST_PLACE_KM else None


def point_of(lon_lat: list[Any]) -> tuple[float, float] | None:
    """GeoJSON has the longitude first; here is the latitude first."""
    if len(lon_lat) != 2 or not all(type(degrees) in (int, float) for degrees in lon_lat):
        return None
    lon, lat = lon_lat
    return (float(lat), float(lon)) if abs(lat) <= 90 and abs(lon) <= 180 else None


def centre_of(bbox: list[Any]) -> tuple[float, float] | None:
    """The middle of west, south, east, north; a box whose east is west of its west crosses the date line."""
    if len(bbox) != 4 or not all(type(degrees) in (int, float) for degrees in bbox):
        return None
    west, south, east, north = bbox
    lon = (west + east) / 2 if west <= east else (west + east + 360) / 2
    return point_of([round(lon - 360 if lon > 180 else lon, 6), round((south + north) / 2, 6)])


def time_of(value: Any) -> datetime | None:
    if value is None:
        return None
    try:
        return parse_time(value)
    except (ValueError, OverflowError, AttributeError):
        raise NotATweet("a tweet whose created_at is not a time") from None


def _why_no_tweets(response: Json) -> str | None:
    if "data" not in response:
        if "id" in response and "text" in response:
            return None
        kind = _other_type(response) or next((name for name in ("errors", "meta") if name in response), None)
        return f"{kind}, not tweets" if kind else NEITHER
    data = response["data"]
    first = as_dict(data[0]) if isinstance(data, list) and data else as_dict(data)
    if not first:
        return "a page without tweets"
    other = None if "text" in first else _other_type(first)
    return f"{other}, not tweets" if other else None


def _other_type(thing: Json) -> str | None:
    if "text" in thing:
        return None
    return next((name for field, name in OTHERS if field in thing), None)


def as_dict(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def as_string(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None

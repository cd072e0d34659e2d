"""X API v1.1 → tweets: statuses, a stream of them, pages of a search; notices are refused by name. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from pipeline.domain.identity import event_id
from pipeline.domain.tweet import Author, Geo, Kind, Tweet
from pipeline.sources.rows import location_of, tweet_url
from pipeline.sources.source import Item, Unreadable, json_of
from pipeline.sources.twitter.tweets import (
    RETWEET_PREFIX,
    Json,
    NotATweet,
    as_dict,
    as_list,
    as_string,
    count_of,
    geo_of,
    metrics_of,
    point_of,
    time_of,
)

METRICS = {
    "like_count": "favorite_count",
    "retweet_count": "retweet_count",
    "reply_count": "reply_count",
    "quote_count": "quote_count",
}
"""Our counts, and what v1.1 calls them."""

NOTICES = ("delete", "scrub_geo", "limit", "withheld", "status_withheld", "user_withheld", "disconnect", "warning")
"""What v1.1's streams held beside statuses, each in a field of this name."""

_TEXTS = {"text", "full_text"}


def holds(thing: Json) -> bool:
    """True for a status of v1.1 or a page of them, and for nothing of v2."""
    if "statuses" in thing:
        return any(holds(as_dict(status)) for status in as_list(thing["statuses"]))
    named = "id_str" in thing or "full_text" in thing
    has_parts = isinstance(thing.get("user"), dict) or isinstance(thing.get("entities"), dict)
    return named and has_parts and ("text" in thing or "full_text" in thing)


def notice_of(thing: Json) -> str | None:
    """The kind of a stream's notice, for people; None for all else."""
    kind = next((name for name in NOTICES if len(thing) <= 2 and isinstance(thing.get(name), dict)), None)
    return f"a notice ({kind}), not a tweet" if kind else None


def items_of(value: bytes, where: str, *, source: str) -> Iterator[Item]:
    """The tweets in one JSON value; a value or a status that holds none is unreadable."""
    try:
        thing = orjson.loads(value)
    except orjson.JSONDecodeError as error:
        yield Unreadable(value, where, f"not JSON: character {error.pos} of {len(value)}")
        return
    if isinstance(thing, dict) and isinstance(thing.get("statuses"), list):
        for number, status in enumerate(thing["statuses"], 1):
            yield _item_of(status, json_of(status), f"{where}, item {number}", source)
    else:
        yield _item_of(thing, value, where, source)


def tweet_of(status: Any, *, source: str) -> Tweet:
    """One status.

    Raises:
        NotATweet: it is no object, or has no id, no text, or a time that is none.
    """
    thing = as_dict(status)
    # As text first, since programs that read numbers as floats have written ids rounded.
    native_id = str(thing.get("id_str") or thing.get("id", ""))
    if not (native_id.isascii() and native_id.isdigit()):
        raise NotATweet(notice_of(thing) or "a status without an id")
    user = as_dict(thing.get("user"))
    author = Author(
        id=as_string(user.get("id_str")) or (str(user["id"]) if type(user.get("id")) is int else None),
        name=as_string(user.get("screen_name")),
        followers=count_of(user.get("followers_count")),
        location=location_of(as_string(user.get("location"))),
    )
    return Tweet(
        id=event_id("x", native_id),
        text=_text(thing),
        source=source,
        written_at=time_of(thing.get("created_at")),
        lang=as_string(thing.get("lang")),
        kind=_kind(thing),
        author=author,
        geo=_geo(thing),
        url=tweet_url(author.name, native_id),
        public_metrics=metrics_of(thing, METRICS),
    )


def _item_of(status: Any, raw: bytes, where: str, source: str) -> Item:
    try:
        return tweet_of(status, source=source)
    except NotATweet as why:
        return Unreadable(raw, where, str(why))


def _text(status: Json) -> str:
    """The whole text: of a retweet what it repeats, with the `RT @name:` before it."""
    own = _whole(status)
    repeated = as_dict(status.get("retweeted_status"))
    prefix = RETWEET_PREFIX.match(own)
    if not prefix or not repeated:
        return own
    try:
        return prefix[0] + _whole(repeated)
    except NotATweet:
        return own


def _whole(status: Json) -> str:
    """A stream cuts `text` at 140 characters and has all of it in `extended_tweet`."""
    whole = as_string(as_dict(status.get("extended_tweet")).get("full_text"))
    text = whole or status.get("full_text", status.get("text"))
    if not isinstance(text, str):
        raise NotATweet("a status whose text is not a string" if status.keys() & _TEXTS else "a status without a text")
    return text


def _kind(status: Json) -> Kind | None:
    if isinstance(status.get("retweeted_status"), dict):
        return Kind.RETWEET
    if status.get("in_reply_to_status_id_str") or status.get("in_reply_to_status_id"):
        return Kind.REPLY
    if status.get("is_quote_status") is True:
        return Kind.QUOTE
    return Kind.REPLY if status.get("in_reply_to_user_id_str") or status.get("in_reply_to_user_id") else None


def _geo(status: Json) -> Geo | None:
    place = as_dict(status.get("place"))
    exact = point_of(as_list(as_dict(status.get("coordinates")).get("coordinates")))
    return geo_of(place, exact, _bounds(as_dict(place.get("bounding_box"))))


def _bounds(box: Json) -> list[Any]:
    """West, south, east and north of a box that is given by its corners; empty where it is none."""
    corners = [as_list(corner) for ring in as_list(box.get("coordinates")) for corner in as_list(ring)]
    degrees = [corner for corner in corners if len(corner) == 2 and all(type(one) in (int, float) for one in corner)]
    if not corners or len(degrees) != len(corners):
        return []
    lons, lats = zip(*degrees, strict=True)
    return [min(lons), min(lats), max(lons), max(lats)]

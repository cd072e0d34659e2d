"""A row of a CSV file → a tweet. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from pipeline.domain.identity import content_id, event_id
from pipeline.domain.record import encode
from pipeline.domain.tweet import Author, Geo, Tweet
from pipeline.sources.layouts import Columns
from pipeline.sources.times import LONGEST_TIME, parse_time, snowflake_time

SHORTEST_TWEET_ID = 9
"""Fewer digits are a row's number, which another file has too: such an id would hide its tweets."""

_HANDLE = re.compile(r"^\w{1,50}$", re.ASCII)
_PAIR = re.compile(r"^\[?\s*(-?\d+(?:\.\d+)?)\s*,\s*(-?\d+(?:\.\d+)?)\s*\]?$")


class BadRow(ValueError):
    """Why no tweet can be made of a row, without quoting any of it.

    Attributes:
        record: what was understood of the row all the same, as the record that the stream rejects by what is wrong.
    """

    def __init__(self, why: str, record: bytes | None = None) -> None:
        super().__init__(why)
        self.record = record


def tweet_of(row: Sequence[str], columns: Columns, *, source: str, now: datetime) -> Tweet:
    """The tweet in a row. An empty text is a tweet's too: the stream rejects it.

    Raises:
        BadRow: it has another number of columns, a NUL, or a time that is none.
    """
    if len(row) != columns.width:
        raise BadRow(f"columns: {len(row)} instead of {columns.width}")
    if any("\0" in value for value in row):
        raise BadRow("a NUL byte")
    text, native_id = columns.value(row, "text"), columns.value(row, "id").strip()
    is_own = columns.layout.own_ids and _is_tweet_id(native_id)
    author, entity = columns.value(row, "author").strip().lstrip("@"), columns.value(row, "entity").strip()
    time = columns.value(row, "time").strip()
    tweet = Tweet(
        id=event_id("x", native_id) if is_own else content_id(columns.layout.name, native_id, text),
        text=text,
        source=source,
        written_at=snowflake_time(native_id, now=now) if is_own and not time else None,
        lang=columns.value(row, "lang").strip() or None,
        author=Author(name=author or None),
        entities=(entity,) if entity else (),
        geo=geo_of(columns.value(row, "coordinates"), columns.value(row, "location")),
        url=tweet_url(author, native_id) if is_own else None,
    )
    return replace(tweet, written_at=_time(time, tweet)) if time else tweet


def tweet_url(handle: str | None, native_id: str) -> str:
    """The address at which X shows a tweet; `i` stands for the author's handle."""
    return f"https://x.com/{handle if handle and _HANDLE.match(handle) else 'i'}/status/{native_id}"


def geo_of(coordinates: str, location: str) -> Geo | None:
    """`[lat, lon]`, else the place in the author's profile; `[0.0, 0.0]` is the airline set's way to say nothing."""
    pair = _PAIR.match(coordinates.strip())
    lat, lon = (float(pair[1]), float(pair[2])) if pair else (0.0, 0.0)
    if (lat, lon) != (0.0, 0.0) and abs(lat) <= 90 and abs(lon) <= 180:
        return Geo(lat=lat, lon=lon, source="point")
    return Geo(place=location.strip(), source="profile") if location.strip() else None


def _is_tweet_id(native_id: str) -> bool:
    return native_id.isascii() and native_id.isdigit() and SHORTEST_TWEET_ID <= len(native_id) <= 20


def _time(text: str, tweet: Tweet) -> datetime:
    try:
        return parse_time(text)
    except (ValueError, OverflowError):
        raise BadRow("its time is not one", encode(tweet, time=text[:LONGEST_TIME])) from None

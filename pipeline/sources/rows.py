"""A row of a CSV file → a tweet. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from pipeline.domain.identity import content_id, event_id
from pipeline.domain.record import MAX_CHARS, MAX_COUNT, encode
from pipeline.domain.sentiment import SCORED, Label
from pipeline.domain.tweet import Author, Geo, GeoSource, PublicMetrics, Tweet
from pipeline.sources.layouts import COUNTED, Columns
from pipeline.sources.times import LONGEST_TIME, parse_time, snowflake_time

SHORTEST_TWEET_ID = 9
"""Fewer digits are a row's number, which another file has too: such an id would hide its tweets."""

_HANDLE = re.compile(r"^\w{1,50}$", re.ASCII)
_COUNT = re.compile(r"(\d{1,19})(?:\.0+)?", re.ASCII)
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
        author=Author(name=author or None, location=location_of(columns.value(row, "location"))),
        entities=(entity,) if entity else (),
        geo=geo_of(columns.value(row, "coordinates")),
        url=tweet_url(author, native_id) if is_own else None,
        public_metrics=_public_metrics(row, columns),
        given_label=given_label(columns.value(row, "label")),
    )
    return replace(tweet, written_at=_time(time, tweet)) if time else tweet


def tweet_url(handle: str | None, native_id: str) -> str:
    """The address at which X shows a tweet; `i` stands for the author's handle."""
    return f"https://x.com/{handle if handle and _HANDLE.match(handle) else 'i'}/status/{native_id}"


def given_label(text: str) -> Label | None:
    """The sentiment that a label names; None for every other label, such as whether it is a complaint.

    >>> [given_label(text) for text in ("Positive", "irrelevant", "1")]
    [<Label.POSITIVE: 'positive'>, None, None]
    """
    plain = text.strip().casefold()
    return Label(plain) if plain in SCORED else None


def location_of(text: str | None) -> str | None:
    """The location in an author's profile; one that is too long for a record names no place, and is left out."""
    stripped = (text or "").strip()
    return stripped if 0 < len(stripped) <= MAX_CHARS["user.location"] else None


def geo_of(coordinates: str) -> Geo | None:
    """`[lat, lon]`; `[0.0, 0.0]` is the airline set's way to say nothing."""
    pair = _PAIR.match(coordinates.strip())
    lat, lon = (float(pair[1]), float(pair[2])) if pair else (0.0, 0.0)
    if (lat, lon) != (0.0, 0.0) and abs(lat) <= 90 and abs(lon) <= 180:
        return Geo(lat=lat, lon=lon, source=GeoSource.COORDINATES)
    return None


def _public_metrics(row: Sequence[str], columns: Columns) -> PublicMetrics:
    found = {name: count_of(columns.value(row, role)) for role, name in COUNTED.items() if role in columns.positions}
    return PublicMetrics(**found)


def count_of(text: str) -> int | None:
    """`12` or `12.0`, as tables write whole numbers where some are missing; None for what is no count."""
    match = _COUNT.fullmatch(text.strip())
    return int(match[1]) if match and int(match[1]) <= MAX_COUNT else None


def _is_tweet_id(native_id: str) -> bool:
    return native_id.isascii() and native_id.isdigit() and SHORTEST_TWEET_ID <= len(native_id) <= 20


def _time(text: str, tweet: Tweet) -> datetime:
    try:
        return parse_time(text)
    except (ValueError, OverflowError):
        raise BadRow("its time is not one", encode(tweet, time=text[:LONGEST_TIME])) from None

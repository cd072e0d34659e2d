"""Times as files write them, and the time that a tweet's id holds. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

SNOWFLAKE_EPOCH = datetime.fromtimestamp(1_288_834_974.657, UTC)
"""The first id of X that holds a time (2010-11-04): 41 bits of milliseconds above 22 others."""

FIRST_SNOWFLAKE = 10**11
"""Older ids were counted up (the last one was near 3·10¹⁰), and hold no time."""

LONGEST_TIME = 100
"""Characters. What is longer is none, and must not take time."""

# A space before the offset, which `fromisoformat` does not take.
_SPACED_OFFSET = re.compile(r"^(.{16,}?)\s+([+-]\d{2}:?\d{2})$")
_FORMATS = ("%a %b %d %H:%M:%S %z %Y", "%m/%d/%Y %H:%M", "%m/%d/%Y %H:%M:%S")


def parse_time(text: str) -> datetime:
    """A time with an offset; without one in the text it is UTC.

    Takes ISO 8601 in its variants, `2015-02-16 23:36:05 -0800`, seconds or milliseconds since 1970,
    X's old `Wed Aug 27 13:08:45 +0000 2008` and `02/24/2015 11:35`.

    Raises:
        ValueError: it is none of these.
    """
    text = text.strip()
    if len(text) > LONGEST_TIME:
        raise ValueError("not a time")
    time = _from_epoch(text) if text.isascii() and text.isdigit() else _from_iso(text)
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def snowflake_time(native_id: str, *, now: datetime) -> datetime | None:
    """The time at which the tweet of this id was written; None if the id holds no time up to `now`."""
    if not (native_id.isascii() and native_id.isdigit() and len(native_id) <= 19):
        return None
    number = int(native_id)
    if number < FIRST_SNOWFLAKE:
        return None
    time = SNOWFLAKE_EPOCH + timedelta(milliseconds=number >> 22)
    return time if time <= now else None


def _from_iso(text: str) -> datetime:
    spaced = _SPACED_OFFSET.match(text)
    try:
        return datetime.fromisoformat(f"{spaced[1]}{spaced[2]}" if spaced else text)
    except ValueError:
        return _from_formats(text)


def _from_formats(text: str) -> datetime:
    for format_ in _FORMATS:
        try:
            return datetime.strptime(text, format_)
        except ValueError:
            continue
    raise ValueError("not a time")


def _from_epoch(text: str) -> datetime:
    # Of fewer digits it may be a year or the number of a row. From 12 digits on they are milliseconds.
    if not 9 <= len(text) <= 13:
        raise ValueError("not a time")
    number = int(text)
    return datetime.fromtimestamp(number / 1000 if len(text) >= 12 else number, UTC)

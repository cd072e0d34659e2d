"""A tweet's id holds when it was written: from one to the other, so that a time can be asked for by ids. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from pipeline.domain.tweet import Tweet
from pipeline.sources.live.feed import Position
from pipeline.sources.times import SNOWFLAKE_EPOCH

_LOWER_BITS = 22


def id_at(time: datetime) -> int:
    """The smallest id that a tweet of this time can have; 0 before ids held times."""
    return max(0, (time - SNOWFLAKE_EPOCH) // timedelta(milliseconds=1)) << _LOWER_BITS


def time_of(id_: int) -> datetime:
    """The time at which the tweet of this id was written, to the millisecond."""
    return SNOWFLAKE_EPOCH + timedelta(milliseconds=id_ >> _LOWER_BITS)


def earlier(id_: int, seconds: float) -> int:
    """The smallest id of so many seconds before."""
    return max(0, id_ - (int(seconds * 1000) << _LOWER_BITS))


def position_of(id_: int) -> Position:
    """The place of a tweet of this id."""
    return Position(str(id_), time_of(id_))


def position_before(time: datetime) -> Position:
    """The place behind which all tweets are of this time or later."""
    return position_of(max(0, id_at(time) - 1))


def native_id(tweet: Tweet) -> int:
    """The number that X gave a tweet."""
    return int(tweet.id.partition(":")[2])

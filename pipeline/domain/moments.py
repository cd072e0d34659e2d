"""Moments: as people write them on a command line, and as Kafka keeps them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_TIME = datetime.max.replace(microsecond=0, tzinfo=UTC)


def parse_moment(text: str) -> datetime:
    """The moment, with an offset; without one it is what this machine's clock shows.

    Raises:
        ValueError: it is none, or further away than a clock can show.
    """
    try:
        return datetime.fromisoformat(text).astimezone()
    except OverflowError as error:
        raise ValueError(str(error)) from None


def moment_of(micros: int) -> datetime:
    """Microseconds of the epoch as a time; a producer may set any, also one that no calendar has."""
    try:
        return _EPOCH + timedelta(microseconds=micros)
    except OverflowError:
        return _LAST_TIME

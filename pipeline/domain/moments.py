"""A moment as people write it on a command line."""

from __future__ import annotations

from datetime import datetime


def parse_moment(text: str) -> datetime:
    """The moment, with an offset; without one it is what this machine's clock shows.

    Raises:
        ValueError: it is none, or further away than a clock can show.
    """
    try:
        return datetime.fromisoformat(text).astimezone()
    except OverflowError as error:
        raise ValueError(str(error)) from None

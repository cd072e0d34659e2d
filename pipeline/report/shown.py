"""How the words of others and numbers are written on a page. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from unicodedata import category
from urllib.parse import urlsplit

from pipeline.domain.durations import UNITS

MOST_CHARS = 500
"""Of a text; the rest is behind its link."""

_JOINER, _EMOJI_STYLE = "\u200d", "\ufe0f"


def visible(text: str) -> str:
    """In one line, cut if it is long, with every character made visible that would control the line.

    As on a terminal: among them are those that turn the direction of writing. Only emoji are joined as they were.
    """
    line = " ".join(text[: 4 * MOST_CHARS].split())
    is_long = len(line) > MOST_CHARS or len(text) > 4 * MOST_CHARS
    cut = line[:MOST_CHARS] + "…" if is_long else line
    return cut if cut.isprintable() else "".join(_visible(cut, place) for place in range(len(cut)))


def link(url: str | None) -> str | None:
    """An address that a click may lead to: of the web, and nothing that a browser would run."""
    if url is None or not url.isprintable():
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.netloc else None


def number(count: int) -> str:
    """With commas."""
    return f"{count:,}"


def share(value: float | None) -> str:
    """In percent."""
    return "–" if value is None else f"{value:.0%}"


def change(points: float | None) -> str:
    """Percentage points, with a sign; "" where it is not known."""
    if points is None:
        return ""
    return "±0 pp" if round(points) == 0 else f"{round(points):+d} pp"


def moment(at: datetime) -> str:
    """To the minute."""
    return f"{at:%Y-%m-%d %H:%M}"


def duration(length: timedelta) -> str:
    """As it is given to the command: `24h`, `7d`."""
    seconds = round(length.total_seconds())
    # A day is 24 h, and more are days: as people say it.
    largest_first = reversed(UNITS.items())
    unit, size = next(
        (unit, size) for unit, size in largest_first if seconds % size == 0 and seconds > size * (unit == "d")
    )
    return f"{seconds // size} {'min' if unit == 'm' else unit}"


def _visible(text: str, place: int) -> str:
    character = text[place]
    if character.isprintable() or (character == _JOINER and place and _is_emoji(text[place - 1])):
        return character
    return character.encode("unicode_escape").decode()


def _is_emoji(character: str) -> bool:
    return character == _EMOJI_STYLE or category(character) in ("So", "Sk")

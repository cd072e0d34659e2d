"""The resume file: versioned JSON, and how those are read that were written before it had this form.

Version 2: `{"version": 2, "feeds": {name: {"newest": position or null, "gaps": [{"after": position, "until": position
or null}]}}}`, a position being `{"id": text, "at": ISO 8601 or null}`; `until` is part of the gap, `after` is not.
Before that X had `{"version": 1, "newest": number or null, "gaps": [{"after": number, "until": number or null}]}`, with
neither end being part of the gap, and Mastodon `{timeline: {"id": text, "at": ISO 8601}}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from pipeline import durable_file, log
from pipeline.domain.formats import check_format
from pipeline.errors import SetupError
from pipeline.sources.live.feed import Gap, Position
from pipeline.sources.times import snowflake_time

VERSION = 2

ONLY_FEED = "tweets"
"""The name of the feed of a source that has one; what X remembered in version 1 is of it."""

MAX_BYTES = 50_000_000
"""A file that is larger is none of ours: 500 gaps of each of 20 feeds have a fiftieth of it."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """Of a feed: the newest position up to which Kafka has everything, the open gaps aside."""

    newest: Position | None = None
    gaps: tuple[Gap, ...] = field(default=())


def load(path: Path) -> dict[str, Remembered]:
    """What is remembered, by feed. A damaged file is logged, and is as if nothing were remembered.

    Raises:
        SetupError: it is there and can't be read, or a newer version of this project wrote it.
    """
    try:
        with path.open("rb") as file:
            # A longer file is cut off, is then no JSON, and counts as damaged.
            found = orjson.loads(file.read(MAX_BYTES))
        check_format(str(path), found.get("version"), VERSION)
        return _parsed(found)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SetupError(f"{path} can't be read ({error.strerror}): let this user read it") from None
    except (ValueError, TypeError, KeyError, AttributeError):
        # Better a gap that is not known of than a source that never starts again.
        log.get("pipeline.sources").warning(
            "resume file is damaged: begins anew", **{"event.action": "source-resume-damaged", "file.path": str(path)}
        )
        return {}


def save(path: Path, feeds: Mapping[str, Remembered]) -> None:
    """Replace the file as a whole.

    Raises:
        SetupError: it can't be written.
    """
    content = orjson.dumps({"version": VERSION, "feeds": {name: _feed(found) for name, found in feeds.items()}})
    try:
        durable_file.replace(path, content)
    except OSError as error:
        raise SetupError(f"{path} can't be written ({error.strerror}): let this user write there") from None


def _parsed(found: Any) -> dict[str, Remembered]:
    match found.get("version"):
        case 2:
            return {name: _remembered(feed) for name, feed in found["feeds"].items()}
        case 1:
            return {ONLY_FEED: _of_x(found)}
        case None:
            return {name: Remembered(_position(mark)) for name, mark in found.items()}
    raise ValueError("a version that is not known")


def _remembered(feed: Any) -> Remembered:
    newest = feed["newest"]
    gaps = tuple(Gap(_position(gap["after"]), _optional(gap["until"])) for gap in feed["gaps"])
    return Remembered(_optional(newest), gaps)


def _of_x(found: Any) -> Remembered:
    newest = found["newest"]
    return Remembered(
        None if newest is None else _number(newest),
        tuple(
            # In version 1 the end was not a part of the gap.
            Gap(_number(gap["after"]), None if gap["until"] is None else _number(int(gap["until"]) - 1))
            for gap in found["gaps"]
        ),
    )


def _number(id_: Any) -> Position:
    text = str(int(id_))
    # The time in an id of the resume file counts, even if it is ahead of this machine's clock.
    return Position(text, snowflake_time(text, now=datetime.max.replace(tzinfo=UTC)))


def _optional(position: Any) -> Position | None:
    return None if position is None else _position(position)


def _position(position: Any) -> Position:
    id_, at = position["id"], position["at"]
    if not isinstance(id_, str):
        raise TypeError("an id that is no text")
    return Position(id_, None if at is None else datetime.fromisoformat(at))


def _feed(found: Remembered) -> dict[str, Any]:
    return {
        "newest": _json(found.newest),
        "gaps": [{"after": _json(gap.after), "until": _json(gap.until)} for gap in found.gaps],
    }


def _json(position: Position | None) -> dict[str, Any] | None:
    return None if position is None else {"id": position.id, "at": position.at}

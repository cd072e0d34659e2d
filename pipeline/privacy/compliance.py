"""X's compliance files: which tweets and users it wants deleted.

Two layouts, as X's documentation has them. What a *batch compliance* job gives is an object a line, with `id`,
`action` (`delete`) and `reason` (deleted, deactivated, protected, suspended, ...); whether an id is a tweet's or a
user's is said by the job and not by the line. An event of the *compliance streams* says it itself:
`{"data": {"user_delete": {"user": {"id": ...}}}}`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import orjson

from pipeline.domain.identity import event_id
from pipeline.errors import ConfigError, SourceError

TWEET_EVENTS = frozenset({"delete", "drop"})
USER_EVENTS = frozenset({"user_delete", "user_protect", "user_suspend"})
"""Events that ask for a deletion. Their opposites bring nothing back."""


class Holds(StrEnum):
    """The kinds of ids in a batch compliance file."""

    TWEETS = "tweets"
    USERS = "users"


@dataclass(slots=True)
class Compliance:
    """The deletions that files ask for.

    Attributes:
        tweets: by `event.id`.
        users: by `user.id`.
        left_alone: what asks for no deletion, by its kind.
        unreadable: lines that are none of X's.
    """

    tweets: set[str] = field(default_factory=set)
    users: set[str] = field(default_factory=set)
    left_alone: Counter[str] = field(default_factory=Counter)
    unreadable: int = 0


def read(path: Path, holds: Holds | None = None) -> Compliance:
    """The deletions that a file asks for.

    Args:
        path: JSON lines, or one JSON list.
        holds: what its ids are of; told from the file's name where it is not said.

    Raises:
        SourceError: the file can't be read.
        ConfigError: whether its ids are tweets' or users' is not said.
    """
    found = Compliance()
    for thing in _things(path):
        if not _note_event(found, thing):
            # The kind of the ids is asked only for a row that does not say it, so a file of events needs no answer.
            _note_row(found, thing, lambda: holds or _by_name(path))
    return found


def _things(path: Path) -> Iterator[Any]:
    """Each line's or item's JSON; None for what is none."""
    try:
        with path.open("rb") as file:
            lines = (line for line in file if line.strip())
            first = next(lines, b"")
            if first.lstrip().startswith(b"["):
                listed = _json(first + file.read())
                yield from listed if isinstance(listed, list) else [None]
                return
            if first:
                yield _json(first)
            yield from map(_json, lines)
    except OSError as error:
        raise SourceError(f"{path} can't be read: {error.strerror}") from None


def _json(text: bytes) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def _note_event(found: Compliance, thing: Any) -> bool:
    """Note an event of the streams; False if it is none."""
    data = thing.get("data") if isinstance(thing, dict) else None
    if not isinstance(data, dict) or not data:
        return False
    for kind, event in data.items():
        about = event if isinstance(event, dict) else {}
        tweet, user = (_id(_dict(about.get(name)).get("id")) for name in ("tweet", "user"))
        if kind in TWEET_EVENTS and tweet:
            found.tweets.add(event_id("x", tweet))
        elif kind in USER_EVENTS and user:
            found.users.add(user)
        elif tweet or user:
            found.left_alone[str(kind)[:40]] += 1
        else:
            found.unreadable += 1
    return True


def _note_row(found: Compliance, thing: Any, holds: Any) -> None:
    row = _dict(thing)
    native_id, action = _id(row.get("id")), row.get("action")
    if not native_id or not isinstance(action, str):
        found.unreadable += 1
    elif action != "delete":
        found.left_alone[action[:40]] += 1
    elif holds() is Holds.TWEETS:
        found.tweets.add(event_id("x", native_id))
    else:
        found.users.add(native_id)


def _by_name(path: Path) -> Holds:
    name = path.name.lower()
    said = [holds for holds in Holds if holds.removesuffix("s") in name]
    if len(said) != 1:
        raise ConfigError(f"are the ids in {path.name} tweets' or users'? Say --holds tweets or --holds users")
    return said[0]


def _id(value: Any) -> str | None:
    text = str(value) if type(value) in (str, int) else ""
    return text if text.isascii() and text.isdigit() and len(text) <= 25 else None


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}

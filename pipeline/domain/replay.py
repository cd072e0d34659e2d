"""Recognises a rejected record that is sent again by its key, which the stream hands on when it rejects it anew.

The key is `replay/<number>/<coordinates of its first rejection>`. No topic's name holds a `/`, so that no other
key of a dead letter begins so. The same key marks, in the topic of rejected records, that Kafka has it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

PREFIX = b"replay/"
MAX_KEY_BYTES = 400
"""Longer ones are not ours: a topic's name has at most 249 bytes, and numbers at most 19."""

HEADER = "replay"
"""A dead letter's header that holds the key of the record sent again."""

_KEY = re.compile(r"replay/([1-9]\d{0,8})/([^/]+)")
# The longer form first, because the name of a topic may itself end in numbers with hyphens.
_PLACE = re.compile(r"(.+)-(\d{1,10})-(\d{1,18})-(-?\d{12,18})|(.+)-(\d{1,10})-(\d{1,18})")


@dataclass(frozen=True, slots=True)
class Replay:
    """A rejected record on its way.

    Attributes:
        first: the coordinates of its first rejection.
        number: how often it was sent again; 0 as it came first.
    """

    first: str
    number: int = 0

    @property
    def key(self) -> bytes:
        """Of the record that is sent again, and of the mark that it was."""
        return f"replay/{self.number}/{self.first}".encode()


def replay_in(key: bytes | None) -> Replay | None:
    """The attempt that a key tells of; None for any other key."""
    if not key or not key.startswith(PREFIX) or len(key) > MAX_KEY_BYTES:
        return None
    found = _KEY.fullmatch(key.decode("utf-8", "replace"))
    return Replay(found[2], int(found[1])) if found else None


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a record in Kafka; `time` is Kafka's, milliseconds of the epoch, None if it is not known."""

    topic: str
    partition: int
    offset: int
    time: int | None = None


def place_in(coordinates: str) -> Place | None:
    """The place in `topic-partition-offset-<milliseconds>`, or in the older `topic-partition-offset`; None in neither.

    >>> place_in("tweets-2-17")
    Place(topic='tweets', partition=2, offset=17, time=None)
    """
    found = _PLACE.fullmatch(coordinates)
    if found is None:
        return None
    if found[4]:
        return Place(found[1], int(found[2]), int(found[3]), int(found[4]))
    return Place(found[5], int(found[6]), int(found[7]))

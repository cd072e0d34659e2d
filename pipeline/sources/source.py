"""The protocol of a source: anything that yields tweets, and rows that it can't read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import orjson

from pipeline.domain.faults import Fault, GapOutcome
from pipeline.domain.tweet import Tweet

__all__ = ["Fault", "GapOutcome", "Item", "Source", "SourceEvents", "Unreadable", "json_of"]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A row that its source can't make sense of. It is published all the same: only the stream rejects.

    Attributes:
        raw: the row's own bytes, or the record of what was understood of it.
        where: where to find it, for people: `line 17`.
        why: what is wrong, without quoting any of the content.
    """

    raw: bytes
    where: str
    why: str


def json_of(thing: Any) -> bytes:
    """A parsed object as the bytes of an unreadable row; orjson reads deeper ones than it writes."""
    try:
        return orjson.dumps(thing)
    except TypeError:
        return json.dumps(thing, ensure_ascii=False).encode("utf-8", "replace")


Item = Tweet | Unreadable
"""An item that a source yields."""


class Source(Protocol):
    """An iterable of tweets and of rows that could not be read. It knows nothing of Kafka.

    Iterating it anew reads it anew, where it can be read twice (a file). One that goes on (`collect --source`) is
    iterated once, in a thread of its own; `acknowledged(tweets)` and `close()`, if it has them, are called from
    another.
    What reconnects and refills gaps is a `LiveSource` (`pipeline.sources.live.feed`).

    Attributes:
        name: the `source` of its tweets and the label of its metrics.
    """

    @property
    def name(self) -> str: ...

    def __iter__(self) -> Iterator[Item]:
        """Yield until there is nothing more; a live source never ends by itself.

        Raises:
            SourceError: the source as a whole can't be read.
        """
        ...


class SourceEvents(Protocol):
    """Is told the events of a live source: each is a log line and the metrics that belong to it."""

    def connected(self) -> None:
        """Tweets can come."""

    def interrupted(self, fault: Fault, wait: float, host: str = "") -> None:
        """The connection is lost or refused, or `host` can't be reached; the next attempt is `wait` seconds away."""

    def fault(self, fault: Fault) -> None:
        """Something is wrong that leaves the connection as it is, such as a line that is not JSON."""

    def passed_over(self) -> None:
        """A tweet came that is not for us, such as one that only somebody else's rule matches."""

    def budget(self, endpoint: str, left: int, limit: int, resets_at: datetime) -> None:
        """The rest of a rate limit, by the server's word."""

    def gap(self, outcome: GapOutcome, tweets: int, after_id: str | None, since: datetime | None) -> None:
        """A gap is closed with so many tweets, or lost; it begins after that id, at that time."""

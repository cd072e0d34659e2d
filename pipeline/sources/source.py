"""What a source is: anything that yields tweets, and the rows that it could not make sense of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from pipeline.domain.tweet import Tweet


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A row that its source can't make sense of. It is published as it came: only the stream rejects.

    Attributes:
        raw: the row's own bytes.
        where: where to find it, for people: `line 17`.
        why: what is wrong, without quoting any of the content.
    """

    raw: bytes
    where: str
    why: str


Item = Tweet | Unreadable
"""What a source yields."""


class Source(Protocol):
    """An iterable of tweets and of rows that could not be read. It knows nothing of Kafka.

    Iterating it anew reads it anew, where it can be read twice (a file) or begins anew (a live stream).

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

"""Any source that can be iterated, as a live one: a single feed without positions, which is read once."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence

from tenacity.wait import wait_none

from pipeline.domain.faults import Fault
from pipeline.domain.tweet import Tweet
from pipeline.sources.live.feed import (
    Ask,
    Connection,
    Feed,
    Finished,
    Gap,
    Lost,
    Message,
    Position,
    Read,
    Waits,
)
from pipeline.sources.source import Source


class Iterated:
    """It is source, feed and connection in one, since all that it can do is to be iterated.

    Args:
        source: has a `name`; `acknowledged` and `close` are called where it has them. What it remembers is its own.
    """

    waits = Waits({Fault.OTHER: wait_none()}, {}, 0.0)
    stall_seconds = None
    # It says itself when it is connected.
    is_polled = True
    begins = until = backfilled_after = None

    def __init__(self, source: Source) -> None:
        self._source = source

    @property
    def name(self) -> str:
        """The source's own."""
        return self._source.name

    state = name

    @property
    def feeds(self) -> Sequence[Feed]:
        """Itself."""
        return (self,)

    def connect(self, reached: Position | None) -> Connection:
        """There is nothing to connect."""
        return self

    def __iter__(self) -> Generator[Message, None, None]:
        """What the source yields.

        Raises:
            Finished: it has ended.
        """
        for item in self._source:
            yield Read(item)
        raise Finished

    def before(self, position: Position) -> Position:
        """There are no positions."""
        return position

    def is_due(self, gap: Gap) -> bool:
        """There are no gaps."""
        return False

    def refill(self, gap: Gap, ask: Ask) -> Iterator[Read | Lost]:
        """There is nothing to refill."""
        return iter(())

    def acknowledged(self, tweets: Sequence[Tweet]) -> None:
        """Hand on what Kafka has, if the source wants to know."""
        self._call("acknowledged", tweets)

    def close(self) -> None:
        """Ask the source to end, if it can be asked."""
        self._call("close")

    def _call(self, method: str, *arguments: object) -> None:
        function = getattr(self._source, method, None)
        if callable(function):
            function(*arguments)

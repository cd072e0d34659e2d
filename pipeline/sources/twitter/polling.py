"""For accounts without access to the stream: polls X's search for the tweets since the last round."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from datetime import timedelta

from pipeline.sources.live.feed import Ask, Gap, Lost, Message, Position, Read, Span
from pipeline.sources.live.saved import ONLY_FEED
from pipeline.sources.pacing import Clock
from pipeline.sources.twitter.gaps import Gaps
from pipeline.sources.twitter.ids import position_before

LONG_ROUNDS = 3
"""A span of more rounds than this counts as a gap, because the search was not polled for a while."""


class Polling:
    """A feed whose spans are rounds of the search.

    Args:
        gaps: searches for them.
        clock: by which it waits between rounds.
        settle: the age from which on the search surely lists a tweet.
        pause: the time between two rounds.
    """

    name = ONLY_FEED
    stall_seconds = None
    is_polled = True

    def __init__(self, gaps: Gaps, clock: Clock, settle: timedelta, pause: timedelta) -> None:
        self._gaps = gaps
        self._clock = clock
        self._settle = settle
        self._pause = pause

    def connect(self, reached: Position | None) -> Rounds:
        """The rounds from the position reached; a feed that was never read begins one pause ago."""
        begins = position_before(self._clock.now() - self._settle - self._pause)
        return Rounds(begins, reached or begins, self._clock, self._settle, self._pause)

    def before(self, position: Position) -> Position:
        """The position itself: rounds do not overlap."""
        return position

    def is_due(self, gap: Gap) -> bool:
        """True if the search surely shows all of it."""
        return self._gaps.is_due(gap)

    def refill(self, gap: Gap, ask: Ask) -> Iterator[Read | Lost]:
        """The tweets of a round; raises as `Gaps.refill` does."""
        return self._gaps.refill(gap, ask)


@dataclass(frozen=True, slots=True)
class Rounds:
    """A connection that yields a span for each round."""

    begins: Position
    until: Position
    clock: Clock
    settle: timedelta
    pause: timedelta
    backfilled_after: None = None

    def __iter__(self) -> Generator[Message, None, None]:
        """A span after each pause, until the clock is stopped."""
        reached = self.until
        while not self.clock.stopped():
            until = position_before(self.clock.now() - self.settle)
            # The clock may have been set back since the last round.
            if until.order > reached.order:
                yield Span(Gap(reached, until), self._is_routine(reached, until))
                reached = until
            self.clock.sleep(self.pause.total_seconds())

    def close(self) -> None:
        """Nothing to close: the rounds end with the clock."""

    def _is_routine(self, after: Position, until: Position) -> bool:
        return bool(after.at and until.at and until.at - after.at <= LONG_ROUNDS * self.pause)

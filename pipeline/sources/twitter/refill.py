"""What was missed while nobody listened: asked for by search, as far back as X goes; what is older is told as lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

from pipeline.sources.pacing import Clock
from pipeline.sources.source import Fault, GapOutcome, Item, SourceEvents
from pipeline.sources.twitter.answers import Refused, as_error
from pipeline.sources.twitter.ids import id_at, time_of
from pipeline.sources.twitter.messages import Complete, Message, Refilled
from pipeline.sources.twitter.resume import Gap, Resume, Taken
from pipeline.sources.twitter.search import Search

REACH = timedelta(days=7) - timedelta(minutes=5)
"""X searches seven days back, by its own clock."""

LOOK_SECONDS = 0.2


class Refill:
    """Closes the gaps that are due.

    Args:
        resume: where they are.
        search: asks for them.
        events: told of what is lost.
        clock: the time.
        settle: how old a tweet has to be until the search surely shows it.
    """

    def __init__(self, resume: Resume, search: Search, events: SourceEvents, clock: Clock, settle: timedelta) -> None:
        self._resume = resume
        self._search = search
        self._events = events
        self._clock = clock
        self._settle = settle

    def run(self, put: Callable[[Message], None]) -> None:
        """Close gaps until the clock is stopped.

        Raises:
            ConfigError: X refuses the credentials.
            Stopped: the clock was stopped in the middle.
        """
        while not self._clock.stopped():
            taken = self._resume.take(id_at(self._clock.now() - self._settle))
            if taken is None:
                self._clock.sleep(LOOK_SECONDS)
            else:
                self._close(taken, put)

    def missed(self, gap: Gap) -> Iterator[Item]:
        """The tweets of a gap, as far as X has them; the part that is out of its reach is told as lost.

        Raises:
            Refused: X will not answer.
            Stopped: the clock was stopped in the middle.
        """
        assert gap.until is not None
        reach = id_at(self._clock.now() - REACH)
        if gap.after < reach:
            self._lost(gap, 0)
        if gap.until > reach:
            yield from self._search.between(max(gap.after, reach), gap.until)
            if self._search.refused:
                # The search does not know all that the stream does.
                self._lost(gap, 0)

    def _close(self, taken: Taken, put: Callable[[Message], None]) -> None:
        try:
            if not taken.is_backfilled:
                for item in self.missed(taken.gap):
                    put(Refilled(item, taken.number))
        except Refused as refused:
            if refused.refusal.fault is Fault.UNAUTHORIZED:
                raise as_error(refused.refusal) from None
            self._events.fault(refused.refusal.fault)
            self._lost(taken.gap, self._resume.lose(taken.number))
            return
        put(Complete(taken.number))

    def _lost(self, gap: Gap, tweets: int) -> None:
        self._events.gap(GapOutcome.LOST, tweets, str(gap.after), time_of(gap.after))

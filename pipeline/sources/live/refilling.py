"""Closes the gaps of a source that are due, one after another, while its feeds are read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type

from pipeline.domain.faults import GapOutcome
from pipeline.sources.live.backlog import Entry
from pipeline.sources.live.backoff import Backoff
from pipeline.sources.live.feed import Feed, GivenUp, Interrupted, Lost, Stopped, Waits
from pipeline.sources.live.reading import Line, Put, told
from pipeline.sources.live.resume import Resume, Taken
from pipeline.sources.pacing import Clock
from pipeline.sources.source import SourceEvents

LOOK_SECONDS = 0.2

T = TypeVar("T")


class Asking:
    """Asks until there is an answer, with the waits of the source (see `feed.Ask`).

    Args:
        feed: which asks. Where it is polled, its trouble is an interruption; beside a stream it is a delay.
        waits: of its source.
        line: told whether a polled feed is connected.
        events: told what goes wrong.
        clock: by which it waits; it also says when to stop.
    """

    def __init__(self, feed: Feed, waits: Waits, line: Line, events: SourceEvents, clock: Clock) -> None:
        self._feed = feed
        self._waits = waits
        self._line = line
        self._events = events
        self._clock = clock

    def __call__(self, question: Callable[[], T]) -> T:
        """The answer.

        Raises:
            Stopped: the clock is stopped.
        """
        attempts = Retrying(
            retry=retry_if_exception_type(Interrupted),
            stop=lambda _: self._clock.stopped(),
            wait=Backoff(self._waits),
            before_sleep=self._interrupted,
            sleep=self._clock.sleep,
            reraise=True,
        )
        try:
            answer: T = attempts(self._asked, question)
        except Interrupted:
            # The attempts end with an interruption only when the clock is stopped.
            raise Stopped from None
        return answer

    def _asked(self, question: Callable[[], T]) -> T:
        if self._clock.stopped():
            raise Stopped
        answer = question()
        if self._feed.is_polled:
            self._line.up(self._feed)
        return answer

    def _interrupted(self, state: RetryCallState) -> None:
        why = state.outcome.exception() if state.outcome else None
        assert isinstance(why, Interrupted)
        assert state.next_action is not None
        if self._feed.is_polled:
            self._line.down(self._feed, why, state.next_action.sleep)
        else:
            self._events.fault(why.fault)


class Refilling:
    """The gaps of all feeds.

    Args:
        feeds: of the source.
        waits: of the source.
        resume: where the gaps are.
        line: told whether polled feeds are connected.
        events: told what is lost.
        clock: by which it waits; it also says when to stop.
        put: takes what is read.
    """

    def __init__(
        self,
        feeds: Sequence[Feed],
        waits: Waits,
        resume: Resume,
        line: Line,
        events: SourceEvents,
        clock: Clock,
        put: Put,
    ) -> None:
        self._feeds = [(feed, Asking(feed, waits, line, events, clock)) for feed in feeds]
        self._resume = resume
        self._events = events
        self._clock = clock
        self._put = put

    def run(self) -> None:
        """Close gaps until the clock is stopped.

        Raises:
            PipelineError: the source can't go on.
            Stopped: the clock was stopped in the middle.
        """
        while not self._clock.stopped():
            # Each feed has its turn.
            closed = [self._closed(feed, ask) for feed, ask in self._feeds]
            if not any(closed):
                self._clock.sleep(LOOK_SECONDS)

    def _closed(self, feed: Feed, ask: Asking) -> bool:
        taken = self._resume.take(feed.name, feed.is_due)
        if taken is None:
            return False
        if not taken.is_backfilled:
            # An interruption outside of a question begins the gap anew; tweets that come twice are known by their ids.
            ask(lambda: self._refill(feed, taken, ask))
        # Through the same queue, behind the last of its tweets: they are counted before the gap is called read.
        self._put(Entry(feed.name, None, taken.number))
        return True

    def _refill(self, feed: Feed, taken: Taken, ask: Asking) -> None:
        try:
            for found in feed.refill(taken.gap, ask):
                if self._clock.stopped():
                    raise Stopped
                if isinstance(found, Lost):
                    self._events.gap(GapOutcome.LOST, 0, found.after.id, found.after.at)
                else:
                    told(found, self._events)
                    self._put(Entry(feed.name, found, taken.number))
        except GivenUp as why:
            if why.fault is not None:
                self._events.fault(why.fault)
            self._resume.given_up(taken.number, why.after)

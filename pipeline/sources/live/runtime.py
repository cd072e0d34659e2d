"""Runs a live source: threads that read its feeds and refill their gaps → one bounded queue → whoever publishes."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeGuard, cast

from pipeline.domain.faults import GapOutcome
from pipeline.domain.tweet import Tweet
from pipeline.sources.live.backlog import Backlog, Entry
from pipeline.sources.live.feed import Alive, LiveSource, Read, Stopped
from pipeline.sources.live.iterated import Iterated
from pipeline.sources.live.reading import Line, Reading
from pipeline.sources.live.refilling import Refilling
from pipeline.sources.live.resume import Closed, Resume
from pipeline.sources.pacing import Clock
from pipeline.sources.source import Item, Source, SourceEvents

MakeSource = Callable[[SourceEvents, Clock], LiveSource | Source]
"""Makes a source out of whom it tells what happens, and the clock that it waits by and that says when to stop."""

TICK_SECONDS = 0.2
END_SECONDS = 5.0
"""Seconds that a closed source may take to end; then it is left alone."""

REMEMBERED = 20_000
"""Ids that are not handed on twice: servers repeat after a reconnect, and gaps overlap what is streamed."""


class Runtime:
    """Yields a live source's items, and None about every tick, so that whoever takes them can look around.

    All of it happens in daemon threads while this is iterated, once: one for each feed, and one for gaps. Whoever
    iterates never waits for the source, and when nobody takes what was read, the source is not read.

    Args:
        make: makes the source.
        events: told what happens.
        state_dir: where it is remembered how far Kafka has the source.
        stopped: asked at least once a tick; once it says so, the source is closed, and what it has read by then
            is still yielded.

    Raises:
        PipelineError: the source can't be made, or what is remembered can't be read.
        (while iterated) Whatever the source raises, after all that it has yielded.
    """

    def __init__(
        self,
        make: MakeSource,
        events: SourceEvents,
        state_dir: Path,
        stopped: Callable[[], bool],
        *,
        backlog: Backlog | None = None,
        tick: float = TICK_SECONDS,
        end_seconds: float = END_SECONDS,
    ) -> None:
        self._events = events
        self._stopped = stopped
        self._tick = tick
        self._end_seconds = end_seconds
        self._backlog = backlog or Backlog()
        # The end has two steps: from the first on nothing more is read, from the second on nobody takes what was read.
        self._ending = threading.Event()
        self._abandoned = threading.Event()
        self._error: BaseException | None = None
        self._known: OrderedDict[str, None] = OrderedDict()
        clock = Clock(lambda: self._ending.is_set() or stopped())
        self.source = make(events, clock)
        self._live = live_of(self.source)
        self.resume = Resume(resume_file(state_dir, self._live.state), closed=self._gap_closed, clock=clock)
        self._readings, self._refilling = self._threads(clock)

    def _threads(self, clock: Clock) -> tuple[list[Reading], Refilling]:
        feeds, waits, line = self._live.feeds, self._live.waits, Line(self._live.feeds, self._events)
        readings = [Reading(feed, waits, self.resume, line, self._events, clock, self._put) for feed in feeds]
        return readings, Refilling(feeds, waits, self.resume, line, self._events, clock, self._put)

    def __iter__(self) -> Iterator[Item | None]:
        readings = [self._started(reading.run, reading.feed.name) for reading in self._readings]
        refilling = self._started(self._refilling.run, "refill")
        try:
            yield from self._until_ended(readings)
        finally:
            # From here on nobody takes entries, also after an error, so no thread may wait to hand one on.
            self._abandoned.set()
            self._close_connections()
            left_at = time.monotonic() + self._end_seconds
            for thread in (*readings, refilling):
                thread.join(max(0.0, left_at - time.monotonic()))
        if self._error is not None:
            raise self._error

    def acknowledged(self, tweets: Sequence[Tweet]) -> None:
        """Kafka has these tweets, told in the order in which they were yielded; at the end that is saved at once.

        Raises:
            SetupError: it can't be.
        """
        self.resume.acknowledged(len(tweets))
        if isinstance(self._live, Iterated):
            self._live.acknowledged(tweets)
        if self._ending.is_set():
            self.resume.save()

    def close(self) -> None:
        """End all that is read, and save how far Kafka has it; safe to repeat.

        Raises:
            SetupError: it can't be saved.
        """
        self._close_connections()
        self._live.close()
        self.resume.save()

    def _until_ended(self, readings: Sequence[threading.Thread]) -> Iterator[Item | None]:
        left_at, looked = float("inf"), time.monotonic()
        while time.monotonic() < left_at:
            # Asked before the queue, which then has all that a thread handed on before it ended.
            alive = any(thread.is_alive() for thread in readings)
            entry = self._backlog.take(self._tick if alive else 0.0)
            if entry is not None:
                yield from self._taken(entry)
            elif not alive:
                return
            if entry is None or time.monotonic() - looked >= self._tick:
                # Also while nothing but repeats and keep-alives come, which are not handed on.
                yield None
                looked = time.monotonic()
                for reading in self._readings:
                    reading.look()
            if left_at == float("inf") and self._stopped():
                left_at = time.monotonic() + self._end_seconds
                self._close_connections()
        while entry := self._backlog.take(0.0):
            yield from self._taken(entry)

    def _taken(self, entry: Entry) -> Iterator[Item]:
        match entry.what:
            case None:
                assert entry.gap is not None
                self.resume.read(entry.gap)
            case Alive(position):
                self.resume.read_up_to(entry.feed, position)
            case Read(item, position):
                is_new = item is not None and (position is None or self._is_new(item))
                # Only tweets are counted, because `acknowledged` is told of tweets only.
                if is_new and isinstance(item, Tweet):
                    self.resume.handed_on(entry.gap)
                # After the count has gone up: the position is reached once Kafka has this tweet, too.
                if position is not None:
                    self.resume.read_up_to(entry.feed, position)
                if is_new and item is not None:
                    yield item

    def _is_new(self, item: Item) -> bool:
        if not isinstance(item, Tweet):
            return True
        if item.id in self._known:
            return False
        self._known[item.id] = None
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return True

    def _started(self, run: Callable[[], None], what: str) -> threading.Thread:
        name = f"source-{self._live.name} {what}"
        thread = threading.Thread(target=self._guarded, args=(run,), name=name, daemon=True)
        thread.start()
        return thread

    def _guarded(self, run: Callable[[], None]) -> None:
        try:
            run()
        except Stopped:
            return
        except BaseException as error:
            # A connection that is shut while it is read fails in many ways.
            if not self._ending.is_set():
                self._error = error
                self._close_connections()

    def _close_connections(self) -> None:
        self._ending.set()
        for reading in self._readings:
            reading.close()

    def _put(self, entry: Entry) -> None:
        if self._abandoned.is_set() or not self._backlog.put(entry, self._abandoned.is_set, self._tick):
            raise Stopped

    def _gap_closed(self, closed: Closed) -> None:
        if closed.lost_after is not None:
            self._events.gap(GapOutcome.LOST, closed.tweets, closed.lost_after.id, closed.lost_after.at)
        elif not closed.is_routine:
            self._events.gap(GapOutcome.REFILLED, closed.tweets, closed.after.id, closed.after.at)


def live_of(source: LiveSource | Source) -> LiveSource:
    """A source of feeds as it is, any other as one that has a single one."""
    return source if _has_feeds(source) else Iterated(cast(Source, source))


def _has_feeds(source: LiveSource | Source) -> TypeGuard[LiveSource]:
    return hasattr(source, "feeds")


def resume_file(state_dir: Path, state: str) -> Path:
    """Where it is remembered how far Kafka has a source."""
    return state_dir / "sources" / f"{state}.json"

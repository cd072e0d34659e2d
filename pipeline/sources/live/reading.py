"""Reads one feed for as long as it is wanted: connects, reads, notices silence, waits, and connects anew."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import closing, suppress

from tenacity import RetryCallState, Retrying, retry_if_exception_type

from pipeline.domain.faults import Fault
from pipeline.errors import SourceError
from pipeline.sources.live.backlog import Entry
from pipeline.sources.live.backoff import LIVED, Backoff
from pipeline.sources.live.feed import (
    Alive,
    Connection,
    Feed,
    Finished,
    Interrupted,
    Message,
    Position,
    Read,
    Span,
    Stopped,
    Waits,
)
from pipeline.sources.live.resume import Resume
from pipeline.sources.pacing import Clock
from pipeline.sources.source import SourceEvents, Unreadable

Put = Callable[[Entry], None]
"""Hands an entry on. Raises `Stopped` when nobody takes any more."""


class Line:
    """Tells that a source is connected when all of its feeds are. Safe from several threads.

    Args:
        feeds: all of them.
        events: told.
    """

    def __init__(self, feeds: Sequence[Feed], events: SourceEvents) -> None:
        self._wanted = {feed.name for feed in feeds}
        self._events = events
        self._lock = threading.Lock()
        self._up: set[str] = set()

    def up(self, feed: Feed) -> None:
        """This one is connected."""
        with self._lock:
            if feed.name not in self._up:
                self._up.add(feed.name)
                if self._up == self._wanted:
                    self._events.connected()

    def down(self, feed: Feed, why: Interrupted, wait: float) -> None:
        """This one is not, and will be again in so many seconds at the earliest."""
        with self._lock:
            self._up.discard(feed.name)
            self._events.interrupted(why.fault, wait, why.host)


class Reading:
    """One feed.

    Args:
        feed: which.
        waits: of its source.
        resume: told what is missed between two connections.
        line: told whether it is connected.
        events: told what goes wrong.
        clock: by which it waits; it also says when to stop.
        put: takes what is read.
    """

    def __init__(
        self, feed: Feed, waits: Waits, resume: Resume, line: Line, events: SourceEvents, clock: Clock, put: Put
    ) -> None:
        self.feed = feed
        self._resume = resume
        self._line = line
        self._events = events
        self._clock = clock
        self._put = put
        self._backoff = Backoff(waits)
        self._connection: Connection | None = None
        self._shown: Position | None = None
        self._silent_since: float | None = None
        self._is_stalled = False

    def run(self) -> None:
        """Read until the clock is stopped, or there is nothing more.

        Raises:
            PipelineError: the source can't go on.
        """
        self._shown = self._resume.newest(self.feed.name)
        # The time since the last run is a gap like any other.
        self._lose()
        attempts = Retrying(
            retry=retry_if_exception_type(Interrupted),
            stop=lambda _: self._clock.stopped(),
            wait=self._backoff,
            before_sleep=self._interrupted,
            sleep=self._clock.sleep,
            reraise=True,
        )
        # An interruption gets here only when the clock is stopped.
        with suppress(Finished, Stopped, Interrupted):
            attempts(self._connected)

    def close(self) -> None:
        """End a read that blocks; called from another thread, once the clock is stopped."""
        connection = self._connection
        if connection is not None:
            connection.close()

    def look(self) -> None:
        """End a connection on which nothing has come for too long; called from another thread, about every tick."""
        longest, since = self.feed.stall_seconds, self._silent_since
        if longest is not None and since is not None and self._clock.monotonic() - since > longest:
            self._is_stalled = True
            self.close()

    def _connected(self) -> None:
        if self._clock.stopped():
            raise Stopped
        connection = self.feed.connect(self._resume.reached(self.feed.name))
        begun = self._clock.monotonic()
        self._is_stalled = False
        self._connection = connection
        try:
            self._begin(connection)
            self._read(connection)
        except Interrupted:
            # If `look` has closed the connection, the error is only a consequence: the fault is the silence.
            if not self._is_stalled:
                raise
        finally:
            self._silent_since = self._connection = None
            # A server that takes each connection and ends it at once must still be asked ever less often.
            if self._clock.monotonic() - begun >= LIVED:
                self._backoff.succeeded()
        raise Interrupted(Fault.STALL if self._is_stalled else Fault.DISCONNECTED)

    def _interrupted(self, state: RetryCallState) -> None:
        why = state.outcome.exception() if state.outcome else None
        assert isinstance(why, Interrupted)
        assert state.next_action is not None
        self._lose()
        self._line.down(self.feed, why, state.next_action.sleep)

    def _lose(self) -> None:
        # From what was shown, even if Kafka has not acknowledged it yet: that is in the queue and still will be.
        if self._shown is not None:
            self._resume.lost_connection(self.feed.name, self.feed.before(self._shown))

    def _begin(self, connection: Connection) -> None:
        if connection.begins is not None:
            self._resume.begin(self.feed.name, connection.begins)
        self._resume.connected(self.feed.name, connection.until, backfilled_after=connection.backfilled_after)
        if not self.feed.is_polled:
            self._line.up(self.feed)

    def _read(self, connection: Connection) -> None:
        with closing(iter(connection)) as messages:
            if self._clock.stopped():
                # `close` may have been called before this connection was there.
                connection.close()
            while True:
                # Not while a message is handed on: a wait for Kafka is no silence of the server.
                self._silent_since = self._clock.monotonic()
                try:
                    message = next(messages)
                except StopIteration:
                    return
                self._silent_since = None
                self._take(message)

    def _take(self, message: Message) -> None:
        match message:
            case Span(gap, is_routine):
                self._resume.open(self.feed.name, gap, is_routine=is_routine)
            case Alive(position):
                self._put(Entry(self.feed.name, message))
                self._show(position)
            case Read(item, position):
                told(message, self._events)
                if item is not None or position is not None:
                    self._put(Entry(self.feed.name, message))
                self._show(position)
            case other if other is not None:
                raise SourceError(
                    f"the feed {self.feed.name} yields a {type(other).__name__}: it is to yield Read, Alive, Span "
                    "or None (pipeline.sources.live.feed)"
                )

    def _show(self, position: Position | None) -> None:
        if position is not None and (self._shown is None or position.order > self._shown.order):
            self._shown = position


def told(read: Read, events: SourceEvents) -> None:
    """Tell of what came that is no tweet for us."""
    if read.item is None:
        events.passed_over()
    elif isinstance(read.item, Unreadable):
        events.fault(Fault.MALFORMED)

"""Reads one timeline for as long as it is wanted: connects, refills the gap, streams, waits, and connects anew."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import orjson

from pipeline.errors import ConfigError, SourceError
from pipeline.sources.mastodon.api import Api, Interrupted
from pipeline.sources.mastodon.books import Books
from pipeline.sources.mastodon.sse import Event, Parser
from pipeline.sources.mastodon.statuses import NotAStatus, time_of, tweet_of
from pipeline.sources.mastodon.timelines import Timeline
from pipeline.sources.pacing import Clock
from pipeline.sources.resume import Mark, order
from pipeline.sources.source import Fault, GapOutcome, Item, SourceEvents, Unreadable, json_of

MAX_PAGES = 100
"""Pages that a gap is refilled from: 4,000 statuses. Servers allow 300 requests in five minutes."""

OVERLAP = timedelta(minutes=2)
"""A status of another server comes some time after it was written, and its id goes by when it was written."""

FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
LONGEST_TOLD_WAIT = 900.0

Put = Callable[[Item], None]


class Connections:
    """Tells that the source is connected when all of its timelines are."""

    def __init__(self, timelines: int, events: SourceEvents) -> None:
        self._wanted = timelines
        self._events = events
        self._lock = threading.Lock()
        self._up: set[str] = set()

    def up(self, timeline: Timeline) -> None:
        """This one is connected."""
        with self._lock:
            self._up.add(timeline.name)
            if len(self._up) == self._wanted:
                self._events.connected()

    def down(self, timeline: Timeline, fault: Fault, wait: float) -> None:
        """This one is not, and will be again in so many seconds at the earliest."""
        with self._lock:
            self._up.discard(timeline.name)
            self._events.interrupted(fault, wait)


class Reading:
    """One timeline.

    Args:
        timeline: which.
        api: of the server.
        books: what was read, of all timelines.
        brands: tag → entity.
        events: told what happens.
        connections: of all timelines.
        clock: by which it waits; it also says when to stop.
        put: takes what is read.
    """

    def __init__(
        self,
        timeline: Timeline,
        api: Api,
        books: Books,
        brands: dict[str, str],
        events: SourceEvents,
        connections: Connections,
        clock: Clock,
        put: Put,
    ) -> None:
        self._timeline = timeline
        self._api = api
        self._books = books
        self._brands = brands
        self._events = events
        self._connections = connections
        self._clock = clock
        self._put = put
        self._newest = books.begins_after(timeline.name)
        self._failed = 0

    def run(self) -> None:
        """Read until the clock is stopped.

        Raises:
            ConfigError: the server wants a token, or refuses it.
            SourceError: it refuses the request.
        """
        while not self._clock.stopped():
            try:
                self._connected()
            except Interrupted as why:
                if self._clock.stopped():
                    return
                self._failed += 1
                wait = self._wait(why)
                self._connections.down(self._timeline, why.fault, wait)
                self._clock.sleep(wait)

    def _connected(self) -> None:
        with self._api.stream(self._timeline) as chunks:
            self._connections.up(self._timeline)
            # What comes meanwhile waits in the connection: between the two nothing is missed.
            if self._newest is not None:
                self._refill(self._newest)
            parser = Parser()
            for chunk in chunks:
                self._failed = 0
                for event in parser.feed(chunk):
                    self._take(event)
        raise Interrupted(Fault.DISCONNECTED)

    def _wait(self, why: Interrupted) -> float:
        if why.until is not None:
            told = (why.until - self._clock.now()).total_seconds()
            return min(max(told, FIRST_WAIT), LONGEST_TOLD_WAIT)
        longest: float = min(FIRST_WAIT * 2.0 ** min(self._failed - 1, 10), LONGEST_WAIT)
        # Not all of a server's clients at once.
        return longest * random.uniform(0.5, 1.0)

    def _refill(self, gap: Mark) -> None:
        new, done = 0, False
        try:
            for page in self._missed(_earlier(gap.id)):
                new += sum([self._status(status) for status in page or ()])
                done = page is None
        except (ConfigError, SourceError):
            # It is streamed and not listed: some servers hide the one and not the other.
            self._events.fault(Fault.FORBIDDEN)
        if done:
            self._events.gap(GapOutcome.REFILLED, new, gap.id, gap.at)
        elif not self._clock.stopped():
            newest = self._newest or gap
            self._events.gap(GapOutcome.LOST, new, newest.id, newest.at)

    def _missed(self, after: str) -> Iterator[list[Any] | None]:
        """The pages up to what is newest now, since what comes later is streamed; then None, if that was reached."""
        end = self._api.newest(self._timeline)
        for _ in range(MAX_PAGES):
            if end is None or order(after) >= order(end):
                yield None
                return
            page = self._api.page(self._timeline, after)
            yield page or None
            if not page or self._clock.stopped():
                return
            after = max((status["id"] for status in page if _has_id(status)), key=order, default=end)

    def _take(self, event: Event) -> None:
        if event.data is None:
            self._events.fault(Fault.MALFORMED)
        elif event.kind == "status.update":
            # A tweet is indexed as it was written first.
            self._events.passed_over()
        elif event.kind == "update":
            try:
                status = orjson.loads(event.data)
            except orjson.JSONDecodeError:
                self._malformed(event.data, "not JSON")
                return
            self._status(status)

    def _status(self, status: Any) -> bool:
        """Hand a status on; whether it is a tweet that was not read before."""
        try:
            tweet = tweet_of(status, self._api.instance, self._brands)
        except NotAStatus as why:
            self._malformed(json_of(status), str(why))
            return False
        if tweet is None:
            self._events.passed_over()
            return False
        mark = Mark(status["id"], time_of(status))
        if self._newest is None or order(mark.id) > order(self._newest.id):
            self._newest = mark
        if not self._books.take(tweet.id, self._timeline.name, mark):
            return False
        self._put(tweet)
        return True

    def _malformed(self, raw: bytes, why: str) -> None:
        self._events.fault(Fault.MALFORMED)
        self._put(Unreadable(raw, self._timeline.name, why))


def _has_id(status: Any) -> bool:
    return isinstance(status, dict) and isinstance(status.get("id"), str)


def _earlier(native_id: str) -> str:
    """The id of a status some time before: a Mastodon id holds milliseconds above 16 other bits."""
    shift = int(OVERLAP.total_seconds() * 1000) << 16
    if native_id.isdecimal() and int(native_id) > 1 << 56:
        return str(int(native_id) - shift)
    return native_id

"""One timeline of a server as a feed: its stream of events, and the pages that what was missed is refilled from."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import orjson

from pipeline.errors import ConfigError, SourceError
from pipeline.sources.live.feed import Ask, Gap, GivenUp, Lost, Message, Position, Read
from pipeline.sources.mastodon.api import Api, Streaming
from pipeline.sources.mastodon.sse import Event, Parser
from pipeline.sources.mastodon.statuses import NotAStatus, time_of, tweet_of
from pipeline.sources.mastodon.timelines import Timeline
from pipeline.sources.source import Fault, SourceEvents, Unreadable, json_of

MAX_PAGES = 100
"""Pages that a gap is refilled from: 4,000 statuses. Servers allow 300 requests in five minutes."""

OVERLAP = timedelta(minutes=2)
"""A status of another server comes some time after it was written, and its id goes by when it was written."""


class TimelineFeed:
    """One timeline.

    Args:
        timeline: which.
        api: of the server.
        brands: tag → entity.
        events: told of what is too long to be kept.
        stall_seconds: silence after which its connection counts as lost.
    """

    is_polled = False

    def __init__(
        self, timeline: Timeline, api: Api, brands: dict[str, str], events: SourceEvents, stall_seconds: float
    ) -> None:
        self.name = timeline.name
        self.stall_seconds = stall_seconds
        self._timeline = timeline
        self._api = api
        self._brands = brands
        self._events = events

    def connect(self, reached: Position | None) -> TimelineStream:
        """Open the stream; before the first time, note what is listed by then.

        Raises:
            Interrupted: it can't be had now.
            ConfigError: the server wants a token, or refuses it.
            SourceError: it refuses the request.
        """
        begins = self._listed() if reached is None else None
        return TimelineStream(self, self._api.stream(self._timeline), self._events, begins)

    def before(self, position: Position) -> Position:
        """Some minutes before, where ids tell the time: a Mastodon id holds milliseconds above 16 other bits."""
        shift = int(OVERLAP.total_seconds() * 1000) << 16
        # A smaller number was counted up by another software and holds no time: 2**40 ms after 1970 was in 2004.
        if position.id.isdecimal() and int(position.id) > 1 << 56:
            return Position(str(int(position.id) - shift), position.at and position.at - OVERLAP)
        return position

    def is_due(self, gap: Gap) -> bool:
        """The server lists a status at once."""
        return True

    def refill(self, gap: Gap, ask: Ask) -> Iterator[Read | Lost]:
        """What came after the gap's beginning, oldest first, up to what is newest now: what comes later is streamed.

        Raises:
            GivenUp: there are more pages than are asked for, or the server hides its lists.
        """
        after = gap.after
        try:
            end = ask(lambda: self._api.newest(self._timeline))
            for _ in range(MAX_PAGES):
                if end is None or after.order >= Position(end).order:
                    return
                page = ask(partial(self._api.page, self._timeline, after.id))
                if not page:
                    return
                yield from (self.read(status) for status in page)
                # Nothing says where to go on after a page without any id, so the gap then ends here.
                after = max(filter(None, map(_position, page)), key=lambda found: found.order, default=Position(end))
        except (ConfigError, SourceError):
            # Some servers stream a timeline and do not list it.
            raise GivenUp(after, Fault.FORBIDDEN) from None
        if after.order < Position(end or "").order:
            raise GivenUp(after)

    def read(self, status: Any) -> Read:
        """A status as what came."""
        try:
            tweet = tweet_of(status, self._api.instance, self._brands)
        except NotAStatus as why:
            return self.unreadable(json_of(status), str(why))
        return Read(tweet, Position(status["id"], tweet.written_at) if tweet else None)

    def unreadable(self, raw: bytes, why: str) -> Read:
        """What is no status."""
        return Read(Unreadable(raw, self.name, why))

    def _listed(self) -> Position | None:
        try:
            newest = self._api.newest(self._timeline)
        except (ConfigError, SourceError):
            return None
        # Of an empty timeline all that comes is new.
        return Position(newest or "0")


class TimelineStream:
    """A timeline's stream while it is open.

    Args:
        feed: makes tweets of statuses.
        streaming: its bytes.
        events: told of what is too long to be kept.
        begins: what was listed before the first connection.
    """

    until = backfilled_after = None

    def __init__(self, feed: TimelineFeed, streaming: Streaming, events: SourceEvents, begins: Position | None) -> None:
        self._events = events
        self.begins = begins
        self._feed = feed
        self._streaming = streaming

    def __iter__(self) -> Generator[Message, None, None]:
        """The statuses as they come, until the server ends it.

        Raises:
            Interrupted: the connection is lost.
        """
        parser = Parser()
        try:
            for chunk in self._streaming.chunks():
                yield None
                for event in parser.feed(chunk):
                    yield self._message(event)
        finally:
            self._streaming.release()

    def close(self) -> None:
        """End a read that blocks; called from another thread."""
        self._streaming.close()

    def _message(self, event: Event) -> Message:
        if event.data is None:
            self._events.fault(Fault.MALFORMED)
            return None
        if event.kind == "status.update":
            # A tweet is indexed as it was written first.
            return Read(None)
        if event.kind != "update":
            return None
        try:
            return self._feed.read(orjson.loads(event.data))
        except orjson.JSONDecodeError:
            return self._feed.unreadable(event.data, "not JSON")


def _position(status: Any) -> Position | None:
    if not isinstance(status, dict) or not isinstance(status.get("id"), str):
        return None
    try:
        return Position(status["id"], time_of(status))
    except NotAStatus:
        return Position(status["id"])

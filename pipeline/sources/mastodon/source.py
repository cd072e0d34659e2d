"""A Mastodon server as a source: its public timeline, or those of tags, each read in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from queue import Empty, Full, Queue

from pipeline.domain.tweet import Tweet
from pipeline.settings import MastodonSettings
from pipeline.sources.mastodon.api import Api
from pipeline.sources.mastodon.books import Books
from pipeline.sources.mastodon.reading import Connections, Reading
from pipeline.sources.mastodon.statuses import NAME
from pipeline.sources.mastodon.timelines import tags_of, timelines_of
from pipeline.sources.pacing import Clock
from pipeline.sources.resume import Marks
from pipeline.sources.source import Item, SourceEvents

QUEUED_ITEMS = 100
LOOK_SECONDS = 0.2
JOIN_SECONDS = 3.0


class _Ended(Exception):
    """Nobody takes any more."""


class MastodonSource:
    """Public posts of a server, from now on; what was missed since the last time comes too.

    Args:
        settings: the server, the tags, the token.
        events: told what happens.
        state_dir: where it is kept how far Kafka has each timeline.
        clock: the time; it is also asked whether to stop.

    Raises:
        ConfigError: a tag is none, or the token's file can't be read.
        SetupError: what is kept can't be read.
    """

    name = NAME

    def __init__(
        self, settings: MastodonSettings, events: SourceEvents, state_dir: Path, clock: Clock | None = None
    ) -> None:
        self._end = threading.Event()
        given = clock or Clock()
        self._clock = replace(given, stopped=lambda: self._end.is_set() or given.stopped())
        self._queue: Queue[Item] = Queue(QUEUED_ITEMS)
        self._error: BaseException | None = None
        self._timelines = timelines_of(settings)
        self._brands = {tag.name: tag.brand for tag in tags_of(settings.tags)}
        self._events = events
        self._api = Api(settings, events.budget)
        self._books = Books(Marks(state_file(state_dir, self._api.instance)))

    def __iter__(self) -> Iterator[Item]:
        """Tweets as they come, until it is closed.

        Raises:
            ConfigError: the server wants a token, or refuses it.
            SourceError: it refuses the request.
        """
        threads = self._start()
        try:
            while any(thread.is_alive() for thread in threads) or not self._queue.empty():
                try:
                    yield self._queue.get(timeout=LOOK_SECONDS)
                except Empty:
                    continue
        finally:
            self.close()
            for thread in threads:
                thread.join(JOIN_SECONDS)
        if self._error is not None:
            raise self._error

    def acknowledged(self, tweets: Sequence[Tweet]) -> None:
        """Kafka has these tweets; at the end that is written down at once."""
        self._books.acknowledged(tweets)
        if self._end.is_set():
            self._books.close()

    def close(self) -> None:
        """End every read that blocks, and write down how far Kafka has it."""
        self._end.set()
        self._api.close()
        self._books.close()

    def _start(self) -> list[threading.Thread]:
        connections = Connections(len(self._timelines), self._events)
        threads = []
        for timeline in self._timelines:
            reading = Reading(
                timeline, self._api, self._books, self._brands, self._events, connections, self._clock, self._put
            )
            threads.append(
                threading.Thread(target=self._guarded, args=(reading,), name=f"mastodon {timeline.name}", daemon=True)
            )
        for thread in threads:
            thread.start()
        return threads

    def _guarded(self, reading: Reading) -> None:
        try:
            reading.run()
        except _Ended:
            return
        except BaseException as error:
            # A connection that is shut while it is read fails in many ways.
            if not self._end.is_set():
                self._error = error
                self.close()

    def _put(self, item: Item) -> None:
        while True:
            try:
                self._queue.put(item, timeout=LOOK_SECONDS)
            except Full:
                if self._end.is_set():
                    raise _Ended from None
                continue
            return


def state_file(state_dir: Path, instance: str) -> Path:
    """Where it is kept how far Kafka has a server's timelines."""
    return state_dir / "sources" / f"mastodon-{instance.replace(':', '-')}.json"

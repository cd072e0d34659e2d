"""A live source's items, read in a thread of its own, so that whoever takes them never waits for the source."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from queue import Empty, Full, Queue

from pipeline.sources.source import Item, LiveSource

QUEUED_ITEMS = 1_000
"""What is read ahead. When it is full the source is not read: back-pressure reaches its connection."""

TICK_SECONDS = 0.2
END_SECONDS = 5.0
"""How long a source that was closed may take to end; then it is left alone."""


class Live:
    """Yields a live source's items, and None every tick in which nothing comes, until it is stopped.

    Args:
        source: read in a daemon thread while this is iterated, once.
        stopped: asked at least once a tick; once it says so, the source is closed, and what it has read by then
            is still yielded.

    Raises (while iterated):
        Whatever the source raises, after all that it has yielded.
    """

    def __init__(
        self,
        source: LiveSource,
        stopped: Callable[[], bool],
        *,
        queued: int = QUEUED_ITEMS,
        tick: float = TICK_SECONDS,
        end_seconds: float = END_SECONDS,
    ) -> None:
        self._source = source
        self._stopped = stopped
        self._tick = tick
        self._end_seconds = end_seconds
        self._queue: Queue[Item] = Queue(queued)
        self._abandoned = threading.Event()
        self._error: BaseException | None = None

    def __iter__(self) -> Iterator[Item | None]:
        thread = threading.Thread(target=self._read, name=f"source-{self._source.name}", daemon=True)
        thread.start()
        try:
            yield from self._until_ended(thread)
        finally:
            # Nobody takes any more, be it for an error: the thread must not wait for that.
            self._abandoned.set()
            self._source.close()
            thread.join(self._end_seconds)
        if self._error is not None:
            raise self._error

    def _until_ended(self, thread: threading.Thread) -> Iterator[Item | None]:
        left_at = float("inf")
        while time.monotonic() < left_at:
            # Asked before it is looked: what a thread that has ended put there is there.
            alive = thread.is_alive()
            try:
                yield self._queue.get(block=alive, timeout=self._tick)
            except Empty:
                if not alive:
                    return
                yield None
            if left_at == float("inf") and self._stopped():
                left_at = time.monotonic() + self._end_seconds
                self._source.close()
        yield from self._rest()

    def _rest(self) -> Iterator[Item]:
        while not self._queue.empty():
            yield self._queue.get()

    def _read(self) -> None:
        try:
            for item in self._source:
                if not self._put(item):
                    return
        except BaseException as error:
            self._error = error

    def _put(self, item: Item) -> bool:
        while not self._abandoned.is_set():
            try:
                self._queue.put(item, timeout=self._tick)
            except Full:
                continue
            return True
        return False

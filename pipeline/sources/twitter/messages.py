"""What the threads of a source hand to the one iterator that yields."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pipeline.sources.source import Item
from pipeline.sources.twitter.search import Stopped

CAPACITY = 1_000
LOOK_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Streamed:
    """An item of the stream."""

    item: Item


@dataclass(frozen=True, slots=True)
class Refilled:
    """An item that was missed, and the number of its gap."""

    item: Item
    gap: int


@dataclass(frozen=True, slots=True)
class Complete:
    """All of a gap was handed on before this."""

    gap: int


@dataclass(frozen=True, slots=True)
class Alive:
    """All that is older than this id was handed on before this."""

    id: int


@dataclass(frozen=True, slots=True)
class Failed:
    """A thread has ended with an error."""

    error: BaseException


Message = Streamed | Refilled | Complete | Alive | Failed


class Mailbox:
    """A bounded queue: who is faster waits, so that a slow Kafka slows the stream down and fills no memory.

    Args:
        stopped: once it says so, waiting ends.
    """

    def __init__(self, stopped: Callable[[], bool]) -> None:
        self._queue: queue.Queue[Message] = queue.Queue(CAPACITY)
        self._stopped = stopped

    def put(self, message: Message) -> None:
        """Hand a message on, when there is room.

        Raises:
            Stopped: nobody takes it any more.
        """
        while not self._stopped():
            try:
                self._queue.put(message, timeout=LOOK_SECONDS)
            except queue.Full:
                continue
            return
        raise Stopped

    def __iter__(self) -> Iterator[Message]:
        """The messages in their order, until it is stopped; what is there by then comes too."""
        while not (self._stopped() and self._queue.empty()):
            try:
                yield self._queue.get(timeout=LOOK_SECONDS)
            except queue.Empty:
                continue

"""What was read and not taken yet: one queue for all threads of a source, bounded by number and by bytes."""

from __future__ import annotations

import sys
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from pipeline.domain.tweet import Tweet
from pipeline.sources.live.feed import Alive, Read
from pipeline.sources.source import Unreadable

MOST_ENTRIES = 1_000
MOST_BYTES = 16_000_000
"""When it is full, nothing more is read: back-pressure reaches the connection."""

ENTRY_BYTES = 1_000
"""Of a tweet, its text aside."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a thread hands on: of which feed, and of which of its gaps, if of one; None says that this gap is read."""

    feed: str
    what: Read | Alive | None
    gap: int | None = None

    @property
    def size(self) -> int:
        """About how many bytes of memory it takes."""
        item = self.what.item if isinstance(self.what, Read) else None
        if isinstance(item, Unreadable):
            return ENTRY_BYTES + len(item.raw)
        return ENTRY_BYTES + (sys.getsizeof(item.text) if isinstance(item, Tweet) else 0)


class Backlog:
    """Safe from several threads. A single entry may be larger than all that is allowed: it waits until it is alone.

    Args:
        entries: how many it holds.
        size: how many bytes.
    """

    def __init__(self, entries: int = MOST_ENTRIES, size: int = MOST_BYTES) -> None:
        self._most, self._most_bytes = entries, size
        self._entries: deque[Entry] = deque()
        self._bytes = 0
        self._changed = threading.Condition()

    def put(self, entry: Entry, abandoned: Callable[[], bool], tick: float) -> bool:
        """Hand an entry on when there is room; False if nobody takes any more, which is asked every `tick` seconds."""
        with self._changed:
            while not self._has_room(entry):
                if abandoned():
                    return False
                # Nobody notifies this condition when the source is abandoned, so that is asked every tick.
                self._changed.wait(tick)
            self._entries.append(entry)
            self._bytes += entry.size
            self._changed.notify_all()
        return True

    def take(self, seconds: float) -> Entry | None:
        """The next entry, waited for so long; None if there is none."""
        with self._changed:
            if not self._entries:
                self._changed.wait_for(lambda: bool(self._entries), seconds)
            if not self._entries:
                return None
            entry = self._entries.popleft()
            self._bytes -= entry.size
            self._changed.notify_all()
        return entry

    def _has_room(self, entry: Entry) -> bool:
        fits = len(self._entries) < self._most and self._bytes + entry.size <= self._most_bytes
        return fits or not self._entries

"""How far Kafka has each feed of a source, and what was missed; kept on disk, so that a killed collector loses nothing.

What always holds: a tweet that a feed has shown, and that is not newer than its `newest` position, is acknowledged by
Kafka or lies in a gap that is still open. Both are in one file, which is replaced as a whole.
"""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline import log
from pipeline.errors import SetupError
from pipeline.sources.live.feed import Gap, Position
from pipeline.sources.live.open_gaps import OpenGap, merge
from pipeline.sources.live.saved import Remembered, load, save
from pipeline.sources.pacing import Clock

SAVE_SECONDS = 1.0
"""Acknowledgements come several times a second. What a crash forgets of them is asked for anew, and known by its id."""


@dataclass(slots=True)
class _Feed:
    newest: Position | None = None
    pending: deque[tuple[int, Position]] = field(default_factory=deque)


@dataclass(frozen=True, slots=True)
class Taken:
    """A gap that is to be read, and its number; `is_backfilled` where the server sends its tweets by itself."""

    number: int
    gap: Gap
    is_backfilled: bool


@dataclass(frozen=True, slots=True)
class Closed:
    """A gap that is no longer open: all of its tweets that came are in Kafka.

    Attributes:
        after: where it began.
        lost_after: where the part begins that could not be had; None where all of it came.
        tweets: how many came.
        is_routine: nothing was missed.
    """

    after: Position
    lost_after: Position | None
    tweets: int
    is_routine: bool


class Resume:
    """The newest position of each feed and the open gaps; used from several threads.

    Tweets are counted as they are handed on, over all feeds; acknowledgements come in the same order, so that a count
    says which of them Kafka has.

    Args:
        path: the file. It is made with the first acknowledgement.
        closed: told when a gap is closed.
        clock: by which it is saved, about once a second.

    Raises:
        SetupError: the file is there and can't be read.
    """

    def __init__(
        self, path: Path, *, closed: Callable[[Closed], object] = lambda closed: None, clock: Clock | None = None
    ) -> None:
        self._path = path
        self._closed = closed
        self._clock = clock or Clock()
        # Reentrant, because methods that hold it call each other.
        self._lock = threading.RLock()
        self._feeds: defaultdict[str, _Feed] = defaultdict(_Feed)
        self._gaps: dict[int, OpenGap] = {}
        self._number = 0
        for feed, found in load(path).items():
            self._feeds[feed].newest = found.newest
            for gap in found.gaps:
                self._add(OpenGap(feed, gap, is_connected=gap.until is not None))
        self._handed_on = self._acknowledged = 0
        self._saved_at = float("-inf")
        self._is_changed = False

    def newest(self, feed: str) -> Position | None:
        """Up to where everything is in Kafka, the gaps aside; None before the first tweet."""
        with self._lock:
            return self._feeds[feed].newest

    def reached(self, feed: str) -> Position | None:
        """Up to where everything is in Kafka or in a gap."""
        with self._lock:
            ends = [gap.until for gap in self.gaps(feed) if gap.until is not None]
            return max((*ends, *filter(None, [self.newest(feed)])), key=lambda end: end.order, default=None)

    def gaps(self, feed: str | None = None) -> tuple[Gap, ...]:
        """Those that are open, of one feed or of all, the oldest first."""
        with self._lock:
            found = [entry.gap for entry in self._gaps.values() if feed in (None, entry.feed)]
            return tuple(sorted(found, key=lambda gap: gap.after.order))

    def begin(self, feed: str, position: Position) -> None:
        """Where a feed begins that was never read: what is older is not asked for.

        Raises:
            SetupError: that can't be written down.
        """
        with self._lock:
            if self._feeds[feed].newest is None:
                self._raise_to(feed, position)
                self.save()

    def handed_on(self, gap: int | None = None) -> None:
        """A tweet goes to Kafka; `gap` is the number of the one that it closes a part of."""
        with self._lock:
            self._handed_on += 1
            if gap in self._gaps:
                self._gaps[gap].tweets += 1

    def read_up_to(self, feed: str, position: Position) -> None:
        """All that the feed showed up to there is handed on by now: once Kafka has that, it has all up to there."""
        with self._lock:
            pending = self._feeds[feed].pending
            # Keep-alives move the position without a tweet: one entry for each count keeps a quiet night out of memory.
            if pending and pending[-1][0] == self._handed_on:
                position = max(position, pending.pop()[1], key=lambda known: known.order)
            pending.append((self._handed_on, position))
            self._settle()

    def acknowledged(self, tweets: int) -> None:
        """Kafka has so many more of those that were handed on."""
        with self._lock:
            self._acknowledged += tweets
            self._settle()

    def lost_connection(self, feed: str, after: Position) -> None:
        """From that position on nothing is known, until `connected`."""
        with self._lock:
            for entry in self._gaps.values():
                if entry.feed == feed and entry.gap.until is None and not entry.is_taken:
                    # That gap begins earlier and is not refilled yet, so it is continued.
                    entry.is_connected = False
                    return
            self._add(OpenGap(feed, Gap(after)))

    def connected(self, feed: str, until: Position | None, *, backfilled_after: Position | None = None) -> None:
        """Tweets come again: those newer than `until` by themselves, those newer than the other by backfill."""
        with self._lock:
            for entry in self._gaps.values():
                if entry.feed == feed and not entry.is_connected:
                    entry.is_connected = self._is_changed = True
                    if until is not None:
                        # The end goes by the server's clock, which may be behind the newest tweet: the gap is empty.
                        entry.gap = replace(entry.gap, until=max(until, entry.gap.after, key=lambda end: end.order))
                    # Only where the backfill reaches back to the beginning: the search has to bring a longer gap.
                    entry.is_backfilled = (
                        backfilled_after is not None and entry.gap.after.order >= backfilled_after.order
                    )
            self._merge(feed)
            self._save_soon()

    def open(self, feed: str, gap: Gap, *, is_routine: bool = False) -> None:
        """A gap of which both ends are known."""
        with self._lock:
            self._add(OpenGap(feed, gap, is_routine, is_connected=True))
            self._merge(feed)

    def take(self, feed: str, is_due: Callable[[Gap], bool]) -> Taken | None:
        """The oldest gap that is due and that nobody has taken."""
        with self._lock:
            due = [
                (number, entry)
                for number, entry in self._gaps.items()
                if entry.feed == feed and entry.is_connected and not entry.is_taken and is_due(entry.gap)
            ]
            if not due:
                return None
            number, entry = min(due, key=lambda one: one[1].gap.after.order)
            entry.is_taken = True
            return Taken(number, entry.gap, entry.is_backfilled)

    def given_up(self, number: int, after: Position) -> None:
        """The rest of a gap can't be had, from a position on: it is closed as lost."""
        with self._lock:
            self._gaps[number].lost_after = after

    def read(self, number: int) -> None:
        """All of a gap's tweets are handed on: once Kafka has them, it is closed."""
        with self._lock:
            self._gaps[number].closes_at = self._handed_on
            self._settle()

    def save(self) -> None:
        """Write the file now, if anything has changed.

        Raises:
            SetupError: it can't be written.
        """
        with self._lock:
            if self._is_changed:
                save(self._path, {name: Remembered(feed.newest, self.gaps(name)) for name, feed in self._feeds.items()})
                self._is_changed = False
                self._saved_at = self._clock.monotonic()

    def _settle(self) -> None:
        for name, feed in self._feeds.items():
            while feed.pending and feed.pending[0][0] <= self._acknowledged:
                self._raise_to(name, feed.pending.popleft()[1])
        for number, entry in list(self._gaps.items()):
            if entry.closes_at is not None and self._acknowledged >= entry.closes_at:
                del self._gaps[number]
                # Else a feed without a newer tweet would ask for the same gap again at the next start.
                if entry.gap.until is not None:
                    self._raise_to(entry.feed, entry.gap.until)
                self._is_changed = True
                self._closed(Closed(entry.gap.after, entry.lost_after, entry.tweets, entry.is_routine))
        self._save_soon()

    def _raise_to(self, feed: str, position: Position) -> None:
        newest = self._feeds[feed].newest
        if newest is None or position.order > newest.order:
            self._feeds[feed].newest = position
            self._is_changed = True

    def _add(self, entry: OpenGap) -> None:
        # Looking the feed up makes it in the defaultdict: `save` writes the gaps of these feeds only.
        self._feeds[entry.feed]
        self._gaps[self._number] = entry
        self._number += 1
        self._is_changed = True

    def _merge(self, feed: str) -> None:
        for number in merge({number: entry for number, entry in self._gaps.items() if entry.feed == feed}):
            del self._gaps[number]

    def _save_soon(self) -> None:
        if self._clock.monotonic() - self._saved_at < SAVE_SECONDS:
            return
        try:
            self.save()
        except SetupError as error:
            # The file on the disk is still correct: a restart would only read more again. So collecting goes on.
            self._saved_at = self._clock.monotonic()
            log.get("pipeline.sources").warning(
                "resume file not saved", **{"event.action": "source-resume-failed", "error.message": error.message}
            )

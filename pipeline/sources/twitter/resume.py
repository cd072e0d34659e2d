"""How far Kafka has X's tweets, and what was missed meanwhile; kept on disk, so that a killed collector loses nothing.

What always holds: a tweet that X has shown, and that is not newer than the `frontier`, is acknowledged by Kafka or
lies in a gap that is still open. Both are in one file, which is replaced as a whole.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson

from pipeline import durable_file, log
from pipeline.errors import SetupError
from pipeline.sources.pacing import Clock

VERSION = 1
SAVE_SECONDS = 1.0
MOST_GAPS = 500
"""More than that become one: a connection that is lost every few seconds must not fill the disk."""


@dataclass(frozen=True, slots=True)
class Gap:
    """What was written after one id and before another; `until` is None while the source is not connected again."""

    after: int
    until: int | None = None


@dataclass(slots=True)
class _Open:
    gap: Gap
    tweets: int = 0
    is_taken: bool = False
    is_backfilled: bool = False
    closes_at: int | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """A gap that is to be read, and its number; `is_backfilled` where X sends its tweets by itself."""

    number: int
    gap: Gap
    is_backfilled: bool


Closed = Callable[[Gap, int], object]
"""Told of a gap all of whose tweets Kafka has, and how many they were."""


class Resume:
    """The newest id that Kafka has, and the open gaps; used from several threads.

    Args:
        path: the file. It is made with the first acknowledgement.
        closed: told when a gap is closed.
        clock: by which it is saved, about once a second.

    Raises:
        SetupError: the file is there and can't be read.
    """

    def __init__(self, path: Path, *, closed: Closed = lambda gap, tweets: None, clock: Clock | None = None) -> None:
        self._path = path
        self._closed = closed
        self._clock = clock or Clock()
        self._lock = threading.RLock()
        self._frontier, gaps = _read(path)
        self._gaps = {number: _Open(gap) for number, gap in enumerate(gaps)}
        self._number = len(gaps)
        self._yielded = self._acknowledged = 0
        self._saved_at = float("-inf")
        self._is_changed = False

    @property
    def frontier(self) -> int | None:
        """The newest id up to which everything is in Kafka, the gaps aside; None before the first tweet."""
        with self._lock:
            return self._frontier

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """Those that are open, the oldest first."""
        with self._lock:
            return tuple(sorted((entry.gap for entry in self._gaps.values()), key=lambda gap: gap.after))

    def begin(self, frontier: int) -> None:
        """Where a source begins that has never run: what is older is not asked for.

        Raises:
            SetupError: that can't be written down.
        """
        with self._lock:
            if self._frontier is None:
                self._raise_to(frontier)
                self.save()

    def yielded(self, gap: int | None = None) -> None:
        """A tweet is handed on; `gap` is the number of the one that it closes a part of."""
        with self._lock:
            self._yielded += 1
            if gap in self._gaps:
                self._gaps[gap].tweets += 1

    def acknowledged(self, ids: Sequence[int]) -> None:
        """Kafka has the next tweets of those that were handed on, in their order."""
        with self._lock:
            self._acknowledged += len(ids)
            self._raise_to(max(ids, default=0))
            self._close_read()
            self._save_soon()

    def alive(self, id_: int) -> None:
        """X has shown all that is older than this id: if Kafka has all that was handed on, it has all up to there."""
        with self._lock:
            if self._acknowledged >= self._yielded:
                self._raise_to(id_ - 1)
                self._save_soon()

    def lost_connection(self, after: int) -> None:
        """From that id on nothing is known, until `connected`."""
        with self._lock:
            if not any(entry.gap.until is None for entry in self._gaps.values()):
                self._open(Gap(after))

    def connected(self, until: int, *, backfilled_after: int | None = None) -> None:
        """Tweets come again: those newer than `until` by themselves, those newer than the other id by backfill."""
        with self._lock:
            for entry in self._gaps.values():
                if entry.gap.until is None:
                    entry.gap = replace(entry.gap, until=max(until, entry.gap.after + 1))
                    entry.is_backfilled = backfilled_after is not None and entry.gap.after >= backfilled_after
            self._merge()
            self._is_changed = True
            self._save_soon()

    def open(self, after: int, until: int) -> None:
        """A gap of which both ends are known."""
        with self._lock:
            self._open(Gap(after, until))
            self._merge()

    def take(self, before: int) -> Taken | None:
        """The oldest gap that ends before an id and that nobody has taken."""
        with self._lock:
            due = [
                (number, entry)
                for number, entry in self._gaps.items()
                if not entry.is_taken and entry.gap.until is not None and entry.gap.until <= before
            ]
            if not due:
                return None
            number, entry = min(due, key=lambda one: one[1].gap.after)
            entry.is_taken = True
            return Taken(number, entry.gap, entry.is_backfilled)

    def read(self, number: int) -> None:
        """All of a gap's tweets are handed on: once Kafka has them, it is closed."""
        with self._lock:
            self._gaps[number].closes_at = self._yielded
            self._close_read()
            self._save_soon()

    def lose(self, number: int) -> int:
        """Give a gap up, and say how many of its tweets were handed on before."""
        with self._lock:
            tweets = self._gaps.pop(number).tweets
            self._is_changed = True
            self._save_soon()
            return tweets

    def save(self) -> None:
        """Write the file now, if anything has changed.

        Raises:
            SetupError: it can't be written.
        """
        with self._lock:
            if not self._is_changed:
                return
            gaps = [asdict(gap) for gap in self.gaps]
            _write(self._path, orjson.dumps({"version": VERSION, "newest": self._frontier, "gaps": gaps}))
            self._is_changed = False
            self._saved_at = self._clock.monotonic()

    def _raise_to(self, id_: int) -> None:
        if self._frontier is None or id_ > self._frontier:
            self._frontier = id_
            self._is_changed = True

    def _open(self, gap: Gap) -> None:
        self._gaps[self._number] = _Open(gap)
        self._number += 1
        self._is_changed = True
        self._save_soon()

    def _close_read(self) -> None:
        for number, entry in list(self._gaps.items()):
            if entry.closes_at is not None and self._acknowledged >= entry.closes_at:
                del self._gaps[number]
                self._raise_to((entry.gap.until or 0) - 1)
                self._is_changed = True
                self._closed(entry.gap, entry.tweets)

    def _merge(self) -> None:
        """Make one of those that overlap and that nobody reads; `until` is known of all of them."""
        free = sorted(
            ((number, entry) for number, entry in self._gaps.items() if not entry.is_taken and entry.gap.until),
            key=lambda one: one[1].gap.after,
        )
        is_crowded = len(free) > MOST_GAPS
        for (number, first), (_, second) in pairwise(free):
            assert first.gap.until is not None
            assert second.gap.until is not None
            if is_crowded or second.gap.after <= first.gap.until:
                second.gap = Gap(first.gap.after, max(first.gap.until, second.gap.until))
                second.tweets += first.tweets
                second.is_backfilled &= first.is_backfilled
                del self._gaps[number]

    def _save_soon(self) -> None:
        if self._clock.monotonic() - self._saved_at < SAVE_SECONDS:
            return
        try:
            self.save()
        except SetupError as error:
            # What is on disk still holds: after a restart more is asked for again. The flow goes on.
            self._saved_at = self._clock.monotonic()
            log.get("pipeline.sources").warning(
                "state of X not saved", **{"event.action": "source-resume-failed", "error.message": error.message}
            )


def _read(path: Path) -> tuple[int | None, list[Gap]]:
    try:
        found: Any = orjson.loads(path.read_bytes())
        gaps = [Gap(int(gap["after"]), None if gap["until"] is None else int(gap["until"])) for gap in found["gaps"]]
        newest = found["newest"]
        if found["version"] != VERSION:
            raise ValueError
        return None if newest is None else int(newest), gaps
    except FileNotFoundError:
        return None, []
    except OSError as error:
        raise SetupError(f"{path} can't be read ({error.strerror}): let this user read it") from None
    except (ValueError, TypeError, KeyError):
        # Better a gap that is not known of than a source that never starts again.
        log.get("pipeline.sources").warning(
            "state of X is damaged: begins anew", **{"event.action": "source-resume-damaged", "file.path": str(path)}
        )
        return None, []


def _write(path: Path, content: bytes) -> None:
    try:
        durable_file.replace(path, content)
    except OSError as error:
        raise SetupError(f"{path} can't be written ({error.strerror}): it remembers where X was left") from None

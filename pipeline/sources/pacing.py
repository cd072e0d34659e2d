"""The time at which an item is due."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from pipeline.domain.tweet import Tweet
from pipeline.sources.source import Item

T = TypeVar("T")

TICK = 0.01
"""Seconds that an item may be early: a thousand short sleeps a second would cost more than they pace."""

LONGEST_SLEEP = 0.1
"""Seconds after which a sleeper looks whether it should stop."""


@dataclass(frozen=True)
class Clock:
    """The time and a way to wait for it; tests have one of their own.

    Attributes:
        stopped: asked while sleeping; once it says so, sleeping ends at once.
    """

    stopped: Callable[[], bool] = lambda: False

    def now(self) -> datetime:
        """The time of day, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        until = time.monotonic() + seconds
        while not self.stopped() and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, LONGEST_SLEEP))

    def wait_until(self, due: float) -> None:
        """Sleep until `monotonic()` is `due`, unless that is less than a tick away."""
        early = due - self.monotonic()
        if early > TICK:
            self.sleep(early)


def at_rate(items: Iterable[T], rate: float, clock: Clock) -> Iterator[T]:
    """Yield the items evenly, `rate` to the second, catching up after a delay."""
    begun = clock.monotonic()
    for count, item in enumerate(items):
        clock.wait_until(begun + count / rate)
        yield item


def when_written(items: Iterable[Item], clock: Clock) -> Iterator[Item]:
    """Hold each tweet back until the time that it was written at; the past, and what has no time, goes at once."""
    now, begun = clock.now(), clock.monotonic()
    for item in items:
        if isinstance(item, Tweet) and item.written_at is not None:
            clock.wait_until(begun + (item.written_at - now).total_seconds())
        yield item

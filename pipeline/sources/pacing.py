"""When an item is due. Time and sleep come in as arguments, so that a test needs neither."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

Clock = Callable[[], float]
Sleep = Callable[[float], None]

TICK = 0.01
"""Seconds that an item may be early: a thousand short sleeps a second would cost more than they pace."""


def at_rate(
    items: Iterable[T], rate: float, *, clock: Clock = time.monotonic, sleep: Sleep = time.sleep
) -> Iterator[T]:
    """Yield the items evenly, `rate` to the second, catching up after a delay."""
    begun = clock()
    for count, item in enumerate(items):
        wait_until(begun + count / rate, clock=clock, sleep=sleep)
        yield item


def wait_until(due: float, *, clock: Clock = time.monotonic, sleep: Sleep = time.sleep) -> None:
    """Sleep until the clock says `due`, unless that is less than a tick away."""
    early = due - clock()
    if early > TICK:
        sleep(early)

"""Processor time, for claims about how it grows."""

from __future__ import annotations

import time
from collections.abc import Callable


def seconds(work: Callable[[], object]) -> float:
    """Processor time of the best of three."""
    times = []
    for _ in range(3):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def assert_linear(work: Callable[[str], object], piece: str) -> None:
    """Eight times the text costs less than three times eight; a quadratic path would cost 64 times."""
    short, long = piece * 5_000, piece * 40_000
    assert seconds(lambda: work(long)) < 24 * seconds(lambda: work(short)) + 0.02

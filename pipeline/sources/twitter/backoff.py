"""How long to wait before the next attempt: what the API documents for each kind of fault. Pure.

A lost connection is made anew at once, then 250 ms later each time, up to 16 s; after HTTP 5xx twice as long each
time, from 5 s to 320 s; after 420 and 429 until the limit is reset, or twice as long each time from a minute
(X's page "Handling disconnections"). A used-up quota is asked for again every quarter of an hour to an hour.
"""

from __future__ import annotations

from collections import Counter

from pipeline.sources.source import Fault

LIVED = 10.0
"""Seconds after which a connection counts as made: one that is lost sooner does not begin the waits anew."""

_LINEAR_STEP, _LINEAR_MOST = 0.25, 16.0
_DOUBLING = {
    Fault.SERVER: (5.0, 320.0),
    Fault.OTHER: (5.0, 320.0),
    Fault.RATE_LIMIT: (60.0, 960.0),
    Fault.QUOTA: (900.0, 3_600.0),
}
_REFUSED_CONNECTION = (5.0, 320.0)


class Backoff:
    """Counts the attempts that failed in a row."""

    def __init__(self) -> None:
        self._failed: Counter[Fault] = Counter()

    def wait(self, fault: Fault, *, told: float | None = None, status: int = 200) -> float:
        """Seconds until the next attempt.

        Args:
            fault: why this one failed.
            told: what the server said, which counts unless it said so before and it did not help.
            status: of the answer; a stream that was running is lost with 200, and is not lost by being refused.
        """
        before = self._failed[fault]
        self._failed[fault] += 1
        first, most = _DOUBLING.get(fault, _REFUSED_CONNECTION)
        doubled = min(first * 2.0 ** min(before, 16), most)
        if told is not None:
            return told if before == 0 else max(told, min(doubled, most))
        if fault in _DOUBLING or status != 200:
            return doubled
        return min(_LINEAR_STEP * before, _LINEAR_MOST)

    def succeeded(self) -> None:
        """The next failure is the first one again."""
        self._failed.clear()

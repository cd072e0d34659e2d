"""How long to wait before the next attempt: one policy for all sources; each brings its own waits as data."""

from __future__ import annotations

import copy
import random
from collections import Counter
from collections.abc import Callable

from tenacity import RetryCallState
from tenacity.wait import wait_base

from pipeline.domain.faults import Fault
from pipeline.sources.live.feed import Interrupted, Waits

LIVED = 10.0
"""Seconds after which a connection counts as made: one that is lost sooner does not begin the waits anew."""

JITTER = 0.25
"""Each wait is up to this part longer, at random: a server's clients do not all come back at once."""


class Backoff(wait_base):
    """A wait of tenacity's after an `Interrupted`; it counts the attempts that failed in a row, by their fault.

    Args:
        waits: the source's.
        uniform: a random number between two.
    """

    def __init__(self, waits: Waits, uniform: Callable[[float, float], float] = random.uniform) -> None:
        self._waits = waits
        self._uniform = uniform
        self._failed: Counter[tuple[Fault, bool]] = Counter()

    def __call__(self, retry_state: RetryCallState) -> float:
        """Seconds until the next attempt. What the server said counts, unless it said so before and it did not help."""
        assert retry_state.outcome is not None
        why = retry_state.outcome.exception()
        assert isinstance(why, Interrupted)
        self._failed[why.fault, why.refused] += 1
        # tenacity counts all attempts in a row, but a wait grows with those that had the same fault.
        attempt = copy.copy(retry_state)
        attempt.attempt_number = self._failed[why.fault, why.refused]
        grown = self._waits.of(why)(attempt)
        if why.wait is not None:
            told = min(why.wait, self._waits.longest_told)
            return told if attempt.attempt_number == 1 else max(told, grown)
        return grown * self._uniform(1.0, 1.0 + JITTER)

    def succeeded(self) -> None:
        """The next failure is the first one again."""
        self._failed.clear()

"""Attempts through an outage: one after another, without a last one, since an outage may take days."""

from __future__ import annotations

import threading
from collections.abc import Callable

from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_exponential
from tenacity.nap import sleep_using_event
from tenacity.retry import retry_base

from pipeline.errors import SinkUnavailable

FIRST_WAIT, LONGEST_WAIT = 1.0, 30.0
"""Seconds."""


def attempts(
    stop: threading.Event,
    before_wait: Callable[[RetryCallState], None],
    *,
    retry: retry_base | None = None,
    first_wait: float = FIRST_WAIT,
) -> Retrying:
    """A loop of attempts, each after a longer wait than the one before, up to `LONGEST_WAIT`.

    Args:
        stop: ends a wait; the next attempt has to look at it.
        before_wait: is called with each attempt that failed.
        retry: what counts as failed; by default SinkUnavailable.
        first_wait: seconds.
    """
    return Retrying(
        retry=retry or retry_if_exception_type(SinkUnavailable),
        wait=wait_exponential(multiplier=first_wait, max=LONGEST_WAIT),
        sleep=sleep_using_event(stop),
        before_sleep=before_wait,
    )

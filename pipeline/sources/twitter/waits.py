"""Which fault of X waits how long, as its page "Handling disconnections" has it.

A lost connection is made anew at once, then 250 ms later each time, up to 16 s; after HTTP 5xx twice as long each
time, from 5 s to 320 s; after 420 and 429 until the limit is reset, or twice as long each time from a minute.
"""

from __future__ import annotations

from tenacity.wait import wait_exponential, wait_incrementing

from pipeline.domain.faults import Fault
from pipeline.sources.live.feed import Waits

_LOST = wait_incrementing(start=0, increment=0.25, max=16)
_REFUSED = wait_exponential(multiplier=5, max=320)

WAITS = Waits(
    lost={
        Fault.NETWORK: _LOST,
        Fault.STALL: _LOST,
        Fault.DISCONNECTED: _LOST,
        Fault.SERVER: _REFUSED,
        Fault.OTHER: _REFUSED,
        Fault.RATE_LIMIT: wait_exponential(multiplier=60, max=960),
        # Not documented: credits are bought, or a new month begins.
        Fault.QUOTA: wait_exponential(multiplier=900, max=3_600),
    },
    # Too many connections: the one that was lost still counts there.
    refused={Fault.DISCONNECTED: _REFUSED},
    longest_told=86_400.0,
)

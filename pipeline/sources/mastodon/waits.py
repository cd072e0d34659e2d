"""Which fault of a Mastodon server waits how long.

Its documentation asks for no more than to respect the rate limits' headers (https://docs.joinmastodon.org/api/rate-limits/,
300 requests in five minutes); the rest is twice as long each time from a second, up to a minute.
"""

from __future__ import annotations

from tenacity.wait import wait_exponential

from pipeline.domain.faults import Fault
from pipeline.sources.live.feed import Waits

WAITS = Waits(lost={Fault.OTHER: wait_exponential(multiplier=1, max=60)}, refused={}, longest_told=900.0)

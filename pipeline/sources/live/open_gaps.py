"""Gaps that are open: what is known of each, and which of them become one. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from pipeline.sources.live.feed import Gap, Position

MOST_GAPS = 500
"""More than that of a feed become one: a connection that is lost every few seconds must not fill the disk."""


@dataclass(slots=True)
class OpenGap:
    """A gap of a feed.

    Attributes:
        feed: whose.
        gap: where it begins and, once the feed is connected again, where it ends.
        is_routine: nothing was missed.
        is_connected: what comes after it comes by itself.
        tweets: how many of it were handed on.
        is_taken: it is being refilled.
        is_backfilled: the server sends its tweets by itself.
        lost_after: where the part begins that can't be had.
        closes_at: the number of tweets that Kafka has to have until it is closed; None while it is refilled.
    """

    feed: str
    gap: Gap
    is_routine: bool = False
    is_connected: bool = False
    tweets: int = 0
    is_taken: bool = False
    is_backfilled: bool = False
    lost_after: Position | None = None
    closes_at: int | None = None


def merge(gaps: Mapping[int, OpenGap]) -> list[int]:
    """Make one of those of a feed that overlap and that nobody refills; the numbers of those that are in others now.

    Those whose end is not known are left as they are. What is refilled twice would only cost requests.
    """
    free = sorted(
        (
            (number, found, found.gap.until)
            for number, found in gaps.items()
            if not found.is_taken and found.gap.until is not None
        ),
        key=lambda one: one[1].gap.after.order,
    )
    ends = {number: until for number, _, until in free}
    gone = []
    # Each gap is taken into the next one, so that a chain of them ends up as its last.
    for (number, first, _), (next_number, second, _) in pairwise(free):
        # Beyond the limit gaps are joined across what lies between: tweets that come twice are known by their ids.
        if len(free) > MOST_GAPS or second.gap.after.order <= ends[number].order:
            ends[next_number] = max(ends[number], ends[next_number], key=lambda end: end.order)
            second.gap = Gap(first.gap.after, ends[next_number])
            second.tweets += first.tweets
            second.is_backfilled &= first.is_backfilled
            second.is_routine &= first.is_routine
            gone.append(number)
    return gone

"""The time that a report is about. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

MOST_MOMENTS = 60
"""More can't be told apart in a chart."""

_STEPS = tuple(
    timedelta(seconds=seconds)
    for seconds in (1, 5, 15, 30, 60, 300, 900, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400, 604_800, 2_592_000)
)


@dataclass(frozen=True, slots=True)
class Period:
    """From `since`, which is in it, to `until`, which is not; whole seconds with an offset."""

    since: datetime
    until: datetime

    @property
    def length(self) -> timedelta:
        """How long it is."""
        return self.until - self.since

    @property
    def before(self) -> Period:
        """The period of the same length that ends where this one begins."""
        return Period(self.since - self.length, self.since)

    @property
    def step(self) -> timedelta:
        """The length of the intervals of a chart over time: at most 60 of them, unless they are months."""
        return next((step for step in _STEPS if self.length <= MOST_MOMENTS * step), _STEPS[-1])

    @property
    def moments(self) -> tuple[datetime, ...]:
        """The begin of each interval; the last one may be shorter."""
        return tuple(self.since + number * self.step for number in range(-(-self.length // self.step)))


def last(length: timedelta, now: datetime) -> Period:
    """The period of this length that ends now."""
    until = now.replace(microsecond=0)
    return Period(until - length, until)

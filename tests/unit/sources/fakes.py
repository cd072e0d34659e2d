"""Doubles for sources."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from pipeline.domain.tweet import Tweet
from pipeline.sources.pacing import Clock

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class FakeClock(Clock):
    """A clock that only moves when somebody sleeps; `slept` is how long in all, in seconds."""

    slept: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return NOON + timedelta(seconds=sum(self.slept))

    def monotonic(self) -> float:
        return 1_000.0 + sum(self.slept)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


class Listed:
    """A source of given items."""

    name = "listed"

    def __init__(self, items):
        self.items = items

    def __iter__(self):
        return iter(self.items)


def tweet(number: int, written_at: datetime | None = None, **fields) -> Tweet:
    return Tweet(
        **({"id": f"x:{number}", "text": f"tweet {number}", "source": "test", "written_at": written_at} | fields)
    )

"""Spark's query events are passed on; idleness is a sign of life."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from pipeline.telemetry.listener import Listener


class Noted:
    """Notes which events come."""

    def __init__(self) -> None:
        self.seen: list[Any] = []

    def progressed(self, durations: dict[str, int]) -> None:
        self.seen.append(durations)

    def idle(self) -> None:
        self.seen.append("idle")


def test_events_are_passed_on() -> None:
    """Progress with its durations, and idleness; start and end are told by the run itself."""
    noted = Noted()
    listener = Listener(noted)  # type: ignore[arg-type]
    event: Any = SimpleNamespace(progress=SimpleNamespace(durationMs={"addBatch": 7}))
    listener.onQueryStarted(event)
    listener.onQueryProgress(event)
    listener.onQueryIdle(event)
    listener.onQueryTerminated(event)
    assert noted.seen == [{"addBatch": 7}, "idle"]

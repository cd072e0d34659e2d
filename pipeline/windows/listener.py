"""Spark's events of the windows' query: what became of each record is in its progress."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pyspark.sql.streaming.listener import (
    QueryIdleEvent,
    QueryProgressEvent,
    QueryStartedEvent,
    QueryTerminatedEvent,
    StreamingQueryListener,
)

from pipeline.telemetry.windows import Progress, WindowsEvents
from pipeline.windows.query import OBSERVED

_TWEETS, _WINDOWS = "dedupeWithinWatermark", "applyInPandasWithState"
"""Spark's names of the operators that keep a state."""


class WindowsListener(StreamingQueryListener):
    """Passes Spark's events on."""

    def __init__(self, events: WindowsEvents) -> None:
        self._events = events

    def onQueryStarted(self, event: QueryStartedEvent) -> None:  # noqa: N802
        """Told by the run itself, which also knows of a start that failed."""

    def onQueryProgress(self, event: QueryProgressEvent) -> None:  # noqa: N802
        self._events.progressed(progress_of(event.progress))

    def onQueryIdle(self, event: QueryIdleEvent) -> None:  # noqa: N802
        self._events.idle()

    def onQueryTerminated(self, event: QueryTerminatedEvent) -> None:  # noqa: N802
        """Told by the run itself."""


def progress_of(progress: Any) -> Progress:
    """A batch's counts, out of Spark's progress."""
    operators = {operator.operatorName: operator for operator in progress.stateOperators}
    tweets, windows = operators.get(_TWEETS), operators.get(_WINDOWS)
    observed = progress.observedMetrics.get(OBSERVED)
    counts = observed.asDict() if observed is not None else {}
    return Progress(
        batch=progress.batchId,
        read=counts.get("read", 0),
        unreadable=counts.get("unreadable", 0),
        ahead=counts.get("ahead", 0),
        late=tweets.numRowsDroppedByWatermark if tweets else 0,
        repeated=tweets.customMetrics.get("numDroppedDuplicateRows", 0) if tweets else 0,
        seconds=progress.durationMs.get("triggerExecution", 0) / 1000,
        watermark=_seconds(progress.eventTime.get("watermark")),
        state={"tweets": tweets.numRowsTotal if tweets else 0, "windows": windows.numRowsTotal if windows else 0},
    )


def _seconds(time: str | None) -> float | None:
    """Seconds of the epoch; None for 0, which is Spark's for no watermark yet."""
    return (datetime.fromisoformat(time).timestamp() or None) if time else None

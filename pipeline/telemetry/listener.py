"""Spark's query events. Since Spark 3.5 an idle query says so, instead of sending progress: it is alive."""

from __future__ import annotations

from pyspark.sql.streaming.listener import (
    QueryIdleEvent,
    QueryProgressEvent,
    QueryStartedEvent,
    QueryTerminatedEvent,
    StreamingQueryListener,
)

from pipeline.telemetry.events import StreamEvents


class Listener(StreamingQueryListener):
    """Passes Spark's events on."""

    def __init__(self, events: StreamEvents) -> None:
        self._events = events

    def onQueryStarted(self, event: QueryStartedEvent) -> None:  # noqa: N802
        """Told by the run itself, which also knows of a start that failed."""

    def onQueryProgress(self, event: QueryProgressEvent) -> None:  # noqa: N802
        self._events.progressed(dict(event.progress.durationMs))

    def onQueryIdle(self, event: QueryIdleEvent) -> None:  # noqa: N802
        self._events.idle()

    def onQueryTerminated(self, event: QueryTerminatedEvent) -> None:  # noqa: N802
        """Told by the run itself."""

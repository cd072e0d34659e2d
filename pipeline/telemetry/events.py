"""Events of the stream: each is one log line and the metrics that belong to it, so they can't disagree."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from pipeline import log
from pipeline.domain.names import QUERY
from pipeline.domain.outcome import Outcome
from pipeline.domain.prediction import Task
from pipeline.errors import PipelineError, SinkUnavailable
from pipeline.telemetry.metrics import PHASES, StreamMetrics


class StreamEvents:
    """Tells log and metrics alike."""

    def __init__(self, metrics: StreamMetrics, clock: Callable[[], float] = time.time) -> None:
        self._metrics = metrics
        self._clock = clock
        self._log = log.get("pipeline.stream")
        self._waits: set[tuple[str, str]] = set()
        self.total = Outcome()
        self.on_batch: Callable[[Outcome], object] = lambda total: None

    def started(self) -> None:
        """The query runs."""
        self._metrics.active.labels(QUERY).set(1)
        self._alive()
        self._log.info("stream started", **{"event.action": "stream-started"})

    def ended(self) -> None:
        """The query does not run any more."""
        self._metrics.active.labels(QUERY).set(0)
        self._log.info("stream ended", **{"event.action": "stream-ended"})

    def idle(self) -> None:
        """Nothing to do: a sign of life, and that nothing is waited for."""
        self._answered()
        self._alive()

    def waiting(self, sink: str, error: SinkUnavailable, attempt: int) -> None:
        """A sink waits for its environment; the batch will be repeated."""
        # A batch waits for one thing at a time, so what it waited for before is over.
        self._clear_waits(but=(sink, error.reason))
        self._metrics.waiting.labels(sink, error.reason).set(1)
        self._waits.add((sink, error.reason))
        self._metrics.retries.labels(error.reason).inc()
        self._alive()
        self._log.warning(
            "sink waits",
            **{
                "event.action": "sink-waits",
                "error.type": error.reason,
                "tweetpulse.attempt": attempt,
                "tweetpulse.sink": sink,
            },
        )

    def finished(self, batch: int, outcome: Outcome) -> None:
        """A batch is acknowledged by every sink."""
        self._answered()
        self._metrics.count(outcome)
        self.total.add(outcome)
        self.on_batch(self.total)
        self._alive()
        accounting = outcome.accounting(self._metrics.scored_target)
        self._log.info(
            "batch finished",
            **{
                "event.action": "batch-finished",
                "tweetpulse.batch": batch,
                "tweetpulse.read": accounting.read,
                "tweetpulse.indexed": accounting.indexed,
                "tweetpulse.already_there": accounting.already_there,
                "tweetpulse.rejected": accounting.rejected,
            },
        )

    def checkpoint_mended(self, dropped: Path) -> None:
        """A file of the checkpoint was damaged; without it a batch is planned or done again."""
        self._log.warning(
            "damaged file of the checkpoint dropped",
            **{"event.action": "checkpoint-mended", "file.path": str(dropped)},
        )

    def model_in_use(
        self, task: Task, version: str, trained: datetime, evaluation: Mapping[str, float], labels: Sequence[str]
    ) -> None:
        """A champion has been loaded: from the batch that begins now on it is the one that predicts."""
        self._metrics.load_failed.labels(task).set(0)
        self._metrics.serve(task, version, trained.timestamp(), evaluation)
        self._metrics.may_predict(task, labels)
        self._log.info(
            "model in use",
            **{"event.action": "model-in-use", "tweetpulse.task": task, "tweetpulse.version": version},
        )

    def model_failed(self, task: Task, error: PipelineError) -> None:
        """A champion can't be loaded: the model before it, or none, stands in."""
        self._metrics.load_errors.labels(task).inc()
        self._metrics.load_failed.labels(task).set(1)
        self._log.warning(
            "model can't be loaded",
            **{
                "event.action": "model-load-failed",
                "error.type": type(error).__name__,
                "error.message": error.message,
                "tweetpulse.task": task,
            },
        )

    def model_mended(self, task: Task) -> None:
        """The model in use is the champion again, such as after a rollback of one that can't be loaded."""
        self._metrics.load_failed.labels(task).set(0)
        self._log.info("model is the champion again", **{"event.action": "model-mended", "tweetpulse.task": task})

    def progressed(self, durations: dict[str, int]) -> None:
        """Spark has committed a batch; durations in milliseconds, by phase."""
        for phase in PHASES:
            self._metrics.phase.labels(phase).set(durations.get(phase, 0) / 1000)
        self._metrics.batch_duration.labels(QUERY).observe(durations.get("triggerExecution", 0) / 1000)
        self._alive()

    def _alive(self) -> None:
        self._metrics.last_seen.labels(QUERY).set(self._clock())

    def _answered(self) -> None:
        if self._waits:
            self._log.info("sink answers again", **{"event.action": "sink-answers"})
        self._clear_waits()

    def _clear_waits(self, but: tuple[str, str] | None = None) -> None:
        for wait in self._waits - {but}:
            self._metrics.waiting.labels(*wait).set(0)
        self._waits &= {but} if but else set()

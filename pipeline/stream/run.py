"""A run of the stream, from an empty process to a clean end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from elasticsearch import Elasticsearch
from pyspark.sql import SparkSession
from tenacity import RetryCallState, Retrying, retry_if_result, wait_exponential
from tenacity.nap import sleep_using_event

from pipeline.domain.outcome import Outcome
from pipeline.errors import SetupError, SinkUnavailable
from pipeline.settings import Settings
from pipeline.stream import query
from pipeline.stream.batch import FIRST_WAIT, LONGEST_WAIT, BatchRunner
from pipeline.stream.champions import Champions
from pipeline.stream.privacy import Privacy
from pipeline.telemetry.events import StreamEvents
from pipeline.telemetry.listener import Listener


@dataclass(frozen=True, slots=True)
class Run:
    """All that a run needs; built by `pipeline.bootstrap`."""

    spark: SparkSession
    client: Elasticsearch
    settings: Settings
    events: StreamEvents
    champions: Champions
    ensure_streams: Callable[[], object]
    stop: threading.Event

    def until_ended(self, *, once: bool = False) -> Outcome:
        """Run the query; where Kafka goes away, start it again from its checkpoint when it is back.

        Raises:
            PipelineError: what ended the query, where it is a fault that waiting does not mend.
        """
        make_checkpoint(self.settings.checkpoint)
        listener = Listener(self.events)
        self.spark.streams.addListener(listener)
        # Also while nothing comes in it is known who would predict, and what can't be loaded.
        self.champions.of_batch(self.spark.sparkContext)
        patient = Retrying(
            retry=retry_if_result(lambda ended: ended.kafka_away and not self.stop.is_set()),
            wait=wait_exponential(multiplier=FIRST_WAIT, max=LONGEST_WAIT),
            sleep=sleep_using_event(self.stop),
            before_sleep=self._tell_waiting,
        )
        try:
            patient(self._once_through, once)
        finally:
            self.spark.streams.removeListener(listener)
        return self.events.total

    def _once_through(self, once: bool) -> query.Ended:
        privacy = Privacy(self.settings)
        runner = BatchRunner(
            self.settings, self.client, self.events, self.champions, self.stop, self.ensure_streams, privacy=privacy
        )
        started = query.start(self.spark, self.settings, runner, once=once)
        self.events.started()
        try:
            return query.wait(self.spark, started, self.settings, runner, self.stop)
        finally:
            self.events.ended()

    def _tell_waiting(self, state: RetryCallState) -> None:
        error = SinkUnavailable("Kafka does not answer", reason="kafka")
        self.events.waiting("kafka", error, state.attempt_number)


def make_checkpoint(folder: Path) -> None:
    """Make the checkpoint's folder.

    Raises:
        SetupError: it can't be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".probe"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise SetupError(
            f"the checkpoint {folder} can't be written ({error.strerror}): set TWEETPULSE_STREAM__CHECKPOINT to another"
        ) from None

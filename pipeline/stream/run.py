"""A run of the stream, from an empty process to a clean end."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial

from pyspark.sql import SparkSession
from tenacity import RetryCallState, retry_if_result

from pipeline.domain.outcome import Outcome
from pipeline.errors import SetupError, SinkUnavailable
from pipeline.outages import attempts
from pipeline.ports import Scorer, Sink
from pipeline.settings import Settings
from pipeline.stream import checkpoint, query
from pipeline.stream.batch import BatchRunner
from pipeline.stream.champions import Champions
from pipeline.stream.privacy import Privacy
from pipeline.stream.topic_watch import TopicWatch
from pipeline.telemetry.events import StreamEvents
from pipeline.telemetry.listener import Listener


@dataclass(frozen=True, slots=True)
class Run:
    """Everything that a run needs; built by `pipeline.bootstrap`.

    `ensures`: whether what is missing in a sink is created again while the stream runs.
    """

    spark: SparkSession
    settings: Settings
    scorers: Sequence[Scorer]
    sinks: Sequence[Sink]
    events: StreamEvents
    champions: Champions
    stop: threading.Event
    ensures: bool = True

    def until_ended(self, *, once: bool = False) -> Outcome:
        """Run the query; where Kafka goes away, start it again from its checkpoint when it is back.

        Raises:
            PipelineError: what ended the query, where it is a fault that waiting does not mend.
        """
        checkpoint.make(self.settings.checkpoint)
        for path in checkpoint.mend(self.settings.checkpoint):
            self.events.checkpoint_mended(path)
        listener = Listener(self.events)
        self.spark.streams.addListener(listener)
        # Before the first batch, so that the metrics show the champions also while nothing comes in.
        self.champions.of_batch(self.spark.sparkContext)
        is_away = retry_if_result(lambda ended: ended.kafka_away and not self.stop.is_set())
        self.events.started()
        try:
            attempts(self.stop, self._tell_waiting, retry=is_away)(self._once_through, once)
        finally:
            self.events.ended()
            self.spark.streams.removeListener(listener)
        return self.events.total

    def _once_through(self, once: bool) -> query.Ended:
        # All of it is made anew after an outage: by then `unfinished` names the batch that the outage has ended.
        with closing(TopicWatch(self.settings.kafka, self.settings.checkpoint)) as watch:
            if watch.is_gone():
                return query.Ended(kafka_away=True)
            runner = BatchRunner(
                self.settings,
                self.scorers,
                self.sinks,
                self.events,
                self.champions,
                self.stop,
                ensures=self.ensures,
                check_topic=watch.check,
                check_sizes=watch.check_sizes,
                unfinished=checkpoint.unfinished(self.settings.checkpoint),
                privacy=Privacy(self.settings),
            )
            started = query.start(self.spark, self.settings, runner, once=once)
            try:
                return query.wait(self.spark, started, self.settings, runner, self.stop, partial(self._look, watch))
            except SetupError:
                # Spark takes a topic that was created again, or is about to be, for one that retention has cut.
                if watch.is_gone():
                    return query.Ended(kafka_away=True)
                raise

    def _look(self, watch: TopicWatch) -> None:
        """While nothing comes in: is Kafka there, and is the topic the same? Spark itself finds out late, or never."""
        try:
            watch.check()
        except SinkUnavailable as error:
            self.events.waiting("kafka", error, 1)

    def _tell_waiting(self, state: RetryCallState) -> None:
        error = SinkUnavailable("Kafka does not answer", reason="kafka", sink="kafka")
        self.events.waiting("kafka", error, state.attempt_number)

"""A run of the windows' query, from an empty process to a clean end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass

from pyspark.sql import SparkSession
from pyspark.sql.streaming.query import StreamingQuery
from tenacity import RetryCallState, retry_if_result

from pipeline.domain.names import WINDOWS
from pipeline.errors import SetupError, SinkUnavailable
from pipeline.outages import attempts
from pipeline.settings import Settings
from pipeline.sinks.elasticsearch.client import Elasticsearch
from pipeline.stream import checkpoint, kafka_io, query
from pipeline.stream.topic_watch import TopicWatch
from pipeline.telemetry.windows import KAFKA, WindowsEvents
from pipeline.windows.batch import WindowWriter
from pipeline.windows.listener import WindowsListener
from pipeline.windows.plan import as_stream, kept, lengths, seconds
from pipeline.windows.query import Plan, windows

_LAST_PROGRESS = 10.0
"""Seconds to wait at the end for what Spark tells of its last batch."""


@dataclass(frozen=True, slots=True)
class WindowsRun:
    """Everything that a run needs; built by `pipeline.bootstrap`."""

    spark: SparkSession
    settings: Settings
    client: Elasticsearch
    events: WindowsEvents
    stop: threading.Event

    def until_ended(self, *, once: bool = False) -> None:
        """Run the query; where Kafka goes away, start it again from its checkpoint when it is back.

        Raises:
            PipelineError: what ended the query, where it is a fault that waiting does not mend.
        """
        folder = self.settings.windows_checkpoint
        checkpoint.make(folder)
        for path in checkpoint.mend(folder):
            self.events.checkpoint_mended(path)
        listener = WindowsListener(self.events)
        self.spark.streams.addListener(listener)
        is_away = retry_if_result(lambda ended: ended.kafka_away and not self.stop.is_set())
        self.events.started()
        try:
            attempts(self.stop, self._tell_waiting, retry=is_away)(self._once_through, once)
            _await(lambda: not self.events.is_behind, _LAST_PROGRESS)
        finally:
            self.events.ended()
            self.spark.streams.removeListener(listener)

    def _once_through(self, once: bool) -> query.Ended:
        # As the stream's: offsets, the topic's id and the end of a query are the same for both.
        settings = as_stream(self.settings)
        with closing(TopicWatch(settings.kafka, settings.checkpoint)) as watch:
            if watch.is_gone():
                return query.Ended(kafka_away=True)

            def look() -> None:
                with suppress(SinkUnavailable):
                    watch.check()

            writer = WindowWriter(
                self.client,
                self.settings.elasticsearch,
                kept(self.settings.windows),
                self.events,
                self.stop,
                check_topic=watch.check,
            )
            started = self._start(settings, writer, once)
            try:
                return query.wait(self.spark, started, settings, writer, self.stop, look, command="tweetpulse windows")
            except SetupError:
                if watch.is_gone():
                    return query.Ended(kafka_away=True)
                raise

    def _start(self, settings: Settings, writer: WindowWriter, once: bool) -> StreamingQuery:
        own = self.settings.windows
        plan = Plan(lengths(own), seconds(own.watermark, "windows.watermark"), self.settings.elasticsearch.namespace)
        records = kafka_io.read(self.spark, settings.kafka, settings.stream)
        trigger = {"availableNow": True} if once else {"processingTime": f"{own.trigger_seconds} seconds"}
        return (
            windows(records, plan)
            .writeStream.queryName(WINDOWS)
            .outputMode("update")
            .option("checkpointLocation", str(settings.checkpoint))
            .trigger(**trigger)
            .foreachBatch(writer)
            .start()
        )

    def _tell_waiting(self, state: RetryCallState) -> None:
        error = SinkUnavailable("Kafka does not answer", reason=KAFKA, sink=KAFKA)
        self.events.waiting(KAFKA, error, state.attempt_number)


def _await(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)

"""The query as a sentence: read the topic of tweets, and hand every micro-batch to the runner."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from pyspark.sql import SparkSession
from pyspark.sql.streaming.query import StreamingQuery

from pipeline.domain.document import escaped
from pipeline.domain.names import QUERY
from pipeline.errors import ConfigError, PipelineError, SetupError
from pipeline.settings import Settings
from pipeline.stream import kafka_io
from pipeline.stream.batch import BatchRunner, Stopping

_POLL = 0.2
_FULL = "No space left on device"
_LOOK_EVERY = 10.0
"""Seconds between two looks at Kafka while the query has nothing to do."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The end of a run. `kafka_away`: the run is to be started again."""

    kafka_away: bool = False


class Runner(Protocol):
    """Does the batches of a query.

    Attributes:
        failure: what has ended the query, if it was a batch.
        in_flight: held while a batch runs.
    """

    failure: Exception | None
    in_flight: threading.Lock


def start(spark: SparkSession, settings: Settings, runner: BatchRunner, *, once: bool) -> StreamingQuery:
    """Start the query. `once` drains what is there and ends."""
    records = kafka_io.read(spark, settings.kafka, settings.stream)
    tasks = spark.sparkContext.defaultParallelism
    trigger = {"availableNow": True} if once else {"processingTime": f"{settings.stream.trigger_seconds} seconds"}
    return (
        # As many tasks as cores: each keeps its worker busy with one long run of chunks.
        records.coalesce(tasks)
        .writeStream.queryName(QUERY)
        .option("checkpointLocation", str(settings.checkpoint))
        .trigger(**trigger)
        .foreachBatch(runner)
        .start()
    )


def wait(
    spark: SparkSession,
    query: StreamingQuery,
    settings: Settings,
    runner: Runner,
    stop: threading.Event,
    look: Callable[[], None],
    command: str = "tweetpulse run",
) -> Ended:
    """Until the query ends by itself, or is asked to stop and has finished its batch in flight.

    `look` is called every ten seconds between batches. What it raises ends the query. `command` is the one that runs
    the query, for errors.

    Raises:
        PipelineError: what ended the query, where it is a fault that waiting does not mend.
    """
    looked = time.monotonic()
    while query.isActive and not stop.wait(_POLL):
        # A batch in flight checks the topic itself, on its own thread and over the same connection.
        if time.monotonic() - looked > _LOOK_EVERY and not runner.in_flight.locked():
            try:
                look()
            except PipelineError:
                query.stop()
                raise
            looked = time.monotonic()
    if stop.is_set():
        _finish(spark, query, settings.stream.stop_timeout, runner)
    return _ended(query, runner, stop, command)


def _finish(spark: SparkSession, query: StreamingQuery, timeout: float, runner: Runner) -> None:
    """Let the batch in flight end and be committed; the next one ends itself as soon as it is called."""
    deadline = time.monotonic() + timeout
    # When the runner has returned, Spark still has to commit the batch.
    while time.monotonic() < deadline and query.isActive and query.status["isTriggerActive"]:
        time.sleep(_POLL)
    # The batch takes longer than the time-out. It stays uncommitted, and the next start repeats it.
    if runner.in_flight.locked():
        spark.sparkContext.cancelAllJobs()
    query.stop()


def _ended(query: StreamingQuery, runner: Runner, stop: threading.Event, command: str) -> Ended:
    failure = runner.failure
    if failure is not None and not isinstance(failure, Stopping):
        raise failure if isinstance(failure, PipelineError) else _as_pipeline_error(failure, command) from failure
    error = query.exception()
    if error is None or stop.is_set():
        return Ended()
    if kafka_io.is_unavailable(error):
        return Ended(kafka_away=True)
    raise _as_pipeline_error(error, command) from error


def _as_pipeline_error(error: Exception, command: str) -> PipelineError:
    text = str(error)
    if kafka_io.is_denied(error):
        return ConfigError(
            "Kafka refuses the stream's user, its certificate or a right: see TWEETPULSE_KAFKA__USERNAME, __PASSWORD, "
            "__CA_FILE and __CLIENT_CERTIFICATE_FILE, and what the user may read and write (`tweetpulse doctor`)"
        )
    # Of the cause of a query's end only the text reaches Python, so these faults are recognised by words.
    if "failOnDataLoss" in text or "KAFKA_DATA_LOSS" in text:
        return SetupError(
            "Kafka no longer has records that the stream has not read (retention, or another topic of that name): "
            f"`{command} --accept-data-loss` continues with the records that are left"
        )
    if _FULL in text:
        return SetupError(
            f"a disk is full ({_FULL}): make room where the checkpoint is (stream.checkpoint) and for temporary files, "
            "and start the stream again: it continues where it stopped"
        )
    # Py4J's own text only says which of its objects was called.
    first = kafka_io.root_cause(error) or next((line.strip() for line in text.splitlines() if line.strip()), "")
    first = first or type(error).__name__
    # A damaged file of the checkpoint is quoted with all its NULs.
    return PipelineError(f"the stream ended: {escaped(first[:300].encode())} (more with --debug)")

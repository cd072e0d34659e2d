"""A micro-batch on the driver: hand it to the tasks, add up what they say, and wait out the environment's faults."""

from __future__ import annotations

import pickle
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, Protocol

from py4j.protocol import Py4JError
from pyspark.accumulators import AccumulatorParam
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame
from tenacity import RetryCallState

from pipeline.domain.delivery import Attempt
from pipeline.domain.outcome import Outcome
from pipeline.errors import PipelineError, SinkUnavailable
from pipeline.outages import attempts
from pipeline.ports import Scorer, Sink
from pipeline.settings import Settings
from pipeline.stream import kafka_io, messages, partition
from pipeline.stream.champions import Champion, Champions
from pipeline.stream.checkpoint import Unfinished
from pipeline.stream.privacy import Privacy, Told


class Observer(Protocol):
    """Is told what became of a batch."""

    def waiting(self, sink: str, error: SinkUnavailable, attempt: int) -> None:
        """A sink waits for its environment."""

    def finished(self, batch: int, outcome: Outcome) -> None:
        """A batch is done."""


class Stopping(PipelineError):
    """The stream was asked to stop, so this batch is left for the next start."""


class OutcomeParam(AccumulatorParam[Outcome]):
    """Tells Spark how to add outcomes up."""

    def zero(self, value: Outcome) -> Outcome:
        return Outcome()

    def addInPlace(self, value1: Outcome, value2: Outcome) -> Outcome:  # noqa: N802 - Spark's name
        value1.add(value2)
        return value1


class BatchRunner:
    """Called by `foreachBatch`. Once it returns, all of the batch is accounted for and acknowledged."""

    def __init__(
        self,
        settings: Settings,
        scorers: Sequence[Scorer],
        sinks: Sequence[Sink],
        observer: Observer,
        champions: Champions,
        stop: threading.Event,
        *,
        ensures: bool = True,
        check_topic: Callable[[], None] = lambda: None,
        check_sizes: Callable[[], None] = lambda: None,
        unfinished: Unfinished | None = None,
        now: Callable[[], float] = time.time,
        privacy: Privacy | None = None,
    ) -> None:
        self._privacy = privacy
        self._settings = settings
        self._sinks = {sink.name: sink for sink in sinks}
        # Pickled once: workers use these bytes as the key of what they keep, and pickling again may give other bytes.
        self._told = pickle.dumps(partition.TaskSettings.of(settings, scorers, sinks))
        self._observer = observer
        self._champions = champions
        self._stop = stop
        self._ensures = ensures
        self._check_topic = check_topic
        self._check_sizes = check_sizes
        self._unfinished = unfinished
        self._now = now
        self._outcomes: Any = None
        self.failure: Exception | None = None
        # Spark calls the runner on another thread; the main thread sees by this lock that a batch is running.
        self.in_flight = threading.Lock()

    def __call__(self, records: DataFrame, batch: int) -> None:
        """Index a micro-batch, however long that takes.

        Raises:
            Stopping: the stream was asked to stop before the batch was done.
            ConfigError: a privilege, a credential or a topic's limit is wrong; kept in `failure` too.
            SetupError: the topic was created again, or Elasticsearch refuses what waiting does not mend; kept likewise.
        """
        with self.in_flight:
            try:
                # Once: all attempts at a batch are scored with the same models.
                champions = self._champions.of_batch(records.sparkSession.sparkContext)
                self._observer.finished(batch, self._until_done(records, champions, self._first_attempt(batch)))
            except Exception as error:
                # Spark's own exception would hold it as text only.
                self.failure = error
                raise

    def _first_attempt(self, batch: int) -> Attempt:
        """A batch that was in flight when the stream last ended has had an attempt already."""
        if self._unfinished is not None and self._unfinished.batch == batch:
            # With the time of the first attempt, what it indexed before it was killed still counts for this batch.
            return Attempt(self._unfinished.began, repeated=True, batch=batch)
        return Attempt(datetime.fromtimestamp(self._now(), UTC), batch=batch)

    def _until_done(self, records: DataFrame, champions: tuple[Champion, ...], this: Attempt) -> Outcome:
        outcome = Outcome()
        # There is no last attempt: an outage may take days, and the batch must not be skipped.
        for attempt in attempts(self._stop, self._tell_waiting):
            with attempt:
                # The batch stays uncommitted, and Spark repeats it at the next start.
                if self._stop.is_set():
                    raise Stopping("asked to stop")
                number = attempt.retry_state.attempt_number
                # A failed attempt may have indexed a part of the batch, so the next one looks for documents of its own.
                outcome = self._attempt(records, champions, replace(this, repeated=this.repeated or number > 1))
        return outcome

    def _attempt(self, records: DataFrame, champions: tuple[Champion, ...], this: Attempt) -> Outcome:
        # Before anything is written: offsets of another topic with the same name would look valid.
        self._check_topic()
        # For each attempt anew: it must know what was forgotten during the wait, and
        # `forget` gets its turn between two.
        with self._privacy.in_force(records.sparkSession.sparkContext) if self._privacy else nullcontext() as told:
            return self._attempt_told(records, champions, this, told)

    def _attempt_told(
        self, records: DataFrame, champions: tuple[Champion, ...], this: Attempt, told: Told | None
    ) -> Outcome:
        plans = tuple(_prepared(sink, this) for sink in self._sinks.values())
        outcome = self._run(records, partition.Work(self._told, plans, this, champions, told))
        if outcome.fault is not None:
            raise outcome.fault
        return outcome

    def _run(self, records: DataFrame, work: partition.Work) -> Outcome:
        outcomes = self._zeroed(records)
        scored = records.mapInArrow(partial(partition.run, work=work, outcomes=outcomes), messages.SCHEMA)
        try:
            # This write is the only action on the plan, so every record is scored and sent to the sinks once.
            kafka_io.write(scored, self._settings.kafka)
        except (PySparkException, Py4JError) as error:
            if self._stop.is_set():
                # When the stream stops and its time-out is over, `query.wait` cancels all jobs,
                # which Spark reports as a failure.
                raise Stopping("cancelled") from None
            # A message that is too large for its topic looks as if Kafka did not answer.
            self._check_sizes()
            if kafka_io.is_unavailable(error):
                raise SinkUnavailable("Kafka does not answer", reason="kafka", sink="kafka") from None
            raise
        found: Outcome = outcomes.value
        return found

    def _zeroed(self, records: DataFrame) -> Any:
        """One accumulator for the whole query, set to zero: PySpark keeps every one that was ever made."""
        if self._outcomes is None:
            self._outcomes = records.sparkSession.sparkContext.accumulator(Outcome(), OutcomeParam())
        self._outcomes.value = Outcome()
        return self._outcomes

    def _tell_waiting(self, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        assert isinstance(error, SinkUnavailable)
        self._observer.waiting(error.sink, error, state.attempt_number)
        sink = self._sinks.get(error.sink)
        if sink is not None and self._ensures and error.reason.endswith("_missing"):
            # Where it can't be made now, the next attempt says so again.
            with suppress(SinkUnavailable):
                sink.ensure()


def _prepared(sink: Sink, attempt: Attempt) -> Any:
    with partition.naming(sink):
        return sink.prepare(attempt)

"""The driver repeats a batch until it is done, asked to stop, or told that waiting is of no use."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from elastic_transport import ConnectionError as NoConnection
from pyspark.errors import PySparkException

from pipeline.domain.delivery import Attempt
from pipeline.domain.outcome import Outcome
from pipeline.errors import ConfigError, SetupError, SinkUnavailable
from pipeline.settings import Settings, StreamSettings
from pipeline.sinks.elasticsearch.sink import ElasticsearchSink as Sink
from pipeline.stream.batch import BatchRunner, OutcomeParam, Stopping
from pipeline.stream.checkpoint import Unfinished
from tests.fakes import FakeChampions, FakeIndices, FakeObserver, FakeRecords, FakeSpark, Step

SETTINGS = Settings.model_construct(stream=StreamSettings(repeat_horizon_hours=1))
DONE = Outcome(read=Counter(tweets=3), indexed=Counter({"logs-tweets.scored-default": 3}))
BROKER_AWAY = PySparkException("Caused by: org.apache.kafka.common.errors.TimeoutException: 30000 ms have passed")
NOON = 1_000_000.0


def waits(reason: str) -> Outcome:
    return Outcome(read=Counter(tweets=3), fault=SinkUnavailable("wait", reason=reason, sink="elasticsearch"))


class Stop(threading.Event):
    """An event that nobody waits for in earnest; `slept` is for how long they would have, seconds."""

    def __init__(self) -> None:
        super().__init__()
        self.slept: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.slept.append(timeout)
        return self.is_set()


class Run:
    """A runner with doubles around it."""

    def __init__(self, client: Any = None, ensure: Callable[[], object] = lambda: None, **more: Any) -> None:
        self.observer, self.stop, self.spark = FakeObserver(), Stop(), FakeSpark()
        self.client = client or FakeIndices({"ds-000001": NOON})
        self.champions = FakeChampions()
        champions: Any = self.champions
        known: Any = self.client
        sink = Sink(SETTINGS.elasticsearch, repeat_horizon_hours=1, client=known, now=lambda: NOON)
        sink.ensure = ensure  # type: ignore[method-assign]
        self.runner = BatchRunner(SETTINGS, [], [sink], self.observer, champions, self.stop, now=lambda: NOON, **more)

    def batch(self, *steps: Step, number: int = 0) -> FakeRecords:
        records = FakeRecords(steps, self.spark)
        self.runner(records, number)  # type: ignore[arg-type]
        return records


def test_a_topic_that_takes_too_little() -> None:
    """It looks as if Kafka were away, so the topics are looked at first; what is said of them ends the stream."""

    def check_sizes() -> None:
        raise ConfigError("a topic takes too little")

    run = Run(check_sizes=check_sizes)
    with pytest.raises(ConfigError, match="too little"):
        run.batch(BROKER_AWAY)
    assert run.observer.waits == []


def test_a_batch_that_goes_well() -> None:
    """Once through; whoever watches is told its outcome, and no wait."""
    run = Run()
    records = run.batch(DONE, number=7)
    assert (records.attempts, run.observer.waits, run.observer.batches) == (1, [], [(7, DONE)])


def test_batches_do_not_add_up() -> None:
    """Each batch has its own counts, though there is one accumulator for all: Spark keeps each one forever."""
    run = Run()
    run.batch(DONE, number=0)
    run.batch(DONE, number=1)
    assert run.observer.batches == [(0, DONE), (1, DONE)]
    assert len(run.spark.made) == 1


def test_waiting_and_repeating() -> None:
    """The whole batch is repeated until it is done; what failed attempts counted is not in its outcome."""
    run = Run()
    records = run.batch(waits("read_only"), waits("timeout"), BROKER_AWAY, DONE)
    assert records.attempts == 4
    assert run.observer.waits == [
        ("elasticsearch", "read_only", 1),
        ("elasticsearch", "timeout", 2),
        ("kafka", "kafka", 3),
    ]
    assert run.observer.batches == [(0, DONE)]
    assert run.runner.failure is None


def test_champions_are_asked_for_once_a_batch() -> None:
    """A batch that is repeated is scored with the models that it began with; the next one asks again."""
    run = Run()
    first = run.batch(waits("read_only"), waits("timeout"), DONE, number=0)
    second = run.batch(DONE, number=1)
    assert [work.champions for work in first.works] == [(1,), (1,), (1,)]
    assert [work.champions for work in second.works] == [(2,)]


def test_backing_off() -> None:
    """From one second to thirty, and on and on."""
    run = Run()
    run.batch(*[waits("timeout")] * 8, DONE)
    assert run.stop.slept == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]


def test_stopping_while_waiting() -> None:
    """Asked to stop, the batch is left for the next start: neither repeated nor told as done."""
    run = Run()
    run.observer.on_wait = run.stop.set
    with pytest.raises(Stopping):
        run.batch(waits("timeout"), DONE)
    assert (run.observer.batches, type(run.runner.failure)) == ([], Stopping)


def test_stopping_before_a_batch() -> None:
    """Nothing is begun after that."""
    run = Run()
    run.stop.set()
    records = FakeRecords([DONE])
    with pytest.raises(Stopping):
        run.runner(records, 0)  # type: ignore[arg-type]
    assert records.attempts == 0


class Cancelled(FakeRecords):
    """A batch whose job is cancelled because of the stop."""

    def __init__(self, stop: threading.Event) -> None:
        self.stop = stop
        super().__init__([PySparkException("[SPARK_JOB_CANCELLED] Job 7 cancelled")])

    def save(self) -> None:
        self.stop.set()
        super().save()


def test_a_batch_that_is_cancelled_to_stop() -> None:
    """That is an end that was asked for, not a fault."""
    run = Run()
    with pytest.raises(Stopping):
        run.runner(Cancelled(run.stop), 0)  # type: ignore[arg-type]
    assert isinstance(run.runner.failure, Stopping)


def test_a_missing_privilege() -> None:
    """Waiting would not mend it: said at once, and kept where Spark does not turn it into text."""
    run = Run()
    with pytest.raises(ConfigError, match="grant it"):
        run.batch(Outcome(fault=ConfigError("grant it")))
    assert (run.observer.waits, type(run.runner.failure)) == ([], ConfigError)


def test_another_fault_of_spark() -> None:
    """It is not waited for."""
    run = Run()
    with pytest.raises(PySparkException):
        run.batch(PySparkException("java.lang.OutOfMemoryError"), DONE)
    assert run.observer.waits == []


class Flaky(FakeIndices):
    """A server whose first answers fail."""

    def __init__(self, failures: int) -> None:
        super().__init__({"ds-000001": NOON})
        self.failures = failures

    def get_settings(self, **options: Any) -> dict[str, Any]:
        self.failures -= 1
        if self.failures >= 0:
            raise NoConnection("refused")
        return super().get_settings(**options)


def test_a_server_that_is_away_before_the_tasks_start() -> None:
    """The driver's own question is repeated like the tasks' work."""
    run = Run(Flaky(2))
    records = run.batch(DONE)
    assert (records.attempts, run.observer.waits) == (
        1,
        [("elasticsearch", "connection", 1), ("elasticsearch", "connection", 2)],
    )


def test_a_data_stream_that_is_gone_is_made_again() -> None:
    """Before the batch is repeated, and only for that reason."""
    made: list[int] = []
    run = Run(ensure=lambda: made.append(1))
    run.batch(waits("index_missing"), waits("timeout"), DONE)
    assert (made, run.observer.batches) == ([1], [(0, DONE)])


def test_a_data_stream_that_can_not_be_made_now() -> None:
    """The next attempt says again what is wrong; the query goes on waiting."""

    def away() -> None:
        raise SinkUnavailable("away", reason="connection")

    run = Run(ensure=away)
    run.batch(waits("index_missing"), DONE)
    assert run.observer.batches == [(0, DONE)]


def test_closed_indices_are_sealed_once() -> None:
    """After a rollover the look-up must find all that was written before; older than the horizon does not count."""
    created = {"ds-000001": NOON - 9_000, "ds-000002": NOON - 7_200, "ds-000003": NOON - 1_800, "ds-000004": NOON}
    run = Run(FakeIndices(created))
    run.batch(DONE)
    run.batch(DONE)
    assert run.client.blocked == [("ds-000002", "write"), ("ds-000003", "write")]
    assert run.client.refreshed == ["ds-000002", "ds-000003"]


def test_attempts_know_which_they_are() -> None:
    """The first one of a batch has written nothing before; each has the time of the first, also of a killed one."""
    run = Run()
    records = run.batch(waits("timeout"), DONE)
    noon = datetime.fromtimestamp(NOON, UTC)
    assert [work.attempt for work in records.works] == [Attempt(noon), Attempt(noon, repeated=True)]

    before = datetime.fromtimestamp(NOON - 60, UTC)
    run = Run(unfinished=Unfinished(7, before))
    assert run.batch(DONE, number=7).works[0].attempt == Attempt(before, repeated=True, batch=7)
    assert run.batch(DONE, number=8).works[0].attempt == Attempt(noon, batch=8)


def test_a_topic_that_was_made_anew_ends_the_stream() -> None:
    """Before anything of the batch is done, and it is kept for whoever ended it."""

    def anew() -> None:
        raise SetupError("made anew")

    run = Run(check_topic=anew)
    records = FakeRecords([DONE])
    with pytest.raises(SetupError):
        run.runner(records, 0)  # type: ignore[arg-type]
    assert (records.attempts, type(run.runner.failure)) == (0, SetupError)


def test_in_flight() -> None:
    """While a batch runs it can be seen to."""
    run, seen = Run(), []
    run.observer.on_wait = lambda: seen.append(run.runner.in_flight.locked())
    run.batch(waits("timeout"), DONE)
    assert (seen, run.runner.in_flight.locked()) == ([True], False)


def test_how_spark_adds_outcomes() -> None:
    """From nothing, into the first."""
    param = OutcomeParam()
    total = param.zero(DONE)
    assert param.addInPlace(param.addInPlace(total, DONE), DONE).read == Counter(tweets=6)
    assert DONE.read == Counter(tweets=3)

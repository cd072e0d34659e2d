"""Killed, stopped and hanging: nothing lost, nothing twice."""

from __future__ import annotations

import os
import signal
import threading
import time
import urllib.request
from contextlib import closing, suppress
from functools import partial
from itertools import islice
from pathlib import Path
from uuid import uuid4

import psutil
import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families
from pyspark.sql import SparkSession

from pipeline.domain.outcome import Outcome
from pipeline.domain.tweet import Tweet
from pipeline.embedded.ports import free_port
from pipeline.kafka.topics import ensure_topics
from pipeline.metrics_server import serving
from pipeline.settings import Settings
from pipeline.sinks.elasticsearch.client import connect
from pipeline.sinks.elasticsearch.setup import set_up
from tests.processes import descendants, running, until
from tests.stacks import MakeStack, repaired, settings_of
from tests.streams import count, distinct_ids, drain, events_of, publish, roll_over, run_of

TWEETS = 3_000


def _tweets(first: int, number: int) -> list[Tweet]:
    return [Tweet(id=f"test:{n}", text=f"tweet {n} is great", source="test") for n in range(first, first + number)]


@pytest.mark.parametrize("rolled_over", [False, True], ids=["as it was", "after a rollover"])
def test_killed_between_bulk_and_commit(
    settings: Settings, spark: SparkSession, tmp_path: Path, rolled_over: bool
) -> None:
    """The batch is repeated, and every tweet is there once, also in a write index that is new."""
    publish(settings, _tweets(0, TWEETS))
    program = "tests.integration.stream.killed_before_commit"
    with running(settings, "-m", program, log=tmp_path / "log") as process:
        assert process.wait(timeout=240) == -signal.SIGKILL, (tmp_path / "log").read_text()
    assert count(settings) == TWEETS
    assert not list(settings.checkpoint.glob("commits/[0-9]*"))

    if rolled_over:
        roll_over(settings)
    publish(settings, _tweets(TWEETS, 10))
    again = drain(spark, settings)
    # The killed process never finished the batch: whoever does counts what it had indexed.
    assert again.counts() == {"read": TWEETS + 10, "indexed": TWEETS + 10, "already there": 0, "rejected": 0}
    assert count(settings) == distinct_ids(settings) == TWEETS + 10


def test_sigterm_finishes_the_batch_and_leaves_nothing_behind(settings: Settings, tmp_path: Path) -> None:
    """Records that were read are committed, the exit code is 0, and no process is left."""
    publish(settings, _tweets(0, TWEETS))
    with running(settings, "-m", "pipeline", "run", log=tmp_path / "log") as process:
        until(lambda: "batch finished" in (tmp_path / "log").read_text(), "the first batch", timeout=240)
        children = descendants(process)
        assert {child.name() for child in children} >= {"java"}
        _only_loopback([psutil.Process(process.pid), *children])
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
        until(lambda: not any(child.is_running() for child in children), "its children's end")
    assert f"read {TWEETS:,} records: {TWEETS:,} indexed" in (tmp_path / "log").read_text()
    assert list(settings.checkpoint.glob("commits/0"))


def _finished(log: Path, batches: int) -> bool:
    return log.read_text().count("batch finished") >= batches


def _only_loopback(processes: list[psutil.Process]) -> None:
    listening = [address for process in processes for address in _listening(process)]
    assert listening
    assert set(listening) <= {"127.0.0.1", "::1", "::ffff:127.0.0.1"}


def _listening(process: psutil.Process) -> list[str]:
    """The ports on which a process listens; none if it has ended meanwhile, like Hadoop's `chmod`."""
    with suppress(psutil.NoSuchProcess):
        connections = process.net_connections("inet")
        return [one.laddr.ip for one in connections if one.status == psutil.CONN_LISTEN]
    return []


def test_an_outage_is_waited_out_while_the_metrics_keep_moving(
    make_stack: MakeStack, spark: SparkSession, tmp_path: Path
) -> None:
    """Elasticsearch hangs in the middle of a drain: the sink waits and says so; then everything is there."""
    stack = make_stack()
    patient = settings_of(stack, mark=uuid4().hex[:12], folder=tmp_path)
    settings = _impatient(patient)
    registry = CollectorRegistry()
    events = events_of(settings, registry)
    stop = threading.Event()
    with (
        serving(registry, "127.0.0.1", 0, "a port") as url,
        run_of(spark, settings, events, stop=stop) as run,
    ):
        with closing(connect(patient.elasticsearch)) as unhurried:
            set_up(unhurried, patient.elasticsearch)
        ensure_topics(settings.kafka)
        outcomes: list[Outcome] = []
        thread = threading.Thread(target=lambda: outcomes.append(run.until_ended()))
        thread.start()
        publish(settings, _tweets(0, 500))
        until(lambda: _scraped(url, "tweetpulse_records_read_total") == 500, "the first tweets")

        os.kill(stack.elasticsearch.pid, signal.SIGSTOP)
        try:
            publish(settings, _tweets(500, 500))
            until(lambda: _scraped(url, "tweetpulse_sink_waiting") == 1, "waiting")
            before = _scraped(url, "tweetpulse_bulk_retries_total")
            until(lambda: _scraped(url, "tweetpulse_bulk_retries_total") > before, "another attempt")
            assert _scraped(url, "tweetpulse_query_active") == 1
        finally:
            os.kill(stack.elasticsearch.pid, signal.SIGCONT)

        until(lambda: _scraped(url, "tweetpulse_records_read_total") == 1_000, "the rest of the tweets")
        assert _scraped(url, "tweetpulse_sink_waiting") == 0
        assert count(settings) == distinct_ids(settings) == 1_000
        stop.set()
        thread.join(timeout=60)
        assert [outcome.read.total() for outcome in outcomes] == [1_000]


def _impatient(settings: Settings) -> Settings:
    return settings.model_copy(
        update={"elasticsearch": settings.elasticsearch.model_copy(update={"request_timeout": 3.0})}
    )


def _scraped(url: str, name: str) -> float:
    """The sum of a metric's samples at /metrics."""
    with urllib.request.urlopen(url, timeout=10) as page:
        families = text_string_to_metric_families(page.read().decode())
        return sum(sample.value for family in families for sample in family.samples if sample.name == name)


@pytest.mark.faults
def test_a_kill_at_any_time_loses_and_doubles_nothing(settings: Settings, spark: SparkSession, tmp_path: Path) -> None:
    """Killed (-9) after each of its first batches, at whatever it was doing, then drained."""
    small = settings.model_copy(update={"stream": settings.stream.model_copy(update={"max_offsets_per_trigger": 200})})
    publish(small, _tweets(0, 2_000))
    for kill in range(2):
        log = tmp_path / f"log-{kill}"
        with running(small, "-m", "pipeline", "run", log=log) as process:
            until(partial(_finished, log, kill + 1), "a batch", timeout=240)
            process.kill()
            process.wait()
    drain(spark, small)
    assert count(settings) == distinct_ids(settings) == 2_000
    assert list(islice(settings.checkpoint.glob("commits/[0-9]*"), 1))


@pytest.mark.faults
def test_a_minute_without_elasticsearch_in_the_middle_of_a_drain(make_stack: MakeStack, tmp_path: Path) -> None:
    """Its process is ended and started again: sink_waiting within 15 s, scrapes keep answering, all is there."""
    stack = make_stack()
    settings = settings_of(stack, mark=uuid4().hex[:12], folder=tmp_path)
    settings = settings.model_copy(
        update={
            "stream": settings.stream.model_copy(update={"max_offsets_per_trigger": 2_000}),
            "elasticsearch": settings.elasticsearch.model_copy(update={"request_timeout": 10.0}),
            "telemetry": settings.telemetry.model_copy(update={"stream_port": free_port()}),
        }
    )
    url = f"http://127.0.0.1:{settings.telemetry.stream_port}/metrics"
    publish(settings, _tweets(0, 60_000))
    with running(settings, "-m", "pipeline", "run", log=tmp_path / "log") as process:
        until(partial(_finished, tmp_path / "log", 2), "the first batches", timeout=240)
        psutil.Process(stack.elasticsearch.pid).terminate()
        gone = time.monotonic()
        waited = until(lambda: _scraped(url, "tweetpulse_sink_waiting") == 1, "waiting")
        while time.monotonic() - gone < 60:
            assert _scraped(url, "tweetpulse_query_active") == 1
            time.sleep(1)
        repaired(stack.state_dir)
        until(lambda: _scraped(url, "tweetpulse_records_read_total") == 60_000, "the rest", timeout=300)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
    assert count(settings) == distinct_ids(settings) == 60_000
    assert waited < 15

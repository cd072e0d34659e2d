"""Kafka is paused, killed, or has another topic of the same name: waited for, or refused with what to do."""

from __future__ import annotations

import os
import signal
import time
import urllib.request
from functools import partial
from pathlib import Path
from uuid import uuid4

import psutil
import pytest
from kafka import KafkaAdminClient
from prometheus_client.parser import text_string_to_metric_families
from pyspark.sql import SparkSession

from pipeline.domain.tweet import Tweet
from pipeline.embedded.ports import free_port
from pipeline.errors import SetupError
from pipeline.kafka.client import connect
from pipeline.kafka.topics import ensure_topics
from pipeline.settings import Settings
from tests.processes import running, until
from tests.stacks import MakeStack, repaired, settings_of
from tests.streams import count, distinct_ids, drain, publish


def tweets(first: int, number: int) -> list[Tweet]:
    return [Tweet(id=f"test:{n}", text=f"tweet {n} is great", source="test") for n in range(first, first + number)]


def on_a_port(settings: Settings, batch: int) -> Settings:
    return settings.model_copy(
        update={
            "telemetry": settings.telemetry.model_copy(update={"stream_port": free_port()}),
            "stream": settings.stream.model_copy(update={"max_offsets_per_trigger": batch}),
        }
    )


def scraped(settings: Settings, name: str) -> float:
    """The sum of a metric's samples at /metrics."""
    with urllib.request.urlopen(f"http://127.0.0.1:{settings.telemetry.stream_port}/metrics", timeout=10) as page:
        families = text_string_to_metric_families(page.read().decode())
        return sum(sample.value for family in families for sample in family.samples if sample.name == name)


def finished(log: Path, batches: int) -> bool:
    return log.read_text().count("batch finished") >= batches


@pytest.mark.timeout(900)
@pytest.mark.parametrize("how", ["paused", pytest.param("killed", marks=pytest.mark.faults)])
def test_kafka_is_away_while_a_batch_writes_and_while_nothing_comes(
    make_stack: MakeStack, tmp_path: Path, how: str
) -> None:
    """The stream waits, reports it, and continues by itself; nothing is lost or duplicated."""
    stack = make_stack()
    settings = on_a_port(settings_of(stack, mark=uuid4().hex[:12], folder=tmp_path), batch=4_000)
    log = tmp_path / "log"
    publish(settings, tweets(0, 40_000))
    broker = psutil.Process(stack.kafka.pid)
    with running(settings, "-m", "pipeline", "run", log=log) as process:
        until(partial(finished, log, 2), "the first batches", timeout=240)
        broker = _take_away(broker, how)
        until(lambda: scraped(settings, "tweetpulse_sink_waiting") == 1, "waiting in a batch", timeout=240)
        assert scraped(settings, "tweetpulse_query_active") == 1
        assert process.poll() is None
        broker = _give_back(broker, how, stack.state_dir)
        until(lambda: scraped(settings, "tweetpulse_records_read_total") == 40_000, "the rest", timeout=400)
        assert scraped(settings, "tweetpulse_sink_waiting") == 0

        broker = _take_away(broker, how)
        until(lambda: scraped(settings, "tweetpulse_sink_waiting") == 1, "waiting with nothing to do", timeout=120)
        _give_back(broker, how, stack.state_dir)
        publish(settings, tweets(40_000, 100))
        until(lambda: scraped(settings, "tweetpulse_records_read_total") == 40_100, "what came later", timeout=240)
        until(lambda: scraped(settings, "tweetpulse_sink_waiting") == 0, "an end of waiting", timeout=60)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=120) == 0, log.read_text()[-2_000:]
    assert "read 40,100 records: 40,100 indexed, 0 already there, 0 rejected" in log.read_text()
    assert count(settings) == distinct_ids(settings) == 40_100


def _take_away(broker: psutil.Process, how: str) -> psutil.Process:
    if how == "paused":
        broker.suspend()
    else:
        broker.kill()
        broker.wait(timeout=30)
    return broker


def _give_back(broker: psutil.Process, how: str, state_dir: Path) -> psutil.Process:
    if how == "paused":
        broker.resume()
        return broker
    return psutil.Process(repaired(state_dir).kafka.pid)


def remake_topic(settings: Settings) -> None:
    """Delete the topic and create it again, as a person does to start over."""
    topic = settings.kafka.tweets_topic
    admin = connect(KafkaAdminClient, settings.kafka)
    admin.delete_topics([topic])
    until(lambda: topic not in admin.list_topics(), "an end of the topic")
    admin.close()
    deadline = time.monotonic() + 60
    while True:
        try:
            ensure_topics(settings.kafka)
            return
        except SetupError:
            # The broker still deletes.
            assert time.monotonic() < deadline
            time.sleep(0.5)


def test_a_topic_that_was_made_anew(settings: Settings, spark: SparkSession, tmp_path: Path) -> None:
    """With more records than before the offsets show nothing: it is refused, and the printed cure reads everything."""
    publish(settings, tweets(0, 300))
    drain(spark, settings)
    remake_topic(settings)
    publish(settings, tweets(300, 500))
    with pytest.raises(SetupError, match="created again") as raised:
        drain(spark, settings)
    assert "move the checkpoint away (mv)" in raised.value.message
    settings.checkpoint.rename(tmp_path / "checkpoint.old")
    assert drain(spark, settings).counts()["indexed"] == 500
    assert count(settings) == distinct_ids(settings) == 800


def test_a_topic_that_is_made_anew_under_a_running_stream(settings: Settings, tmp_path: Path) -> None:
    """It ends with the same line, also when nothing comes in."""
    settings = on_a_port(settings, batch=50_000)
    publish(settings, tweets(0, 300))
    log = tmp_path / "log"
    with running(settings, "-m", "pipeline", "run", log=log) as process:
        until(partial(finished, log, 1), "the first batch", timeout=240)
        remake_topic(settings)
        publish(settings, tweets(300, 300))
        assert process.wait(timeout=240) == 3, log.read_text()[-2_000:]
    assert "was deleted and created again" in log.read_text()


def test_a_damaged_checkpoint(settings: Settings, spark: SparkSession) -> None:
    """The newest files empty, as after a power cut: the stream starts, and every tweet is there once."""
    small = settings.model_copy(update={"stream": settings.stream.model_copy(update={"max_offsets_per_trigger": 100})})
    publish(small, tweets(0, 300))
    drain(spark, small)
    newest = max((small.checkpoint / "offsets").glob("[0-9]*"), key=lambda path: int(path.name))
    os.truncate(newest, 0)
    publish(small, tweets(300, 50))
    again = drain(spark, small)
    assert again.counts()["indexed"] == 50
    assert again.counts()["already there"] > 0
    for name in ("metadata", "commits", "offsets"):
        path = small.checkpoint / name
        newest = path if path.is_file() else max(path.glob("[0-9]*"), key=lambda found: int(found.name))
        newest.write_bytes(b"\0" * newest.stat().st_size)
    publish(small, tweets(350, 50))
    drain(spark, small)
    assert count(small) == distinct_ids(small) == 400

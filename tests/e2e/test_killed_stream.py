"""The stream is killed while tweets keep coming: what the exporter says, and what a real Prometheus makes of it."""

from __future__ import annotations

import json
import re
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from itertools import count as counted
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from kafka import KafkaConsumer, TopicPartition
from prometheus_client.parser import text_string_to_metric_families

from pipeline.domain.tweet import Tweet
from pipeline.embedded import prometheus
from pipeline.embedded.ports import free_port
from pipeline.embedded.processes import end, of_stack
from pipeline.kafka.client import connect
from pipeline.kafka.publisher import Publisher
from pipeline.kafka.topics import ensure_topics
from pipeline.settings import Settings
from pipeline.sources.pacing import Clock
from tests.processes import running, until
from tests.rules.debian import program
from tests.stacks import MakeStack, settings_of
from tests.streams import count, distinct_ids, publish

RATE = 20.0


def _tweets(first: int, number: int) -> list[Tweet]:
    return [Tweet(id=f"test:{n}", text=f"tweet {n} is fine", source="test") for n in range(first, first + number)]


def test_lag_is_true_while_the_stream_is_down(settings: Settings, tmp_path: Path) -> None:
    """Killed, it is what the broker holds beyond the last commit, to the record; drained, it is 0."""
    settings = _on_ports(settings)
    publish(settings, _tweets(0, 700))
    with running(settings, "-m", "exporters", log=tmp_path / "exporter") as exporter:
        until(lambda: _answers(_exporter_url(settings)) or exporter.poll() is not None, "the exporter")
        with running(settings, "-m", "pipeline", "run", log=tmp_path / "stream") as stream:
            until(lambda: _lag(settings) == 0, "the first drain", timeout=240)
            stream.kill()
            stream.wait()
        publish(settings, _tweets(700, 300))
        assert _lag(settings) == _held(settings) - 700 == 300
        assert _lag_seconds(settings) > 0
        publish(settings, _tweets(1_000, 50))
        assert _lag(settings) == _held(settings) - 700 == 350
        with running(settings, "-m", "pipeline", "run", "--once", log=tmp_path / "again") as again:
            assert again.wait(timeout=240) == 0
        assert _lag(settings) == _lag_seconds(settings) == 0
    assert count(settings) == distinct_ids(settings) == 1_050


@pytest.mark.faults
@pytest.mark.timeout(1_800)
def test_the_alerts_of_a_killed_stream_fire_and_resolve(make_stack: MakeStack, tmp_path: Path) -> None:
    """StreamDown within 2 minutes, LagGrowing within 5; started again, the lag drains and both resolve."""
    stack = make_stack()
    settings = _on_ports(settings_of(stack, mark=uuid4().hex[:12], folder=tmp_path))
    targets = {
        "tweetpulse-stream": f"127.0.0.1:{settings.telemetry.stream_port}",
        "tweetpulse-exporter": f"127.0.0.1:{settings.telemetry.exporter_port}",
    }
    with ExitStack() as processes:
        processes.enter_context(running(settings, "-m", "exporters", log=tmp_path / "exporter"))
        url = processes.enter_context(_prometheus(stack.state_dir / "alerting", targets))
        processes.enter_context(_feeding(settings))
        with running(settings, "-m", "pipeline", "run", log=tmp_path / "stream") as stream:
            until(lambda: _read(settings) > 0, "the first batch", timeout=240)
            until(lambda: not _firing(url), "calm", timeout=240)
            stream.kill()
            stream.wait()
        killed = time.monotonic()
        until(lambda: "TweetpulseStreamDown" in _firing(url), "StreamDown", timeout=120)
        until(lambda: "TweetpulseLagGrowing" in _firing(url), "LagGrowing", timeout=300 - (time.monotonic() - killed))
        processes.enter_context(running(settings, "-m", "pipeline", "run", log=tmp_path / "again"))
        until(lambda: not _firing(url), "both resolve", timeout=600)
        assert _lag(settings) < 20 * RATE


def _on_ports(settings: Settings) -> Settings:
    telemetry = settings.telemetry.model_copy(update={"stream_port": free_port(), "exporter_port": free_port()})
    return settings.model_copy(update={"telemetry": telemetry})


def _exporter_url(settings: Settings) -> str:
    return f"http://127.0.0.1:{settings.telemetry.exporter_port}/metrics"


def _stream_url(settings: Settings) -> str:
    return f"http://127.0.0.1:{settings.telemetry.stream_port}/metrics"


def _answers(url: str) -> bool:
    try:
        return bool(_page(url))
    except OSError:
        return False


def _page(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as page:
        return str(page.read().decode())


def _sum(url: str, name: str) -> float | None:
    """The sum of a metric's samples; None where there is none."""
    families = text_string_to_metric_families(_page(url))
    values = [sample.value for family in families for sample in family.samples if sample.name == name]
    return sum(values) if values else None


def _lag(settings: Settings) -> float | None:
    return _sum(_exporter_url(settings), "tweetpulse_stream_lag_records")


def _lag_seconds(settings: Settings) -> float:
    return _sum(_exporter_url(settings), "tweetpulse_stream_lag_seconds") or 0.0


def _read(settings: Settings) -> float:
    try:
        return _sum(_stream_url(settings), "tweetpulse_records_read_total") or 0.0
    except OSError:
        return 0.0


def _held(settings: Settings) -> int:
    """The number of records that the broker holds, by its own count."""
    with closing(connect(KafkaConsumer, settings.kafka)) as consumer:
        topic = settings.kafka.tweets_topic
        partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic)]
        return sum(consumer.end_offsets(partitions).values())


@contextmanager
def _prometheus(state_dir: Path, targets: dict[str, str]) -> Iterator[str]:
    """A real one with the project's own files, and nothing changed in them but where it looks."""
    folder, port = state_dir / "prometheus", free_port()
    folder.mkdir(parents=True)
    prometheus.prepare(folder, targets, None)
    process: subprocess.Popen[bytes] = prometheus.start(folder, program("prometheus"), port, None)
    try:
        until(partial(prometheus.answers, port), "Prometheus")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=30)
        end(of_stack(state_dir))


def _firing(url: str) -> set[str]:
    with urllib.request.urlopen(f"{url}/api/v1/alerts", timeout=10) as page:
        alerts: list[Any] = json.loads(page.read())["data"]["alerts"]
    names = {alert["labels"]["alertname"] for alert in alerts if alert["state"] == "firing"}
    return {name for name in names if re.match("Tweetpulse(StreamDown|LagGrowing)", name)}


@contextmanager
def _feeding(settings: Settings) -> Iterator[None]:
    """Tweets keep coming, whatever becomes of the stream."""
    stop = threading.Event()
    clock = Clock(stop.is_set)
    ensure_topics(settings.kafka)

    def feed() -> None:
        with Publisher(settings.kafka, clock=clock) as publisher:
            publisher.publish((tweet for n in counted() for tweet in _tweets(n, 1)), RATE)

    thread = threading.Thread(target=feed, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=30)

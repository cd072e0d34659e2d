"""Measures a scrape of the exporter with 100 partitions: `python -m bench.exporter`.

The topic is written as our publisher writes it (gzip, large batches). "moving" commits between two scrapes, so that
each scrape reads a record of every partition; "standing" is a stream that is down; "no lag" has no record to read.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
import urllib.request
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from kafka import KafkaProducer

from exporters.server import scrape_of, serving
from pipeline.embedded.guard import guarded
from pipeline.embedded.stack import start
from pipeline.kafka.topics import ensure_topics
from pipeline.settings import KafkaSettings, Settings
from pipeline.sinks.elasticsearch.client import connect
from pipeline.sinks.elasticsearch.setup import set_up
from tests.integration.exporters.checkpoints import write_batch
from tests.stacks import settings_of, stack_settings

PARTITIONS = 100
RECORDS = 3_000
"""Of each partition."""

ROUNDS = 20


@dataclass(frozen=True, slots=True)
class _Scrape:
    seconds: float
    cpu: float
    partitions: int


@dataclass(frozen=True, slots=True)
class Kind:
    """Scrapes of one kind, in seconds; `missing`: how many partitions lacked a lag in seconds, at worst."""

    median: float
    worst: float
    processor: float
    missing: int


@dataclass(frozen=True, slots=True)
class Figures:
    """By the kind of scrape."""

    scrapes: dict[str, Kind]


def run() -> Figures:
    """Print and return the median and the worst of some scrapes."""
    folder = Path(tempfile.mkdtemp(prefix="tweetpulse-bench-"))
    folder.chmod(0o755)
    try:
        with guarded(folder, delete_data=True):
            return _measure(_prepared(folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _prepared(folder: Path) -> Settings:
    settings = settings_of(start(stack_settings(folder)), mark="bench", folder=folder)
    kafka = KafkaSettings(**settings.kafka.model_dump() | {"partitions": PARTITIONS})
    settings = settings.model_copy(update={"kafka": kafka})
    ensure_topics(kafka)
    with closing(connect(settings.elasticsearch)) as client:
        set_up(client, settings.elasticsearch)
    _fill(kafka)
    return settings


def _fill(kafka: KafkaSettings) -> None:
    producer = KafkaProducer(
        bootstrap_servers=kafka.bootstrap_servers, compression_type="gzip", batch_size=262_144, linger_ms=500
    )
    with closing(producer):
        for partition in range(PARTITIONS):
            for number in range(RECORDS):
                producer.send(kafka.tweets_topic, f"{number * 7919:>300}".encode(), partition=partition)
            producer.flush()


def _measure(settings: Settings) -> Figures:
    topic, checkpoint = settings.kafka.tweets_topic, settings.checkpoint

    def commit(number: int) -> None:
        write_batch(checkpoint, number, {topic: dict.fromkeys(range(PARTITIONS), number * RECORDS // (ROUNDS + 2))})

    def stand(number: int) -> None:
        pass

    with serving(scrape_of(settings), settings.telemetry) as url:
        commit(1)
        first = _scrape(url)
        moving = [_after(commit, number + 2, url) for number in range(ROUNDS)]
        standing = [_after(stand, number, url) for number in range(ROUNDS)]
        commit(ROUNDS + 2)
        drained = [_after(stand, number, url) for number in range(ROUNDS)]
    print(f"{PARTITIONS} partitions, {PARTITIONS * RECORDS:,} records; a scrape over HTTP")
    found = {"first": [first], "moving": moving, "standing": standing, "no lag": drained}
    figures = Figures({name: _kind(scrapes) for name, scrapes in found.items()})
    for name, kind in figures.scrapes.items():
        print(
            f"{name:<8} median {kind.median:.3f} s  worst {kind.worst:.3f} s  "
            f"processor {kind.processor:.3f} s  partitions without seconds at worst {kind.missing}"
        )
    return figures


def _kind(scrapes: list[_Scrape]) -> Kind:
    seconds = [scrape.seconds for scrape in scrapes]
    return Kind(
        median=statistics.median(seconds),
        worst=max(seconds),
        processor=statistics.median(scrape.cpu for scrape in scrapes),
        missing=max(PARTITIONS - scrape.partitions for scrape in scrapes),
    )


def _after(prepare: Callable[[int], None], number: int, url: str) -> _Scrape:
    prepare(number)
    return _scrape(url)


def _scrape(url: str) -> _Scrape:
    begun, cpu = time.perf_counter(), time.process_time()
    with urllib.request.urlopen(url, timeout=30) as answer:
        page = answer.read().decode()
    return _Scrape(
        seconds=time.perf_counter() - begun,
        cpu=time.process_time() - cpu,
        partitions=page.count("\ntweetpulse_stream_lag_seconds{"),
    )


if __name__ == "__main__":
    run()

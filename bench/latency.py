"""Measures the duration of a small micro-batch, and the time until one tweet can be found.

python -m bench latency
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median, quantiles

from elasticsearch import Elasticsearch
from pyspark.sql.streaming.listener import (
    QueryProgressEvent,
    QueryStartedEvent,
    QueryTerminatedEvent,
    StreamingQueryListener,
)
from rich.console import Console
from rich.table import Table

from bench.servers import running
from bench.tweets import tweets
from pipeline import bootstrap, log
from pipeline.cli.stack import progress
from pipeline.domain.document import SCORED, data_stream
from pipeline.domain.tweet import Tweet
from pipeline.kafka.publisher import Publisher
from pipeline.settings import LogSettings, Settings

SMALL = 10
COLD_ROUNDS, ROUNDS = 5, 30
PATIENCE = 120.0


@dataclass(frozen=True, slots=True)
class Spread:
    """Seconds."""

    p50: float
    p90: float


@dataclass(frozen=True, slots=True)
class Figures:
    """A micro-batch of ten tweets from its trigger to its commit, its phases (medians), and one tweet's way."""

    batch: Spread
    phases: dict[str, float]
    searchable: Spread
    trigger_seconds: float
    refresh_interval: str


@dataclass
class Batches(StreamingQueryListener):
    """Listens to Spark's progress: milliseconds by phase of each batch that held records."""

    durations: list[dict[str, int]] = field(default_factory=list)

    def onQueryStarted(self, event: QueryStartedEvent) -> None:  # noqa: N802 - Spark's names
        """Nothing to note."""

    def onQueryProgress(self, event: QueryProgressEvent) -> None:  # noqa: N802
        """Note a batch."""
        if event.progress.numInputRows:
            self.durations.append(dict(event.progress.durationMs))

    def onQueryIdle(self, event: object) -> None:  # noqa: N802
        """Nothing to note."""

    def onQueryTerminated(self, event: QueryTerminatedEvent) -> None:  # noqa: N802
        """Nothing to note."""


def run() -> Figures:
    """Measure, print and return."""
    log.configure(LogSettings(level="error"))
    with progress() as tell, running(tell) as (_, settings):
        bootstrap.set_up(settings)
        tell("stream", "starts")
        with (
            _streaming(settings) as batches,
            bootstrap.publisher(settings) as publisher,
            bootstrap.elasticsearch(settings) as client,
        ):
            source = tweets((COLD_ROUNDS + ROUNDS) * (SMALL + 1))
            for number in range(COLD_ROUNDS + ROUNDS):
                _batch(batches, publisher, [next(source) for _ in range(SMALL)])
                tell("batches", f"{number + 1} of {COLD_ROUNDS + ROUNDS}")
            warm = batches.durations[COLD_ROUNDS:]
            seconds = []
            for tweet in list(source)[:ROUNDS]:
                seconds.append(_searchable(settings, client, publisher, tweet))
                tell("one tweet", f"{len(seconds)} of {ROUNDS}")
    figures = Figures(
        batch=_spread([batch["triggerExecution"] / 1000 for batch in warm]),
        phases={phase: median(batch.get(phase, 0) for batch in warm) / 1000 for phase in warm[0]},
        searchable=_spread(seconds),
        trigger_seconds=settings.stream.trigger_seconds,
        refresh_interval=settings.elasticsearch.refresh_interval,
    )
    _print(figures)
    return figures


@contextmanager
def _streaming(settings: Settings) -> Iterator[Batches]:
    stop, batches = threading.Event(), Batches()
    with bootstrap.stream(settings, stop) as (stream, _):
        stream.spark.streams.addListener(batches)
        thread = threading.Thread(target=stream.until_ended)
        thread.start()
        try:
            yield batches
        finally:
            stop.set()
            thread.join()


def _batch(batches: Batches, publisher: Publisher, few: list[Tweet]) -> None:
    """Publish a few tweets and wait until Spark has committed them."""
    before = len(batches.durations)
    publisher.publish(few)
    _until(lambda: len(batches.durations) > before)


def _searchable(settings: Settings, client: Elasticsearch, publisher: Publisher, tweet: Tweet) -> float:
    """Seconds from handing one tweet to Kafka until a search finds it, at any moment between two triggers."""
    # A tweet that always came right after a batch would always wait for the whole of the trigger interval.
    time.sleep(random.uniform(0, settings.stream.trigger_seconds))
    stream = data_stream(SCORED, settings.elasticsearch.namespace)
    query = {"ids": {"values": [tweet.id]}}
    started = time.perf_counter()
    publisher.publish([tweet])
    _until(lambda: client.count(index=stream, query=query)["count"] == 1)
    return time.perf_counter() - started


def _until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not done():
        if time.monotonic() > deadline:
            raise SystemExit(f"bench: the stream did nothing for {PATIENCE:.0f} s")
        time.sleep(0.01)


def _spread(seconds: list[float]) -> Spread:
    return Spread(p50=median(seconds), p90=quantiles(seconds, n=10)[-1])


def _print(figures: Figures) -> None:
    table = Table("seconds", "p50", "p90", box=None, pad_edge=False)
    table.add_row(f"{SMALL} tweets: trigger to commit", f"{figures.batch.p50:.2f}", f"{figures.batch.p90:.2f}")
    table.add_row("one tweet: Kafka to searchable", f"{figures.searchable.p50:.2f}", f"{figures.searchable.p90:.2f}")
    console = Console(highlight=False)
    console.print(table)
    phases = ", ".join(f"{phase} {seconds:.2f}" for phase, seconds in figures.phases.items())
    console.print(f"of the ten tweets' batch: {phases}")
    console.print(
        f"a trigger every {figures.trigger_seconds} s, a refresh every {figures.refresh_interval}: they are part of it"
    )

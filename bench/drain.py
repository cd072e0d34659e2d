"""A full topic drained by the real command, beside a plain loop and beside what Elasticsearch can take at all.

    python -m bench drain

Everything is on this machine. Whatever is set by `TWEETPULSE_*` holds here too, but for the servers' addresses.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import ceiling, peer
from bench.servers import environment, named, running
from bench.tweets import kind, tweets
from bench.usage import Usage, watched
from pipeline import bootstrap
from pipeline.cli.stack import progress
from pipeline.domain.document import SCORED, data_stream
from pipeline.embedded.info import StackInfo
from pipeline.settings import Settings
from pipeline.tell import Tell

TWEETS = int(os.environ.get("BENCH_TWEETS", "200000"))
PEER_TWEETS, CEILING_TWEETS = 20_000, 200_000
COLD_BATCHES = 1


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a run.

    Attributes:
        peer: the plain loop; like all rates in tweets per second.
        warm: all full batches but the first; `batch_rates` are theirs.
        with_start: from the start of the process to the last batch.
        ceiling: Elasticsearch alone.
        cpu_per_thousand: processor seconds per 1,000 tweets of the warm batches, by part.
        others_cores: how many cores processes that are none of ours took meanwhile.
        peak_memory: bytes (PSS) by part of the stream, when they were most together.
    """

    tweets: int
    peer: float
    warm: float
    with_start: float
    ceiling: float
    batch_rates: list[float]
    cpu_per_thousand: dict[str, float]
    others_cores: float
    peak_memory: dict[str, int]


@dataclass(frozen=True, slots=True)
class Finished:
    """A batch that was acknowledged at `when`, monotonic seconds."""

    when: float
    read: int


def run() -> Figures:
    """Measure, print and return."""
    with progress() as tell, running(tell) as (info, settings):
        fill(settings, tell)
        figures = _measure(info, settings, tell)
    _print(figures)
    return figures


def _measure(info: StackInfo, settings: Settings, tell: Tell) -> Figures:
    # First, so that the server is warm for the others.
    tell("ceiling", f"Elasticsearch alone, {CEILING_TWEETS:,} documents")
    alone = ceiling.rate(_prepared(settings, "ceiling"), tweets(CEILING_TWEETS))
    tell("ceiling", f"{alone:,.0f} documents/s")
    tell("peer", f"a plain loop over {PEER_TWEETS:,}")
    plain = peer.rate(_prepared(settings, "peer"), PEER_TWEETS)
    tell("peer", f"{plain:,.0f} tweets/s")
    started, finished, usage = drain(info, settings, tell)
    require_all(settings)
    full = full_batches(finished, settings)
    begun, done = full[COLD_BATCHES - 1].when, full[-1].when
    # The first batch begins with cold workers and caches; what is reported is a stream that has been running.
    read = sum(batch.read for batch in full[COLD_BATCHES:])
    cpu = usage.cpu(begun, done)
    return Figures(
        tweets=TWEETS,
        peer=plain,
        warm=warm_rate(full),
        with_start=TWEETS / (finished[-1].when - started),
        ceiling=alone,
        batch_rates=[batch.read / (batch.when - before.when) for before, batch in pairwise(full)],
        cpu_per_thousand={part: seconds / read * 1000 for part, seconds in cpu.items()},
        others_cores=cpu["others"] / (done - begun),
        peak_memory=usage.peak(),
    )


def full_batches(finished: Iterable[Finished], settings: Settings) -> list[Finished]:
    """Those of a full size: what the partitions' shares leave over comes as a last batch of a few records."""
    return [batch for batch in finished if batch.read > settings.stream.max_offsets_per_trigger / 2]


def warm_rate(full: Sequence[Finished]) -> float:
    """Tweets per second of full batches, without those that begin with cold workers and caches."""
    return sum(batch.read for batch in full[COLD_BATCHES:]) / (full[-1].when - full[COLD_BATCHES - 1].when)


def _prepared(settings: Settings, name: str) -> Settings:
    settings = named(settings, name)
    bootstrap.set_up(settings)
    return settings


def fill(settings: Settings, tell: Tell) -> None:
    """Set up what the stream needs, and publish what it is to drain."""
    bootstrap.set_up(settings)
    tell("bench", f"publishing {TWEETS:,} {kind()}")
    with bootstrap.publisher(settings) as publisher:
        publisher.publish(tweets(TWEETS))


def drain(
    info: StackInfo, settings: Settings, tell: Tell, on_batch: Callable[[int], object] = lambda batches: None
) -> tuple[float, list[Finished], Usage]:
    """Drain with `tweetpulse run --once`: when it was started, its batches, and what it used.

    `on_batch` is told how many batches are done, after each.
    """
    command = [sys.executable, "-m", "pipeline", "run", "--once"]
    variables = os.environ | environment(settings)
    tell("stream", "starts")
    started = time.monotonic()
    with (
        subprocess.Popen(
            command, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        ) as process,
        watched(process.pid, {server.name: server.pid for server in info.servers}) as usage,
    ):
        finished = []
        for batch in _batches(process):
            finished.append(batch)
            on_batch(len(finished))
            done = sum(batch.read for batch in finished)
            tell("stream", f"drained: {done:,} of {TWEETS:,} after {batch.when - started:.1f} s")
    return started, finished, usage


def _batches(process: subprocess.Popen[str]) -> Iterator[Finished]:
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        event = json.loads(line) if line.startswith("{") else {}
        if _field(event, "event.action") == "batch-finished":
            yield Finished(time.monotonic(), _field(event, "tweetpulse.read"))
        elif event.get("log.level") != "info":
            said.append(line)
    if process.wait() != 0:
        sys.exit("bench: the stream failed: " + "".join(said[-3:]))


def _field(event: dict[str, Any], name: str) -> Any:
    """A field of a log line, which ECS allows to be nested or dotted."""
    first, second = name.split(".")
    return event[name] if name in event else event.get(first, {}).get(second)


def require_all(settings: Settings) -> None:
    """End with a word if Elasticsearch does not hold them all."""
    with bootstrap.elasticsearch(settings) as client:
        stream = data_stream(SCORED, settings.elasticsearch.namespace)
        client.indices.refresh(index=stream)
        found = client.count(index=stream)["count"]
    if found != TWEETS:
        sys.exit(f"bench: {found:,} documents for {TWEETS:,} tweets")


def _print(figures: Figures) -> None:
    table = Table(f"{TWEETS:,} {kind()}", "tweets/s", "× the plain loop", box=None, pad_edge=False)
    rows = {
        "kafka-python, vaderSentiment, helpers.bulk": figures.peer,
        "the stream, warm batches": figures.warm,
        "the stream, from its start": figures.with_start,
        "Elasticsearch alone, documents ready-made": figures.ceiling,
    }
    for name, value in rows.items():
        table.add_row(name, f"{value:,.0f}", f"{value / figures.peer:.1f}")
    console = Console(highlight=False)
    console.print(table)
    console.print("each batch after the first: " + ", ".join(f"{rate:,.0f}" for rate in figures.batch_rates))
    own = {part: 1000 * cpu for part, cpu in figures.cpu_per_thousand.items() if part not in ("all", "others")}
    parts = ", ".join(f"{part} {cpu:.0f}" for part, cpu in own.items())
    console.print(f"processor ms per 1,000 tweets: {parts}; together {sum(own.values()):.0f}")
    console.print(f"meanwhile other processes took {figures.others_cores:.1f} cores")
    memory = ", ".join(f"{part} {size / 2**20:,.0f}" for part, size in figures.peak_memory.items())
    console.print(f"most memory, MiB: {memory}; together {sum(figures.peak_memory.values()) / 2**30:.2f} GiB")

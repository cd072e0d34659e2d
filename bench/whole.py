"""The whole way for an hour: source → Kafka → stream → Elasticsearch, with a fault a minute, then a burst.

    python -m bench.soak whole --minutes 60

First it measures how much this machine can take, with the source, the servers and the stream all on it. Then it runs at
70 % of that, with a fault every minute that the stream has to survive, and looks whether memory, open files and threads
stay flat. Then 20 times as much comes for a minute, which must drain without help. At the end every record is looked
for. The exit code is 1 where something was lost or is there twice, where the metrics are not the truth, where anything
grew, or where the burst did not drain.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from itertools import count
from pathlib import Path

from bench import footprint
from bench.footprint import Quarters, Sample
from pipeline.kafka.topics import topic_configs
from pipeline.settings import Settings, StreamSettings
from pipeline.sinks.elasticsearch.settings import ElasticsearchSettings
from tests.faults import broker
from tests.faults.breaking import Chaos, Happened, progress
from tests.faults.chaos import exits, own_stack
from tests.faults.oracle import Verdict
from tests.faults.plan import SURVIVABLE, planned
from tests.faults.world import World, opened

RESULTS = Path(__file__).parent / "results"
SHARE, TIMES = 0.7, 20
FAST, BACKLOG = 100_000.0, 100_000
WARM_SECONDS, MOST_SECONDS = 30.0, 600.0
LEAST_BATCHES = 5
FLAT_FROM_MINUTES = 10.0
"""Before that growth says nothing: the JVM is still warming up."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The duration of each part, in seconds but for `minutes`. `rate` replaces the measured one."""

    minutes: float = 60.0
    every: float = 60.0
    measure: float = 90.0
    burst: float = 60.0
    rate: float | None = None
    seed: int = 1
    drain: float = 3_600.0


@dataclass(frozen=True, slots=True)
class Burst:
    """Its records, the seconds in which the source could publish them, and those from then until all were committed."""

    records: int
    published_seconds: float
    drained_seconds: float | None


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures; rates in records per second, memory in megabytes (PSS)."""

    plan: Plan
    most: float
    rate: float
    burst: Burst
    verdict: Verdict
    faults: list[Happened]
    exits: list[dict[str, object]]
    quarters: list[Quarters]
    samples: list[Sample] = field(repr=False)

    @property
    def wrong(self) -> list[str]:
        """The faults."""
        found = [] if self.verdict.ok else [str(self.verdict)]
        found += [f"the stream ended: {one['said']}" for one in self.exits]
        if self.burst.drained_seconds is None:
            found.append(f"the burst was not drained within {self.plan.drain:.0f} s")
        if self.plan.minutes >= FLAT_FROM_MINUTES:
            found += [str(one) for one in self.quarters if one.grew]
        return found


def soak(world: World, plan: Plan) -> Figures:
    """Run it on a world whose feed is not sending yet."""
    # The embedded broker keeps a gigabyte of a partition, and what it deletes can't be compared with the documents.
    kafka = world.settings.kafka
    kept = {name.replace(".", "_"): value for name, value in topic_configs(kafka).items()}
    for topic in (kafka.tweets_topic, kafka.rejected_topic):
        broker.alter(kafka, topic, **kept, retention_bytes=-1)
    with world.feed.running():
        world.feed.rate = 0
        most = plan.rate / SHARE if plan.rate else maximum(world, plan.measure)
        world.feed.rate = rate = plan.rate or SHARE * most
        _tell(f"at most {most:,.0f} records/s; {plan.minutes:g} minutes of {rate:,.0f} records/s")
        with footprint.sampled(lambda: _pid(world), lambda: _lag(world)) as samples:
            chaos = _steady(world, plan)
        _tell(f"a burst of {TIMES} × {rate:,.0f} records/s")
        burst = _burst(world, rate, plan)
    recoveries = [one.recovery for one in chaos.happened if one.recovery is not None]
    _tell("reading everything")
    # Also those of which a worker was killed: that is to be survived.
    ended = exits(world, expected=True)
    verdict = world.judge(seconds=max(recoveries, default=None), more=chaos.differences)
    return Figures(plan, most, rate, burst, verdict, chaos.happened, ended, footprint.quarters(samples), list(samples))


def maximum(world: World, seconds: float) -> float:
    """Records per second that go the whole way, where the source waits only while the stream is far behind."""
    # Slowly at first: while Spark starts, a backlog would grow that is no part of the measurement.
    world.feed.rate = FAST / 100
    world.until_committed(1, MOST_SECONDS)
    _fed(world, WARM_SECONDS)
    points = _fed(world, seconds)
    # From one commit to another one: between two commits the offsets do not move, however fast the stream is.
    (begun, first), (ended, last) = points[0], points[-1]
    return (last - first) / (ended - begun)


def _fed(world: World, seconds: float) -> list[tuple[float, int]]:
    """Feed as fast as the stream follows, for so long and some batches at least; when it had committed how much."""
    points: list[tuple[float, int]] = []
    begun = time.monotonic()
    while time.monotonic() - begun < seconds or len(points) < LEAST_BATCHES:
        if time.monotonic() - begun > MOST_SECONDS:
            sys.exit("soak: the stream does not follow: see its logs")
        world.feed.rate = FAST if _lag(world) < BACKLOG else 0
        committed = world.committed
        if committed and (not points or committed != points[-1][1]):
            points.append((time.monotonic(), committed))
        time.sleep(0.1)
    return points


def _steady(world: World, plan: Plan) -> Chaos:
    chaos = Chaos(world, (), _tell)
    faults = planned(plan.seed, SURVIVABLE)
    begun = time.monotonic()
    for number in count():
        due = (number + 0.5) * plan.every
        time.sleep(max(0.0, begun + min(due, plan.minutes * 60) - time.monotonic()))
        if due >= plan.minutes * 60:
            break
        chaos.compare()
        chaos.do(next(faults))
        _tell(progress(world))
    chaos.await_recovery()
    return chaos


def _burst(world: World, rate: float, plan: Plan) -> Burst:
    """As many records as so many seconds of it are, as fast as this machine publishes them; then nothing more comes."""
    records = int(TIMES * rate * plan.burst)
    before, begun = world.feed.total, time.monotonic()
    world.feed.rate = TIMES * rate
    while (sent := world.feed.total - before) < records and time.monotonic() - begun < plan.drain:
        time.sleep(0.1)
    world.feed.rate = 0
    published = time.monotonic() - begun
    _tell(f"{sent:,} records within {published:.0f} s; {_lag(world):,} behind")
    world.feed.flush()
    drained = world.until_committed(world.feed.total, plan.drain)
    return Burst(sent, round(published, 1), None if drained is None else round(drained, 1))


def _pid(world: World) -> int | None:
    return world.stream.lives[-1].process.pid if world.stream.is_alive else None


def _lag(world: World) -> int:
    return max(0, world.feed.total - world.committed)


def _tell(line: str) -> None:
    print(line, flush=True)


def show(figures: Figures) -> None:
    """Print what came of it."""
    burst, took = figures.burst, [one.recovery for one in figures.faults if one.recovery is not None]
    drained = "was not drained" if burst.drained_seconds is None else f"was drained after {burst.drained_seconds:.0f} s"
    print(
        f"at most {figures.most:,.0f} records/s; {figures.rate:,.0f} for {figures.plan.minutes:g} min, "
        f"{len(figures.faults)} faults, "
        f"recovered from {len(took)} of them, after at most {max(took, default=0.0):.0f} s"
    )
    for one in figures.quarters:
        print(one)
    print(f"a burst of {burst.records:,} records, published within {burst.published_seconds:.0f} s, {drained}")
    print(figures.verdict)
    for wrong in figures.wrong:
        print(f"soak: {wrong}", file=sys.stderr)


def _keep(figures: Figures) -> Iterator[Path]:
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"soak-whole-{time.strftime('%Y%m%dT%H%M%S')}.json"
    path.write_text(json.dumps({"bench": "soak-whole", "figures": asdict(figures), "wrong": figures.wrong}) + "\n")
    yield path
    if drawn := footprint.picture(figures.samples):
        path.with_suffix(".png").write_bytes(drawn)
        yield path.with_suffix(".png")


def everyday(settings: Settings) -> Settings:
    """Batches and bulks as they are by default: it is about speed."""
    elasticsearch = ElasticsearchSettings(
        **settings.elasticsearch.model_dump(include={"url", "namespace", "labels_index"})
    )
    stream = StreamSettings(checkpoint=settings.stream.checkpoint)
    return settings.model_copy(update={"elasticsearch": elasticsearch, "stream": stream})


def main(arguments: list[str]) -> int:
    """Run it as asked; the exit code."""
    plan = _plan(arguments)
    folder = Path(tempfile.mkdtemp(prefix="tweetpulse-soak-"))
    folder.chmod(0o755)
    is_ok = False
    try:
        with own_stack(folder) as stack, opened(stack, folder / "world", seed=plan.seed, adjust=everyday) as world:
            figures = soak(world, plan)
        is_ok = not figures.wrong
    finally:
        if is_ok:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            print(f"data and logs are kept in {folder}", file=sys.stderr)
    show(figures)
    for path in _keep(figures):
        print(f"kept in {path}")
    return 0 if is_ok else 1


def _plan(arguments: list[str]) -> Plan:
    parser = argparse.ArgumentParser(
        prog="soak whole", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options = {
        "minutes": "how long at 70 %% of the maximum",
        "every": "seconds between two faults",
        "measure": "seconds to measure the maximum",
        "burst": "seconds of 20 times the rate that the burst is worth",
        "rate": "records per second, instead of 70 %% of what is measured",
        "seed": "decides the faults",
    }
    for name, text in options.items():
        kind = int if name == "seed" else float
        parser.add_argument(f"--{name}", type=kind, default=getattr(Plan(), name), help=text)
    return Plan(**vars(parser.parse_args(arguments)))

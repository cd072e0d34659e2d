"""Hours of a live source: does its memory grow, is anything lost, how soon is it back after each disconnect?

python -m bench.soak --minutes 60 --rate 50
python -m bench.soak whole --minutes 60        the whole way instead: see bench/whole.py

A fake X in a process of its own writes tweets at that rate and ends the stream every minute, each time in another
way; a real broker; the real `tweetpulse collect twitter`. At the end the ids in the topic are held to those that were
written. The exit code is 1 where something was lost, came back late, or memory grew.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import orjson
import psutil
from kafka import KafkaConsumer

from bench.servers import environment
from pipeline.embedded.discover import with_embedded
from pipeline.embedded.guard import guarded
from pipeline.embedded.stack import start
from pipeline.kafka.client import kafka_options
from pipeline.kafka.topics import ensure_topics
from pipeline.settings import KafkaSettings, Settings, load

ROOT = Path(__file__).parent.parent
RESULTS = Path(__file__).parent / "results"
LATEST_SECONDS = 10.0
"""Within which the first tweet after a disconnect has to be there."""

GROWTH = 0.10
"""By which memory may grow from the second quarter to the last one."""

FLAT_FROM_MINUTES = 10.0
"""Before that memory says nothing: the interpreter is still warming up."""

CATCH_UP_SECONDS = 120.0
SAMPLE_SECONDS = 1.0
BARS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True)
class Plan:
    """The duration, the rate, the number of cuts, and the delay until X's search knows a tweet."""

    minutes: float = 60.0
    rate: float = 50.0
    every_seconds: float = 60.0
    settle_seconds: float = 12.0
    stall_seconds: float = 4.0


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures; megabytes (RSS) and seconds.

    Attributes:
        written: tweets that X had for the rules.
        arrived: distinct ids of them in the topic; `lost` are the others.
        duplicates: records beyond the first of an id.
        reconnect_seconds: from each loss to the first tweet after it, on the server's side.
        memory: the collector's, once a second; `second_quarter` and `last_quarter` are medians.
    """

    plan: Plan
    written: int
    arrived: int
    lost: int
    unknown: int
    duplicates: int
    disconnects: int
    reconnect_seconds: list[float]
    second_quarter: float
    last_quarter: float
    memory: list[float] = field(repr=False)

    @property
    def faults(self) -> list[str]:
        """The faults."""
        latest = max(self.reconnect_seconds, default=0.0)
        found = []
        if self.lost or self.unknown:
            found.append(f"{self.lost} tweets were lost, {self.unknown} came from nowhere")
        if latest > LATEST_SECONDS:
            found.append(f"after a disconnect the first tweet came after {latest:.1f} s")
        if self.plan.minutes >= FLAT_FROM_MINUTES and self.last_quarter > self.second_quarter * (1 + GROWTH):
            found.append(f"memory grew from {self.second_quarter:.1f} to {self.last_quarter:.1f} MB")
        return found


@dataclass
class _Topic:
    """Reads the topic all along, as anybody downstream would."""

    settings: KafkaSettings
    ids: set[str] = field(default_factory=set)
    records: int = 0

    @contextmanager
    def watched(self) -> Iterator[None]:
        stop = threading.Event()
        thread = threading.Thread(target=self._read, args=(stop,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def _read(self, stop: threading.Event) -> None:
        topic = self.settings.tweets_topic
        with closing(KafkaConsumer(topic, **kafka_options(self.settings), auto_offset_reset="earliest")) as consumer:
            while not stop.is_set():
                for batch in consumer.poll(timeout_ms=500).values():
                    keys = [record.key.decode() for record in batch if record.key]
                    self.records += len(keys)
                    self.ids.update(keys)


def soak(settings: Settings, plan: Plan) -> Figures:
    """Run it against a broker that is there, and say what came of it."""
    ensure_topics(settings.kafka)
    topic = _Topic(settings.kafka)
    with _fake(plan) as (url, token), topic.watched(), _collector(settings, plan, url, token) as collector:
        memory = _sampled(collector, plan, topic)
        report = _caught_up(url, topic, collector)
    written = {f"x:{id_}" for id_ in report["ids"]}
    quarter = max(1, len(memory) // 4)
    return Figures(
        plan=plan,
        written=len(written),
        arrived=len(topic.ids & written),
        lost=len(written - topic.ids),
        unknown=len(topic.ids - written),
        duplicates=topic.records - len(topic.ids),
        disconnects=len(report["delays"]),
        reconnect_seconds=report["delays"],
        second_quarter=median(memory[quarter : 2 * quarter] or memory),
        last_quarter=median(memory[-quarter:]),
        memory=memory,
    )


@contextmanager
def _fake(plan: Plan) -> Iterator[tuple[str, str]]:
    options = {"--rate": plan.rate, "--seconds": plan.minutes * 60, "--every": plan.every_seconds}
    arguments = [str(part) for option in options.items() for part in option]
    process = subprocess.Popen([sys.executable, "-m", "tests.fake_x", *arguments], cwd=ROOT, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        yield told["url"], told["token"]
    finally:
        process.kill()
        process.wait()


@contextmanager
def _collector(settings: Settings, plan: Plan, url: str, token: str) -> Iterator[psutil.Process]:
    own = {
        "TWEETPULSE_TWITTER__API_URL": url,
        "TWEETPULSE_TWITTER__BEARER_TOKEN": token,
        "TWEETPULSE_TWITTER__SETTLE_SECONDS": str(plan.settle_seconds),
        "TWEETPULSE_TWITTER__STALL_SECONDS": str(plan.stall_seconds),
        "TWEETPULSE_TELEMETRY__SOURCE_PORT": "0",
    }
    # Not a pipe: nobody reads while it runs, and a full pipe would stop the collector.
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "pipeline", "collect", "twitter", "--track", "Acme:acme"],
            cwd=ROOT, env=os.environ | environment(settings) | own, stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            yield psutil.Process(process.pid)
        finally:
            process.terminate()
            try:
                code = process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                code = process.wait()
            if code != 0:
                output.seek(0)
                print(output.read().decode()[-3_000:], file=sys.stderr)


def _sampled(collector: psutil.Process, plan: Plan, topic: _Topic) -> list[float]:
    """Megabytes once a second, as long as tweets are written; a line each minute."""
    memory: list[float] = []
    begun = told = time.monotonic()
    while time.monotonic() - begun < plan.minutes * 60:
        time.sleep(SAMPLE_SECONDS)
        try:
            memory.append(round(collector.memory_info().rss / 1e6, 2))
        except psutil.Error:
            break  # It has ended, which is told at the end.
        if time.monotonic() - told >= 60:
            told = time.monotonic()
            print(f"{(told - begun) / 60:5.1f} min  {memory[-1]:6.1f} MB  {len(topic.ids):,} tweets", flush=True)
    return memory or [0.0]


def _caught_up(url: str, topic: _Topic, collector: psutil.Process) -> dict[str, Any]:
    """The written data, once nothing more is written."""
    until = time.monotonic() + CATCH_UP_SECONDS
    # Until somebody waits for it, a collector that has ended is a zombie, which still counts as running.
    while time.monotonic() < until and collector.is_running() and collector.status() != psutil.STATUS_ZOMBIE:
        report = _report(url)
        if report["is_done"] and len(topic.ids) >= len(report["ids"]):
            return report
        time.sleep(0.5)
    return _report(url)


def _report(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"{url}/report", timeout=30) as answer:
        found: dict[str, Any] = orjson.loads(answer.read())
    return found


def chart(values: list[float], width: int = 72) -> str:
    """A line of bars from 0 to the largest, each the median of its part."""
    # Rounded up, so that there are never more bars than `width`.
    size = max(1, -(-len(values) // width))
    parts = [median(values[first : first + size]) for first in range(0, len(values), size)]
    most = max(parts) or 1.0
    return "".join(BARS[min(len(BARS) - 1, int(part / most * len(BARS)))] for part in parts)


def show(figures: Figures) -> None:
    """Print what came of it."""
    delays = figures.reconnect_seconds
    print(f"written {figures.written:,}, arrived {figures.arrived:,}, lost {figures.lost:,}, "
          f"twice {figures.duplicates:,}")  # fmt: skip
    print(f"{figures.disconnects} disconnects; the first tweet after one came after "
          f"{median(delays or [0.0]):.2f} s (median), {max(delays, default=0.0):.2f} s (latest)")  # fmt: skip
    print(f"memory {figures.second_quarter:.1f} MB in the second quarter, {figures.last_quarter:.1f} MB in the last; "
          f"at most {max(figures.memory):.1f}")  # fmt: skip
    print(f"{chart(figures.memory)}  0 to {max(figures.memory):.0f} MB")
    for fault in figures.faults:
        print(f"soak: {fault}", file=sys.stderr)


def _keep(figures: Figures) -> Path:
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"soak-{time.strftime('%Y%m%dT%H%M%S')}.json"
    path.write_text(json.dumps({"bench": "soak", "figures": asdict(figures), "faults": figures.faults}) + "\n")
    return path


@contextmanager
def _broker() -> Iterator[Settings]:
    folder = Path(tempfile.mkdtemp(prefix="tweetpulse-soak-"))
    folder.chmod(0o755)
    try:
        with guarded(folder, delete_data=True):
            settings = load(state_dir=folder)
            embedded = settings.embedded.model_copy(update={"kafka_port": 0})
            settings = settings.model_copy(update={"embedded": embedded, "kafka": KafkaSettings()})
            start(settings, ("kafka",))
            yield with_embedded(settings)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    """Run it as asked; the exit code."""
    if sys.argv[1:2] == ["whole"]:
        # Only here: it looks at what this module keeps.
        from bench import whole

        return whole.main(sys.argv[2:])
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--rate", type=float, default=50.0)
    parser.add_argument("--every", type=float, default=60.0, help="seconds between two disconnects")
    given = parser.parse_args()
    with _broker() as settings:
        figures = soak(settings, Plan(given.minutes, given.rate, given.every))
    show(figures)
    print(f"kept in {_keep(figures)}")
    return 1 if figures.faults else 0


if __name__ == "__main__":
    sys.exit(main())

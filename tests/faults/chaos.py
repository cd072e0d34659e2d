"""Random faults under continuous input, then the oracle. The seed repeats the sequence of faults and their durations.

    python -m tests.faults.chaos --minutes 30 --seed 7

The exit code is 1 where anything was lost or is there twice, or where the stream's metrics say something else.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console

from bench.soak import RESULTS
from pipeline.embedded.guard import guarded
from pipeline.embedded.info import StackInfo
from pipeline.embedded.stack import start
from tests.faults import books
from tests.faults.oracle import Verdict
from tests.faults.plan import Planned, planned
from tests.faults.records import Shares, records
from tests.faults.world import World, opened
from tests.stacks import stack_settings

Tell = Callable[[str], object]

_TELL_SECONDS = 60.0
_PATIENCE = 240.0
"""Seconds that the stream may take to recover; after that chaos goes on all the same, and says so."""


@dataclass(slots=True)
class Happened:
    """A fault that was done.

    Attributes:
        at: seconds after the beginning.
        recovery: seconds from its end until all that Kafka had then was committed; None if nobody saw that.
        fault: what went wrong with the fault itself.
    """

    kind: str
    at: float
    seconds: float
    recovery: float | None = None
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What a run came to; `exits` are the processes of the stream that ended without being killed here."""

    seed: int
    minutes: float
    rate: float
    verdict: Verdict
    faults: list[Happened]
    exits: list[dict[str, Any]]
    restarts: int

    @property
    def line(self) -> str:
        """One line for people."""
        seen = [one.recovery for one in self.faults if one.recovery is not None]
        took = f", back after {median(seen):.0f} s (median), {max(seen):.0f} s (most)" if seen else ""
        return (
            f"chaos seed {self.seed}, {self.minutes:g} min: {len(self.faults)} faults{took}, "
            f"{self.restarts} restarts, {len(self.exits)} of them by itself; {self.verdict}"
        )


@dataclass
class Chaos:
    """A run under way.

    Args:
        world: whose parts it breaks.
        plan: what is to come.
        tell: told of each fault, and now and then how it goes.
    """

    world: World
    plan: Iterable[Planned]
    tell: Tell
    happened: list[Happened] = field(default_factory=list)
    _begun: float = field(default_factory=time.monotonic)
    _watching: list[threading.Thread] = field(default_factory=list)

    def until(self, seconds: float) -> None:
        """Do what is planned, as long as it begins within so many seconds after the first commit."""
        self.world.until_committed(1, _PATIENCE)
        self._begun = time.monotonic()
        for one in self.plan:
            if one.patient:
                self._await_recovery()
            time.sleep(min(one.pause, max(0.0, seconds - self._now)))
            if self._now >= seconds:
                break
            self._do(one)
        self._await_recovery()

    @property
    def _now(self) -> float:
        return time.monotonic() - self._begun

    def _do(self, one: Planned) -> None:
        happened = Happened(one.kind.name, round(self._now, 1), round(one.seconds, 1))
        self.happened.append(happened)
        try:
            one.kind.act(self.world, one.seconds)
        except Exception as error:
            # A fault that could not be done or repaired is told; the oracle still has the last word.
            happened.fault = f"{type(error).__name__}: {error}"[:300]
        self.tell(f"{happened.at:7.1f} s  {happened.kind} ({happened.seconds:.0f} s) {happened.fault}")
        self._watch(happened)

    def _watch(self, happened: Happened) -> None:
        """See in the background when the stream has recovered."""

        def watch() -> None:
            took = self.world.recovered(_PATIENCE)
            happened.recovery = None if took is None else round(took, 1)

        self._watching.append(threading.Thread(target=watch, daemon=True))
        self._watching[-1].start()

    def _await_recovery(self) -> None:
        while self._watching:
            self._watching.pop().join()


def run(world: World, seconds: float, plan: Iterable[Planned], tell: Tell) -> tuple[Verdict, list[Happened]]:
    """Break a world for so long while its feed runs, let it drain, and ask the oracle."""
    chaos = Chaos(world, plan, tell)
    with world.feed.running(), _telling(world, tell):
        chaos.until(seconds)
    tell("the faults are over: draining")
    recoveries = [one.recovery for one in chaos.happened if one.recovery is not None]
    verdict = world.judge(seconds=max(recoveries, default=None))
    return verdict, chaos.happened


@contextmanager
def _telling(world: World, tell: Tell) -> Iterator[None]:
    """How it goes, now and then."""
    stop = threading.Event()

    def watch() -> None:
        while not stop.wait(_TELL_SECONDS):
            with suppress(Exception):
                tell(progress(world))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def progress(world: World) -> str:
    """How a world is, in one line."""
    sent, committed = world.feed.total, world.committed
    counts = books.total(books.ledger(one for log in world.stream.logs for one in books.finished(log)).values())
    return (
        f"           {sent:,} in Kafka, {committed:,} committed, {counts.indexed:,} indexed, "
        f"{counts.rejected:,} rejected, process {len(world.stream.lives)} of the stream"
    )


def exits(world: World) -> list[dict[str, Any]]:
    """The processes of the stream that ended though nobody here killed a part of them."""
    return [{"process": one.number, "code": one.code, "said": one.last_words()} for one in world.stream.surprises]


@contextmanager
def own_stack(folder: Path) -> Iterator[StackInfo]:
    """Servers in a folder, ended with the block; what they have written stays."""
    stack = folder / "stack"
    with guarded(stack):
        yield start(stack_settings(stack))


def main(arguments: list[str] | None = None) -> int:
    """Run it as asked; the exit code."""
    given = _arguments(arguments)
    console = Console(highlight=False, soft_wrap=True)
    folder = Path(tempfile.mkdtemp(prefix="tweetpulse-chaos-"))
    folder.chmod(0o755)
    is_ok = False
    try:
        result = _in(folder, given, console)
        is_ok = result.verdict.ok
    finally:
        if is_ok:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            console.print(f"data and logs are kept in {folder}")
    for example in result.verdict.examples:
        console.print(example, markup=False)
    console.print(f"kept in {_keep(result)}")
    console.print(result.line, markup=False)
    return 0 if is_ok else 1


def _in(folder: Path, given: argparse.Namespace, console: Console) -> Result:
    console.print(f"seed {given.seed}, {given.minutes:g} minutes, {given.rate:g} records/s, in {folder}")
    shares = Shares(repeats=given.repeats, invalid=given.invalid)
    with (
        own_stack(folder) as stack,
        opened(stack, folder / "world", seed=given.seed, rate=given.rate, made=records(given.seed, shares)) as world,
        console.status("the stream starts") as status,
    ):

        def tell(line: str) -> None:
            # At a terminal the state is one line that changes; elsewhere a line a minute.
            status.update(line.strip()) if console.is_terminal and line.startswith("  ") else console.print(line)

        verdict, happened = run(world, given.minutes * 60, planned(given.seed), tell)
        return Result(
            given.seed, given.minutes, given.rate, verdict, happened, exits(world), len(world.stream.lives) - 1
        )


def _keep(result: Result) -> Path:
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"chaos-{time.strftime('%Y%m%dT%H%M%S')}.json"
    figures = asdict(result)
    figures["verdict"]["ok"] = result.verdict.ok
    path.write_text(json.dumps({"bench": "chaos", "figures": figures}, indent=2) + "\n")
    return path


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="chaos", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=30.0, help="how long faults are done")
    parser.add_argument("--seed", type=int, default=int(time.time()) % 100_000, help="decides the faults")
    parser.add_argument("--rate", type=float, default=300.0, help="records per second")
    parser.add_argument("--repeats", type=float, default=0.2, help="share of records with an earlier id")
    parser.add_argument("--invalid", type=float, default=0.01, help="share of records that are no tweets")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())

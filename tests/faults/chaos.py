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
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console

from bench.soak import RESULTS
from pipeline.embedded.guard import guarded
from pipeline.embedded.info import StackInfo
from pipeline.embedded.stack import start
from tests.faults.breaking import Happened, run
from tests.faults.oracle import Verdict
from tests.faults.plan import KINDS, Kind, planned
from tests.faults.records import Shares, records
from tests.faults.world import World, opened
from tests.stacks import stack_settings


@dataclass(frozen=True, slots=True)
class Result:
    """The result of a run; `exits` are the processes of the stream that ended without being killed here."""

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
        done = [one for one in self.faults if not one.fault]
        seen = [one.recovery for one in done if one.recovery is not None]
        took = f", back after {median(seen):.0f} s (median), {max(seen):.0f} s (most)" if seen else ""
        return (
            f"chaos seed {self.seed}, {self.minutes:g} min: {len(done)} faults{took}, "
            f"{len(self.faults) - len(done)} could not be done, "
            f"{self.restarts} restarts, {len(self.exits)} of them by itself; {self.verdict}"
        )


def exits(world: World, *, expected: bool = False) -> list[dict[str, Any]]:
    """The processes of the stream that have ended though nobody here killed a part of them; or those, too."""
    lives = [one for one in world.stream.lives if one.code is not None] if expected else world.stream.surprises
    return [{"process": one.number, "code": one.code, "said": one.last_words()} for one in lives]


@contextmanager
def own_stack(folder: Path) -> Iterator[StackInfo]:
    """Servers in a folder, ended with the block; what they have written stays."""
    stack = folder / "stack"
    with guarded(stack):
        yield start(stack_settings(stack))


def main(arguments: list[str] | None = None) -> int:
    """Run it as asked; the exit code."""
    given = _arguments(arguments)
    _kinds(given.only)
    console = Console(highlight=False, soft_wrap=True, markup=False)
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
        console.print(example)
    console.print(f"kept in {_keep(result)}")
    console.print(result.line)
    return 0 if is_ok else 1


def _in(folder: Path, given: argparse.Namespace, console: Console) -> Result:
    console.print(f"seed {given.seed}, {given.minutes:g} minutes, {given.rate:g} records/s, in {folder}")
    shares = Shares(repeats=given.repeats, invalid=given.invalid)
    with (
        own_stack(folder) as stack,
        opened(stack, folder / "world", seed=given.seed, rate=given.rate, made=records(given.seed, shares)) as world,
        console.status("the stream starts") as status,
    ):
        # At a terminal the state is one line that changes; elsewhere a line a minute.
        state, every = (status.update, 2.0) if console.is_terminal else (console.print, 60.0)
        faults = planned(given.seed, _kinds(given.only))
        verdict, happened = run(world, given.minutes * 60, faults, console.print, state, every)
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
    names = ", ".join(kind.name for kind in KINDS)
    parser.add_argument("--only", action="append", metavar="KIND", help=f"a kind of fault; may be repeated: {names}")
    return parser.parse_args(arguments)


def _kinds(only: list[str] | None) -> tuple[Kind, ...]:
    """The kinds of these names, or all."""
    unknown = set(only or ()) - {kind.name for kind in KINDS}
    if unknown:
        sys.exit(f"chaos: there is no fault {', '.join(sorted(unknown))}: see --help")
    return tuple(kind for kind in KINDS if not only or kind.name in only)


if __name__ == "__main__":
    sys.exit(main())

"""Random faults done to a world while its feed runs, and how soon the stream has recovered from each."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from tests.faults import accounting
from tests.faults.oracle import Verdict
from tests.faults.plan import Planned
from tests.faults.world import World

Tell = Callable[[str], object]

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
    differences: list[str] = field(default_factory=list)
    _begun: float = field(default_factory=time.monotonic)
    _watching: list[threading.Thread] = field(default_factory=list)

    def until(self, seconds: float) -> None:
        """Do what is planned, as long as it begins within so many seconds after the first commit."""
        self.world.until_committed(1, _PATIENCE)
        self._begun = time.monotonic()
        for one in self.plan:
            if one.patient:
                self.await_recovery()
                self.compare()
            time.sleep(min(one.pause, max(0.0, seconds - self._now)))
            if self._now >= seconds:
                break
            self.do(one)
        self.await_recovery()

    @property
    def _now(self) -> float:
        return time.monotonic() - self._begun

    def do(self, one: Planned) -> None:
        """Do a fault, and see in the background how soon the stream has recovered from it."""
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

        # Something that came after the fault, or a stream that has just been killed would seem to have recovered.
        target = max(self.world.feed.total, self.world.committed) + 1

        def watch() -> None:
            took = self.world.until_committed(target, _PATIENCE)
            happened.recovery = None if took is None else round(took, 1)

        self._watching.append(threading.Thread(target=watch, daemon=True))
        self._watching[-1].start()

    def compare(self) -> None:
        """Note the differences between the metrics of the present process and its log."""
        process, found = len(self.world.stream.lives), self.world.page_differences()
        # A process that has ended meanwhile has no page any more, and the next one has a log of its own.
        if found and process == len(self.world.stream.lives) and self.world.page():
            self.differences += [f"process {process}: {one}" for one in found]

    def await_recovery(self) -> None:
        """Wait until all recoveries have been seen, or have taken too long."""
        while self._watching:
            self._watching.pop().join()


def run(
    world: World, seconds: float, plan: Iterable[Planned], tell: Tell, state: Tell | None = None, every: float = 60.0
) -> tuple[Verdict, list[Happened]]:
    """Break a world for so long while its feed runs, let it drain, and ask the oracle.

    Args:
        world: whose feed is not sending yet.
        seconds: how long faults begin.
        plan: which.
        tell: told of each fault.
        state: told every so many seconds how it goes; `tell` where it is not given.
        every: how many seconds.
    """
    chaos = Chaos(world, plan, tell)
    with world.feed.running(), _telling(world, state or tell, every):
        chaos.until(seconds)
    tell("the faults are over: draining")
    recoveries = [one.recovery for one in chaos.happened if one.recovery is not None]
    verdict = world.judge(seconds=max(recoveries, default=None), more=chaos.differences)
    return verdict, chaos.happened


@contextmanager
def _telling(world: World, tell: Tell, every: float) -> Iterator[None]:
    """Print the progress now and then."""
    stop = threading.Event()

    def watch() -> None:
        while not stop.wait(every):
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
    """The state of a world in one line."""
    sent, committed = world.feed.total, world.committed
    counts = accounting.total(
        accounting.ledger(one for log in world.stream.logs for one in accounting.finished(log)).values()
    )
    return (
        f"{sent:,} in Kafka, {committed:,} committed, {counts.indexed:,} indexed, "
        f"{counts.rejected:,} rejected, process {len(world.stream.lives)} of the stream"
    )

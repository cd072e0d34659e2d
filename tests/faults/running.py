"""A case from its beginning to its row, in a world that it may share with others."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

from pipeline.embedded.info import StackInfo
from tests.fault_proxy import before
from tests.faults.case import Case, Setup
from tests.faults.oracle import Verdict
from tests.faults.table import Row
from tests.faults.world import World, opened

_START = 240.0
_FIRST, _BEFORE, _AFTER = 50, 2.0, 1.0
_MOST_RECORDS = 60_000
"""A world of more is not used again: the oracle reads all of it each time."""


@dataclass
class _Open:
    """A world that cases share, what had come of it before, and what closes it."""

    setup: Setup
    world: World
    closing: ExitStack
    last: Verdict | None = None


@dataclass
class Worlds:
    """Opens worlds and keeps one, on one stack, for the cases that can share it.

    Args:
        running_stack: starts a stack that ends with the block.
        folder: for checkpoints and logs.
    """

    running_stack: Callable[[], AbstractContextManager[StackInfo]]
    folder: Path
    _stack: StackInfo | None = None
    _ending: ExitStack = field(default_factory=ExitStack)
    _open: _Open | None = None
    _numbers: Iterator[int] = field(default_factory=count)

    def done(self, case: Case, seconds: float) -> Row:
        """Run a case and return its result; after a failure its world and its servers are not used again."""
        alone = case.fresh or case.own_stack
        is_good = False
        try:
            with self._world_of(case) as shared:
                verdict, took = _done(case, shared.world, seconds, stop=alone)
                row = _row(case, verdict, shared.last, took)
                shared.last = verdict
                is_good = row.ok
        finally:
            if not is_good:
                self.close()
            elif verdict.produced > _MOST_RECORDS:
                self._drop()
        return row

    def close(self) -> None:
        """End the world and the servers that are kept."""
        self._drop()
        self._stack = None
        self._ending.close()

    @contextmanager
    def _world_of(self, case: Case) -> Iterator[_Open]:
        if not (case.fresh or case.own_stack):
            if self._open is None or self._open.setup != case.setup:
                self._drop()
                self._open = self._opened(case.setup, self._shared_stack())
            yield self._open
            return
        # Two streams at once would only slow each other down.
        self._drop()
        with self.running_stack() if case.own_stack else nullcontext(self._shared_stack()) as stack:
            found = self._opened(case.setup, stack)
            with found.closing:
                yield found

    def _shared_stack(self) -> StackInfo:
        if self._stack is None:
            self._stack = self._ending.enter_context(self.running_stack())
        return self._stack

    def _opened(self, setup: Setup, stack: StackInfo) -> _Open:
        number = next(self._numbers)
        with ExitStack() as closing:
            proxy = closing.enter_context(before(stack.elasticsearch.address)) if setup.proxied else None
            world = closing.enter_context(
                opened(
                    stack,
                    self.folder / f"world-{number}",
                    seed=number,
                    rate=setup.rate,
                    made=setup.made(number),
                    adjust=setup.adjust,
                    options=setup.options,
                    proxy=proxy,
                )
            )
            # From here on the caller closes it; after an error on the way this block has.
            return _Open(setup, world, closing.pop_all())

    def _drop(self) -> None:
        dropped, self._open = self._open, None
        if dropped is not None:
            dropped.closing.close()


def _done(case: Case, world: World, seconds: float, *, stop: bool) -> tuple[Verdict, float | None]:
    """The verdict, and how long the stream took to recover."""
    world.stream.begin_anew()
    # While Spark starts, a feed would only heap up what has to be drained.
    world.feed.more(_FIRST)
    assert world.recovered(_START) is not None, _said(world)
    with world.feed.running():
        time.sleep(_BEFORE)
        wrong = list(_run(case, world, seconds))
        # What comes after the fault must be committed, or a stream that has just been killed would seem to be well.
        took = world.until_committed(max(world.feed.total, world.committed) + 1, case.patience)
        time.sleep(_AFTER)
    if took is None:
        wrong.append(f"not recovered within {case.patience:.0f} s: {_said(world)}")
    verdict = world.judge(seconds=took, more=wrong, stop=stop)
    # Only now: a stream that has committed a batch and then fails takes a while to end.
    return replace(verdict, differences=(*verdict.differences, *_ends(case, world))), took


def _ends(case: Case, world: World) -> Iterator[str]:
    """The unexpected ends of the stream's process, and the expected ones that did not come, in words."""
    ended = world.stream.surprises
    if bool(ended) != case.ends:
        said = "; ".join(f"code {one.code}: {' '.join(one.last_words())}" for one in ended)
        yield f"the stream ended by itself ({said})" if ended else "the stream did not end, as it should"


def _run(case: Case, world: World, seconds: float) -> Iterator[str]:
    """The broken promises, in words; a fault that could not be injected counts as one, since it proves nothing."""
    try:
        yield from case.run(world, seconds) or ()
    except Exception as error:
        at = traceback.extract_tb(error.__traceback__)[-1]
        yield f"{type(error).__name__} in {at.name}: {error}"[:500]


def _row(case: Case, verdict: Verdict, last: Verdict | None, took: float | None) -> Row:
    if last is not None:
        # What was lost or twice before is told by its own case, and its world was dropped.
        verdict = replace(
            verdict,
            produced=verdict.produced - last.produced,
            repeats=verdict.repeats - last.repeats,
            indexed=verdict.indexed - last.indexed,
            rejected=verdict.rejected - last.rejected,
        )
    return Row(
        case.group,
        case.name,
        case.what,
        verdict.produced,
        verdict.indexed,
        verdict.repeats,
        verdict.rejected,
        verdict.lost,
        verdict.twice,
        took,
        (*verdict.differences, *verdict.examples),
    )


def _said(world: World) -> str:
    return " ".join(world.stream.lives[-1].last_words()) if world.stream.lives else "nothing was started"

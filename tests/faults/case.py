"""A single fault: what is done to a world, and what is promised of it.

How to add a case
-----------------

1. Write a function `(world, seconds) -> words` in the module of its group, `tests/faults/cases/<group>.py` (a new
   module is found by itself). While it runs, records keep coming (300 a second, 20 % of them repeats, 1 % no tweets).
   It breaks something at a named point, and mends it again as the runbook says, unless it mends by itself. What it
   returns or yields (mostly nothing) is what was not as promised, in words, and fails the case. What can be done to a
   world is in `tests/faults/actions.py`; put there what a second case could use.
2. Add `Case(...)` to the module's tuple `CASES`.

Around it `tests/faults/running.py` does the rest: the world is opened, the feed runs, the seconds are measured from the
end of the function until the stream has committed all that Kafka had then; then everything is drained and the oracle
asked. Records produced = tweets indexed + already there + rejected; lost 0; twice 0; the stream's own counts the same.

Cases of one `Setup` share a world, one after the other, each counted as the difference to the one before; a world in
which a case went wrong is not used again. So a case must leave a world as it found it: the stream running, all servers
up, no index closed or blocked. One that can't has `fresh=True` (its own topics, data streams and checkpoint) or
`own_stack=True` (its own servers too, such as where it damages their data).

Where something is done by hand that the oracle would take for a fault, the case says so in `world.excused`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pipeline.settings import Settings
from tests.faults.records import Made, records
from tests.faults.world import World

Run = Callable[[World, float], Iterable[str] | None]
"""Does the fault for so many seconds; says what was not as promised."""


def as_they_are(settings: Settings) -> Settings:
    """No other settings than a world has."""
    return settings


@dataclass(frozen=True, slots=True)
class Setup:
    """The way a world is opened; cases with an equal one share a world.

    Attributes:
        adjust: changes the settings; a function of a module, so that it is equal to itself.
        made: seed → the records of the feed.
        rate: records per second.
        options: of `tweetpulse run`.
        proxied: the stream talks to Elasticsearch through `world.proxy`.
    """

    adjust: Callable[[Settings], Settings] = as_they_are
    made: Callable[[int], Iterable[Made]] = records
    rate: float = 300.0
    options: tuple[str, ...] = ()
    proxied: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """A kind of fault.

    Attributes:
        group: the module's name.
        name: a few words, the row's first cell, once in all groups.
        what: a sentence for the table: what is done, where it lasts for how long, and by which cure it is over.
        run: does it.
        seconds: how long it lasts, where that can be said.
        short: how long in `make test`; None: only in `make test-faults`.
        setup: of its world.
        fresh: it needs a world that nobody has used and nobody will use.
        own_stack: it needs servers that nobody has used and nobody will use.
        ends: the stream is meant to end by it, and is started again by its supervisor.
        patience: seconds that recovering may take.
    """

    group: str
    name: str
    what: str
    run: Run
    seconds: float = 0.0
    short: float | None = None
    setup: Setup = Setup()
    fresh: bool = False
    own_stack: bool = False
    ends: bool = False
    patience: float = 240.0

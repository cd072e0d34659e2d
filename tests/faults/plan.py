"""The plan of a chaos run, faults and times: all of it follows from the seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from tests.faults import actions
from tests.faults.world import AnyPart, World

Act = Callable[[World, float], object]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fault.

    Attributes:
        name: as it is told.
        act: does it for so many seconds, and repairs what it broke.
        weight: how often it comes, against the others.
        seconds: it lasts so long, at least and at most.
    """

    name: str
    act: Act
    weight: float
    seconds: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Planned:
    """A fault to come.

    Attributes:
        pause: seconds before it, after the one before.
        patient: whether the stream may recover from the one before first.
        seconds: how long it lasts.
    """

    kind: Kind
    pause: float
    patient: bool
    seconds: float


def _kill(part: AnyPart) -> Act:
    return lambda world, seconds: actions.kill(world, part, seconds)


def _kill_in_batch(part: AnyPart) -> Act:
    return lambda world, seconds: actions.kill_in_batch(world, part, seconds)


def _freeze(part: AnyPart) -> Act:
    return lambda world, seconds: actions.freeze(world, part, seconds)


LONG, SHORT = (5.0, 90.0), (0.0, 30.0)

KINDS: tuple[Kind, ...] = (
    Kind("kill driver", _kill("driver"), 3),
    Kind("kill jvm", _kill("jvm"), 2),
    Kind("kill daemon", _kill("daemon"), 2),
    Kind("kill worker", _kill("worker"), 3),
    *(Kind(f"kill {part} in a batch", _kill_in_batch(part), 2, (0.0, 0.5)) for part in ("driver", "jvm", "worker")),
    Kind("kill kafka in a batch", _kill_in_batch("kafka"), 1, (0.0, 0.5)),
    Kind("kill elasticsearch in a batch", _kill_in_batch("elasticsearch"), 1, (0.0, 0.5)),
    Kind("kill kafka", _kill("kafka"), 2, SHORT),
    Kind("kill elasticsearch", _kill("elasticsearch"), 2, SHORT),
    *(Kind(f"freeze {part}", _freeze(part), 1, LONG) for part in ("driver", "jvm", "daemon", "worker")),
    Kind("freeze kafka", _freeze("kafka"), 2, LONG),
    Kind("freeze elasticsearch", _freeze("elasticsearch"), 2, LONG),
    Kind("rollover", lambda world, _: actions.roll_over(world), 4),
    Kind("double rollover", lambda world, _: actions.roll_over(world, 2), 2),
    Kind("rollover and kill driver", lambda world, _: actions.roll_over_and_kill_driver(world), 3),
    Kind("rollover and kill elasticsearch", actions.roll_over_and_kill, 2, SHORT),
    Kind("close older index", actions.close_older, 2, (2.0, 20.0)),
    Kind("block writes", actions.block_writes, 2, (2.0, 30.0)),
)

SURVIVABLE: tuple[Kind, ...] = (
    Kind("kill worker", _kill("worker"), 2),
    Kind("kill daemon", _kill("daemon"), 1),
    Kind("kill kafka", _kill("kafka"), 1, (0.0, 2.0)),
    Kind("kill elasticsearch", _kill("elasticsearch"), 1, (0.0, 2.0)),
    *(Kind(f"freeze {part}", _freeze(part), 1, (1.0, 8.0)) for part in ("driver", "jvm", "worker")),
    Kind("freeze kafka", _freeze("kafka"), 1, (1.0, 8.0)),
    Kind("freeze elasticsearch", _freeze("elasticsearch"), 1, (1.0, 8.0)),
    Kind("rollover", lambda world, _: actions.roll_over(world), 1),
    Kind("block writes", actions.block_writes, 1, (1.0, 8.0)),
)
"""What one process of the stream has to survive, short enough to catch up with at 70 % of the maximum."""


def planned(
    seed: int, kinds: tuple[Kind, ...] = KINDS, *, pause: tuple[float, float] = (2.0, 25.0), hasty: float = 0.3
) -> Iterator[Planned]:
    """Faults without end, the same for the same seed.

    Args:
        seed: decides kinds, durations and pauses.
        kinds: to choose from.
        pause: seconds between two faults, at least and at most.
        hasty: the share of faults that don't wait until the stream has recovered from the one before.
    """
    random = Random(f"faults {seed}")
    weights = [kind.weight for kind in kinds]
    while True:
        (kind,) = random.choices(kinds, weights)
        yield Planned(kind, random.uniform(*pause), random.random() >= hasty, random.uniform(*kind.seconds))

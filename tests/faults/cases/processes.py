"""Processes killed and frozen, at any time and at named points."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from tests.faults import actions
from tests.faults.actions import AnyPart
from tests.faults.case import Case, Run
from tests.faults.world import World

GROUP = "processes"
_LONG, _SHORT = 90.0, 3.0

_PARTS: dict[AnyPart, str] = {
    "driver": "the stream's own process",
    "jvm": "the JVM of the stream",
    "daemon": "the process that forks the Python workers",
    "worker": "a Python worker",
    "kafka": "the Kafka broker",
    "elasticsearch": "Elasticsearch",
}
_SURVIVED: tuple[AnyPart, ...] = ("daemon", "worker", "kafka", "elasticsearch")


def _killed(part: AnyPart, world: World, seconds: float) -> Iterator[str]:
    """kill -9 in a batch; whoever supervises it starts it again."""
    lives = len(world.stream.lives)
    world.until_in_batch()
    if not actions.kill(world, part, seconds):
        yield f"there was no {part} to kill"
    if part in _SURVIVED and len(world.stream.lives) != lives:
        yield f"the stream did not survive the end of {part}"


def _frozen(part: AnyPart, world: World, seconds: float) -> Iterator[str]:
    if not actions.freeze(world, part, seconds):
        yield f"there was no {part} to stop"


def _kill(part: AnyPart) -> Run:
    return partial(_killed, part)


def _freeze(part: AnyPart) -> Run:
    return partial(_frozen, part)


CASES = (
    *(
        Case(GROUP, f"kill {part} in a batch", f"kill -9 of {name} while a batch is written.", _kill(part))
        for part, name in _PARTS.items()
    ),
    *(
        Case(
            GROUP,
            f"freeze {part}",
            f"SIGSTOP of {name}, SIGCONT 90 s later.",
            _freeze(part),
            seconds=_LONG,
            short=_SHORT if part == "elasticsearch" else None,
        )
        for part, name in _PARTS.items()
    ),
)

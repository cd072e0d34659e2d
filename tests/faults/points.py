"""Named points at which the stream is killed, found by its output, and whether a point was reached."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from random import Random

import psutil

from tests.faults import accounting
from tests.faults.records import Made, tweet
from tests.faults.supervised import Life
from tests.faults.world import World

# The time between two of these points may be a few milliseconds.
_STEP = 0.001
_PATIENCE = 60.0


def kill_before_commit(world: World) -> bool:
    """Kill the JVM once a batch is logged as finished; whether that was before its commit."""
    jvm, log = _jvm(world), world.stream.logs[-1]
    seen = log.stat().st_size

    def logged() -> bool:
        return log.stat().st_size > seen and b"batch-finished" in log.read_bytes()[seen:]

    if not _until(logged):
        return False
    _kill(world, jvm)
    batch = accounting.finished(log)[-1].batch
    return not (world.settings.checkpoint / "commits" / str(batch)).exists()


def kill_after_commit(world: World) -> bool:
    """Kill the JVM once a batch is committed; whether that was before the next one was planned."""
    jvm, newest = _jvm(world), _newest(world, "commits")
    if not _until(lambda: _newest(world, "commits") > newest):
        return False
    _kill(world, jvm)
    return _newest(world, "offsets") == _newest(world, "commits")


def until_started_anew(world: World, after: Life | None = None) -> None:
    """Wait until another process of the stream runs than this one, or than the newest one."""
    number = (after or world.stream.lives[-1]).number
    _until(lambda: world.stream.lives[-1].number > number)


def again(world: World, records: int) -> Iterator[Made]:
    """The first tweets again, as they are repeated by a source; their texts may differ."""
    random = Random(0)
    known = [key for key in world.feed.acknowledged if key.startswith(b"fault:")][:records]
    return (tweet(int(key.removeprefix(b"fault:")), random) for key in known)


def _jvm(world: World) -> psutil.Process:
    found = world.process("jvm")
    assert found, "there is no JVM"
    return found


def _kill(world: World, process: psutil.Process) -> None:
    process.kill()
    world.stream.expect_end()
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        time.sleep(_STEP)


def _newest(world: World, kind: str) -> int:
    return max((int(path.name) for path in (world.settings.checkpoint / kind).glob("[0-9]*")), default=-1)


def _until(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + _PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(_STEP)
    return True

"""What can be done to a world, each repaired at its end: small functions, for one test or for chaos."""

from __future__ import annotations

import time
from contextlib import suppress

import psutil

from pipeline.domain.document import SCORED, data_stream
from tests.faults.supervised import PARTS
from tests.faults.truth import backing
from tests.faults.world import SERVERS, AnyPart, World, insist


class NothingThere(AssertionError):
    """There is no such process, so the fault did not happen."""


def kill(world: World, part: AnyPart, seconds: float = 0.0) -> None:
    """kill -9; a server is started again after `seconds`, the stream by its supervisor.

    Raises:
        NothingThere: there is no such process to be killed.
    """
    process = _found(world, part)
    if part in PARTS:
        world.stream.expect_end()
    with suppress(psutil.NoSuchProcess):
        process.kill()
        _await_end(process)
    if part in SERVERS:
        time.sleep(seconds)
        world.repair()


def kill_in_batch(world: World, part: AnyPart, seconds: float) -> None:
    """kill -9 so many seconds after a batch has begun; a small one may be done by then."""
    world.until_in_batch()
    time.sleep(seconds)
    kill(world, part)


def freeze(world: World, part: AnyPart, seconds: float) -> None:
    """SIGSTOP for so long.

    Raises:
        NothingThere: there is no such process to be stopped.
    """
    process = _found(world, part)
    with suppress(psutil.NoSuchProcess):
        process.suspend()
        try:
            time.sleep(seconds)
        finally:
            process.resume()


def roll_over(world: World, times: int = 1) -> None:
    """Give the scored data stream new write indices, one after the other."""
    stream = data_stream(SCORED, world.settings.elasticsearch.namespace)
    for _ in range(times):
        insist(lambda: world.client.indices.rollover(alias=stream))


def close_older(world: World, seconds: float) -> None:
    """Close an older backing index, and open it after so long. Where there is none yet, it is rolled over before."""
    if len(_backing(world)) < 2:
        roll_over(world)
    index = world.random.choice(_backing(world)[:-1])
    insist(lambda: world.client.indices.close(index=index))
    try:
        time.sleep(seconds)
    finally:
        insist(lambda: world.client.indices.open(index=index))


def block_writes(world: World, seconds: float) -> None:
    """No index of the data stream takes a write for so long, as on a full disk."""
    indices = _backing(world)

    def block(on: bool | None) -> None:
        insist(lambda: world.client.indices.put_settings(index=indices, settings={"index.blocks.write": on}))

    block(True)
    try:
        time.sleep(seconds)
    finally:
        block(None)


def roll_over_and_kill(world: World, seconds: float) -> None:
    """Elasticsearch dies right after a rollover: when it is back, its write index is ready before the older ones."""
    roll_over(world)
    kill(world, "elasticsearch", seconds)


def roll_over_and_kill_driver(world: World) -> None:
    """A batch that was begun before a rollover is repeated after it, and after one more."""
    roll_over(world)
    kill(world, "driver")
    roll_over(world)


def _found(world: World, part: AnyPart) -> psutil.Process:
    process = world.process(part)
    if process is None:
        raise NothingThere(f"there is no {part}")
    return process


def _await_end(process: psutil.Process) -> None:
    """Not psutil's own wait: it would take the exit code of a child from whoever waits for it."""
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.02)


def _backing(world: World) -> list[str]:
    return insist(lambda: backing(world.client, world.settings.elasticsearch))

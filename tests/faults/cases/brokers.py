"""The Kafka broker away, at each point where the stream needs it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from tests.faults import actions, broker
from tests.faults.case import Case, Run
from tests.faults.world import World

GROUP = "brokers"

_BURST = 4_000.0
_WAITING = "tweetpulse_sink_waiting"


def _while_reading(world: World) -> None:
    """A batch of some size has just been planned."""
    _burst(world)
    world.until_in_batch()


def _while_writing(world: World) -> None:
    """A batch has begun to write what it scored into its topic."""
    _burst(world)
    scored = world.settings.kafka.scored_topic
    world.until_in_batch()
    before = broker.held(world.settings.kafka, scored)
    deadline = time.monotonic() + 60
    while broker.held(world.settings.kafka, scored) == before and time.monotonic() < deadline:
        time.sleep(0.02)


def _burst(world: World) -> None:
    world.feed.rate, rate = _BURST, world.feed.rate
    time.sleep(2)
    world.feed.rate = rate


def _away(how: Callable[[World, float], object], point: Callable[[World], None]) -> Run:
    def run(world: World, seconds: float) -> Iterator[str]:
        lives = len(world.stream.lives)
        point(world)
        how(world, seconds)
        if len(world.stream.lives) != lives:
            yield "the stream ended, and was to wait"

    return run


def _freeze(world: World, seconds: float) -> None:
    actions.freeze(world, "kafka", seconds)


def _kill(world: World, seconds: float) -> None:
    actions.kill(world, "kafka", seconds)


def _frozen_while_idle(world: World, seconds: float) -> Iterator[str]:
    """While nothing comes in, Spark itself does not find out."""
    with world.feed.quiet():
        world.drained()
        process = world.process("kafka")
        assert process
        process.suspend()
        try:
            yield from actions.await_metric(world, _WAITING, 1.0, reason="kafka")
            time.sleep(seconds)
        finally:
            process.resume()
        yield from actions.await_metric(world, _WAITING, 0.0)


def _killed_while_idle(world: World, seconds: float) -> Iterator[str]:
    with world.feed.quiet():
        world.drained()
        process = world.process("kafka")
        assert process
        process.kill()
        yield from actions.await_metric(world, _WAITING, 1.0, reason="kafka")
        time.sleep(seconds)
        world.repair()
        yield from actions.await_metric(world, _WAITING, 0.0)


def _case(name: str, what: str, run: Run, **options: object) -> Case:
    return Case(GROUP, name, what, run, **options)  # type: ignore[arg-type]


CASES = (
    _case(
        "Kafka frozen while a batch is read",
        "SIGSTOP of the broker as a batch begins, SIGCONT 60 s later.",
        _away(_freeze, _while_reading),
        seconds=60.0,
    ),
    _case(
        "Kafka killed while a batch is read",
        "kill -9 of the broker as a batch begins; it is started again 45 s later.",
        _away(_kill, _while_reading),
        seconds=45.0,
    ),
    _case(
        "Kafka frozen while a batch writes to it",
        "SIGSTOP of the broker while scored tweets are written, SIGCONT 60 s later.",
        _away(_freeze, _while_writing),
        seconds=60.0,
    ),
    _case(
        "Kafka killed while a batch writes to it",
        "kill -9 of the broker while scored tweets are written; it is started again 45 s later.",
        _away(_kill, _while_writing),
        seconds=45.0,
    ),
    _case(
        "Kafka frozen while nothing comes in",
        "SIGSTOP of the broker of an idle stream, until 20 s after `tweetpulse_sink_waiting` says so.",
        _frozen_while_idle,
        seconds=20.0,
        short=0.0,
    ),
    _case(
        "Kafka killed while nothing comes in",
        "kill -9 of the broker of an idle stream; started again 20 s after `tweetpulse_sink_waiting` says so.",
        _killed_while_idle,
        seconds=20.0,
    ),
)

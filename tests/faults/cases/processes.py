"""Processes killed and frozen, at any time and at named points."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from functools import partial

from tests.fault_proxy import Answer, Forward, first, then
from tests.faults import actions, points
from tests.faults.case import Case, Run, Setup
from tests.faults.supervised import PARTS
from tests.faults.world import SERVERS, AnyPart, World

GROUP = "processes"
_LONG, _SHORT = 90.0, 3.0
_TRIES = 8
_PROXIED = Setup(proxied=True)

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
    """kill -9 in a batch; the supervisor restarts it."""
    lives = len(world.stream.lives)
    world.until_in_batch()
    actions.kill(world, part, seconds)
    if part in _SURVIVED and len(world.stream.lives) != lives:
        yield f"the stream did not survive the end of {part}"


def _before_commit(world: World, seconds: float) -> Iterator[str]:
    """The batch is logged as finished when its documents are acknowledged, a moment before the JVM commits it."""
    for _ in range(_TRIES):
        if points.kill_before_commit(world):
            return
        world.recovered()
    yield "each batch was committed before it could be killed"


def _before_plan(world: World, seconds: float) -> Iterator[str]:
    for _ in range(_TRIES):
        if points.kill_after_commit(world):
            return
        world.recovered()
    yield "each time the next batch had been planned before it could be killed"


def _at_bulk(world: World, seconds: float) -> Iterator[str]:
    if not actions.at_request(world, actions.scored_bulk(world), then(lambda: actions.kill(world, "driver"))):
        yield "there was no bulk request"


def _at_bulk_worker(world: World, seconds: float) -> Iterator[str]:
    if not actions.at_request(world, actions.scored_bulk(world), then(lambda: actions.kill(world, "worker"))):
        yield "there was no bulk request"


def _before_taking_back(world: World, seconds: float) -> Iterator[str]:
    """The bulk lands in an index that is newer than the look-up, and nobody is left to take its copies back."""

    def act(forward: Forward) -> Answer:
        actions.roll_over(world)
        answer = forward()
        actions.kill(world, "driver")
        return answer

    if not actions.at_request(world, actions.scored_bulk(world), act):
        yield "there was no bulk request"
    actions.roll_over(world)


def _in_set_up(world: World, seconds: float) -> Iterator[str]:
    """At each of two starts, before a template is put and after."""
    actions.kill(world, "driver")
    for when in (first, then):
        if not actions.at_request(world, "/_index_template/", when(lambda: actions.kill(world, "driver"))):
            yield "the set-up made no request for a template"


def _while_starting(world: World, seconds: float) -> None:
    for pause in (0.5, 2.0, 5.0):
        actions.kill(world, "driver")
        points.until_started_anew(world)
        time.sleep(pause)
    actions.kill(world, "driver")


def _in_rollover(world: World, seconds: float) -> None:
    rolling = threading.Thread(target=actions.roll_over, args=(world,))
    rolling.start()
    actions.kill(world, "elasticsearch")
    rolling.join()


def _rollover_kill_repeat(world: World, seconds: float) -> None:
    world.until_in_batch()
    actions.roll_over_and_kill_driver(world)
    world.feed.send(points.again(world, 500))


def _terminated(world: World, seconds: float) -> Iterator[str]:
    """A batch under way is finished; the exit code is 0."""
    world.until_in_batch()
    life = world.stream.lives[-1]
    world.stream.expect_end()
    life.process.send_signal(signal.SIGTERM)
    points.until_started_anew(world, life)
    if life.code != 0:
        yield f"it ended with {life.code}"


def _servers_together(world: World, seconds: float) -> None:
    world.until_in_batch()
    for part in SERVERS:
        process = world.process(part)
        assert process
        process.kill()
    time.sleep(seconds)
    world.repair()


def _at_random(world: World, seconds: float) -> None:
    for _ in range(5):
        time.sleep(world.random.uniform(0.0, 3.0))
        actions.kill(world, world.random.choice(PARTS))


def _kill(part: AnyPart) -> Run:
    return partial(_killed, part)


def _freeze(part: AnyPart) -> Run:
    return lambda world, seconds: actions.freeze(world, part, seconds)


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
    Case(
        GROUP,
        "kill between the bulk and the commit",
        "kill -9 of the JVM after all of a batch was acknowledged, before it is committed.",
        _before_commit,
    ),
    Case(
        GROUP,
        "kill between a commit and the next plan",
        "kill -9 of the JVM after a batch was committed, before the next one is planned.",
        _before_plan,
    ),
    Case(
        GROUP,
        "kill driver in a bulk request",
        "kill -9 of the stream while the answer to a bulk request is on its way.",
        _at_bulk,
        short=0.0,
        setup=_PROXIED,
    ),
    Case(
        GROUP,
        "kill worker in a bulk request",
        "kill -9 of a Python worker while an answer is on its way; Spark repeats its task.",
        _at_bulk_worker,
        setup=_PROXIED,
    ),
    Case(
        GROUP,
        "kill between the bulk and the taking back",
        "Rollover between look-up and bulk, kill -9 of the stream before it takes its copies back, one more rollover.",
        _before_taking_back,
        setup=_PROXIED,
    ),
    Case(
        GROUP,
        "kill during set-up",
        "kill -9 of the stream at two starts, before and after a template is put.",
        _in_set_up,
        setup=_PROXIED,
    ),
    Case(
        GROUP,
        "kill while it starts",
        "kill -9 of the stream 0.5, 2 and 5 s after its start.",
        _while_starting,
    ),
    Case(
        GROUP,
        "kill elasticsearch during a rollover",
        "kill -9 of Elasticsearch while it rolls the data stream over.",
        _in_rollover,
    ),
    Case(
        GROUP,
        "kill elasticsearch after a rollover",
        "Rollover, kill -9 of Elasticsearch, start 5 s later: the new index is ready before the older ones.",
        actions.roll_over_and_kill,
        seconds=5.0,
    ),
    Case(
        GROUP,
        "kill, rollovers and repeat",
        "Rollover in a batch, kill -9 of the stream, rollover, and 500 tweets are sent again.",
        _rollover_kill_repeat,
    ),
    Case(
        GROUP,
        "SIGTERM in a batch",
        "The stream is asked to end while a batch is written, and started again.",
        _terminated,
    ),
    Case(
        GROUP,
        "kill both servers",
        "kill -9 of the broker and of Elasticsearch at once, both started 10 s later.",
        _servers_together,
        seconds=10.0,
    ),
    Case(
        GROUP,
        "kill at random, five times",
        "kill -9 of a part of the stream at random times, up to 3 s apart.",
        _at_random,
    ),
)

"""Faults of the machine under the stream: no memory, no disk, a wrong clock, signals, slow servers."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from resource import RLIMIT_AS

import psutil

from tests.fault_proxy import late
from tests.faults import actions, folders
from tests.faults.accounting import Counts, finished, total
from tests.faults.case import Case, Run, Setup
from tests.faults.world import World
from tests.rules.debian import unpacked

GROUP = "machine"

_HOUR = 3_600


# Memory.


def _killed_again_and_again(world: World, seconds: float) -> None:
    """As the system does it that runs out of memory: whichever worker there is, for so long."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        world.until_in_batch()
        # After three attempts at a task the stream ends.
        world.stream.expect_end()
        _kill_a_worker(world)
        time.sleep(0.3)


def _no_memory(world: World, seconds: float) -> None:
    """New workers may allocate hardly any memory beyond what they start with."""
    daemon = world.process("daemon")
    assert daemon
    soft, hard = daemon.rlimit(RLIMIT_AS)
    daemon.rlimit(RLIMIT_AS, (daemon.memory_info().vms + 2**20, hard))
    world.stream.expect_end()
    for _ in range(4):
        # Those that were forked before may have what they want.
        _kill_a_worker(world)
    time.sleep(seconds)
    with suppress(psutil.Error):
        daemon.rlimit(RLIMIT_AS, (soft, hard))


def _kill_a_worker(world: World) -> None:
    if worker := world.stream.part("worker", world.random):
        with suppress(psutil.Error):
            worker.kill()


# The clock.


def _clock_back(world: World, seconds: float) -> Iterator[str]:
    """The stream has run an hour ahead and dies in a batch; its next process begins with the true clock.

    A process that runs is not set back: the library that fakes the clock would then set back its stop-watches too. The
    JVM keeps the true one; all times that the stream writes and compares are Python's.
    """
    library = next((unpacked("libfaketime") / "usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    with world.feed.quiet(), world.stream.stopped():
        world.stream.environment = {"LD_PRELOAD": str(library), "FAKETIME": f"+{_HOUR}", "FAKETIME_SKIP_CMDS": "java"}
    world.until_committed(world.committed + 1, 240.0)
    ahead = (actions.metric(world, "tweetpulse_query_last_seen_timestamp_seconds") or 0.0) - time.time()
    if not _HOUR / 2 < ahead < 2 * _HOUR:
        yield f"the clock of the stream was not an hour ahead, but {ahead:.0f} s"
    world.stream.environment = {}
    actions.kill_in_batch(world, "driver", 0.3)


# The disk of the log.


def _log_full(world: World, seconds: float) -> Iterator[str]:
    """Nothing can be logged for a while: the stream goes on, and /metrics has the counts."""
    logs = world.stream.logs[0].parent
    with world.feed.quiet(), world.stream.stopped():
        folders.move_to_disk(logs)
    try:
        world.until_committed(world.committed + 1, 240.0)
        lives = len(world.stream.lives)
        folders.fill(logs)
        time.sleep(seconds)
        folders.free(logs)
        with world.feed.quiet():
            world.drained()
            if len(world.stream.lives) != lives:
                yield "the stream ended since it could not log"
            world.excused.unlogged = (world.page() or Counts()) + -_logged(world.stream.logs[-1])
    finally:
        with world.feed.quiet(), world.stream.stopped():
            folders.move_back(logs)


def _logged(log: Path) -> Counts:
    return total(one.counts for one in finished(log))


# Signals.


def _signalled(number: signal.Signals, group: bool, world: World, seconds: float) -> None:
    """At three points: in a batch, any time, and while it starts."""
    for pause in (0.0, world.random.uniform(0, 3), 0.0):
        world.until_in_batch()
        time.sleep(pause)
        _send(world, number, group=group)
        time.sleep(world.random.uniform(1, 8))
        # It is starting now, or still ending: then this is the second one, which ends it at once.
        _send(world, number, group=group)
        world.until_committed(world.committed + 1, 240.0)


def _send(world: World, number: signal.Signals, *, group: bool) -> None:
    world.stream.expect_end()
    life = world.stream.lives[-1]
    with suppress(ProcessLookupError):
        if group:
            os.killpg(life.process.pid, number)
        else:
            life.process.send_signal(number)


# A slow server.


def _slow(world: World, seconds: float) -> Iterator[str]:
    """Every bulk request takes a while longer, and more comes in than before."""
    assert world.proxy
    lives = len(world.stream.lives)
    world.feed.rate, rate = 1_000.0, world.feed.rate
    world.proxy.misbehave(late(3.0), times=10**6)
    time.sleep(seconds)
    world.proxy.misbehave(late(0.0), times=0)
    world.feed.rate = rate
    if len(world.stream.lives) != lives:
        yield "the stream ended"


def _slower_than_patience(world: World, seconds: float) -> Iterator[str]:
    """Responses take longer than the stream waits; the requests that it gave up on were applied."""
    assert world.proxy
    lives = len(world.stream.lives)
    world.proxy.misbehave(late(world.settings.elasticsearch.request_timeout + 2), times=int(seconds))
    time.sleep(seconds * 3)
    if len(world.stream.lives) != lives:
        yield "the stream ended"


def _case(name: str, what: str, run: Run, **options: object) -> Case:
    return Case(GROUP, name, what, run, **options)  # type: ignore[arg-type]


CASES = (
    _case(
        "workers killed again and again",
        "For 20 s every Python worker is killed, as by the out-of-memory killer.",
        _killed_again_and_again,
        seconds=20.0,
        fresh=True,
        short=3.0,
    ),
    _case(
        "workers without memory",
        "For 20 s the workers may allocate 1 MB more than they have at their start.",
        _no_memory,
        seconds=20.0,
        fresh=True,
    ),
    _case(
        "clock set back by an hour",
        "The stream's clock is an hour fast; kill -9 in a batch; it restarts with the true time and repeats it.",
        _clock_back,
        fresh=True,
    ),
    _case("log on a full disk", "The stream can't write to its log for 20 s.", _log_full, seconds=20.0, fresh=True),
    *(
        _case(
            f"{number.name} to {whom}",
            f"In a batch, any time, and a second time while it ends or starts again, to {whom}.",
            partial(_signalled, number, group),
        )
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
        for group, whom in ((False, "the stream"), (True, "all of the stream's processes"))
    ),
    _case(
        "slow Elasticsearch under load",
        "For 60 s each bulk request takes 3 s longer, and 1,000 records a second arrive.",
        _slow,
        seconds=60.0,
        setup=Setup(proxied=True),
    ),
    _case(
        "Elasticsearch slower than the stream waits",
        "Ten bulk requests are applied, but answered only after the client's time-out.",
        _slower_than_patience,
        seconds=10.0,
        setup=Setup(proxied=True),
    ),
)

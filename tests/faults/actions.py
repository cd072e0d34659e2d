"""Faults that can be done to a world, each repaired at its end: small functions, for one test or for chaos."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

import psutil
from prometheus_client.parser import text_string_to_metric_families

from bench.servers import environment
from pipeline.domain.document import SCORED, data_stream
from tests.fault_proxy import Fault, Proxy
from tests.faults import offline
from tests.faults.supervised import PARTS
from tests.faults.truth import backing
from tests.faults.world import SERVERS, AnyPart, World, insist
from tests.paths import ROOT


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


def older(world: World) -> str:
    """An older backing index of the scored data stream, which is rolled over first if there is none."""
    if len(backing_indices(world)) < 2:
        roll_over(world)
    return world.random.choice(backing_indices(world)[:-1])


def backing_indices(world: World) -> list[str]:
    """Those of the scored data stream, the write index last."""
    return insist(lambda: backing(world.client, world.settings.elasticsearch))


def close(world: World, index: str, seconds: float) -> None:
    """Close an index, and open it after so long."""
    insist(lambda: world.client.indices.close(index=index))
    try:
        time.sleep(seconds)
    finally:
        insist(lambda: world.client.indices.open(index=index))


def close_older(world: World, seconds: float) -> None:
    """Close an older backing index, and open it after so long."""
    close(world, older(world), seconds)


def block_writes(world: World, seconds: float) -> None:
    """No index of the data stream takes a write for so long, as on a full disk."""
    adjust(world, backing_indices(world), {"index.blocks.write": True}, seconds)


def adjust(world: World, indices: Sequence[str], settings: Mapping[str, object], seconds: float) -> None:
    """Settings of indices for so long, then those of the templates."""

    def put(values: Mapping[str, object]) -> None:
        insist(lambda: world.client.indices.put_settings(index=indices, settings=values))

    put(settings)
    try:
        time.sleep(seconds)
    finally:
        put(dict.fromkeys(settings))


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


def await_refusal(world: World, code: int, words: str, first: int, timeout: float = 240.0) -> Iterator[str]:
    """Wait until a process of the stream has ended by itself with this code and these words; if none has, that.

    `first` is the number of the first process that counts. The supervisor goes on starting it, as it does.
    """
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        ended = [life for life in world.stream.lives[first:] if life.code is not None]
        if any(life.code == code and words in " ".join(life.last_words()) for life in ended):
            return
        time.sleep(0.25)
    said = "; ".join(f"{life.code}: {' '.join(life.last_words())}" for life in world.stream.lives[first:])
    yield f"the stream did not end with {code} and “{words}”, but so: {said}"


def await_metric(world: World, name: str, value: float, timeout: float = 120.0, **labels: str) -> Iterator[str]:
    """Wait until /metrics of the stream shows this value; if it does not, that."""
    deadline = time.monotonic() + timeout
    while (found := metric(world, name, **labels)) != value:
        if time.monotonic() > deadline:
            yield f"{name}{labels or ''} was {found} and not {value}"
            return
        time.sleep(0.25)


def metric(world: World, name: str, **labels: str) -> float | None:
    """The sum of a metric's samples with these labels; None if nobody answers."""
    try:
        with urllib.request.urlopen(world.page_url, timeout=10) as answer:
            families = list(text_string_to_metric_families(answer.read().decode()))
    except OSError:
        return None
    samples = (sample for family in families for sample in family.samples if sample.name == name)
    return sum(sample.value for sample in samples if labels.items() <= sample.labels.items())


def answer_with(world: World, fault: Fault, seconds: float, path: str = "/_bulk", timeout: float = 60.0) -> int:
    """Let what stands before Elasticsearch misbehave for so long, from the first request on; how many it has met."""
    proxy = proxy_of(world)
    proxy.misbehave(fault, times=sys.maxsize, path=path)
    deadline = time.monotonic() + timeout
    try:
        while not proxy.met and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(seconds)
    finally:
        proxy.behave()
    return proxy.met


def at_request(world: World, path: str, fault: Fault, timeout: float = 120.0) -> bool:
    """Let something happen to the next request whose path has this in it; whether there was one in time."""
    proxy = proxy_of(world)
    proxy.misbehave(fault, times=1, path=path)
    deadline = time.monotonic() + timeout
    while not proxy.done and time.monotonic() < deadline:
        time.sleep(0.05)
    proxy.behave()
    return bool(proxy.done)


def proxy_of(world: World) -> Proxy:
    """That of a world which was opened with one (`Setup(proxied=True)`)."""
    assert world.proxy, "this world has no proxy"
    return world.proxy


def scored_bulk(world: World) -> str:
    """The path of the requests that index tweets."""
    return f"/{data_stream(SCORED, world.settings.elasticsearch.namespace)}/_bulk"


def command(world: World, *arguments: str) -> None:
    """A command of `tweetpulse`, with this world's settings.

    Raises:
        AssertionError: it does not end with 0.
    """
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", *arguments],
        cwd=ROOT,
        env=os.environ | environment(world.settings),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, f"tweetpulse {' '.join(arguments)}: {done.stderr[-500:]}"


def forget_data_streams(world: World) -> None:
    """Remove all data streams; their indices stay as plain ones.

    The embedded server has no API for it, so its own tool does it while it is stopped.
    """
    offline.remove_data_streams(world.stack, stop_elasticsearch(world))
    world.repair()


def stop_elasticsearch(world: World) -> list[str]:
    """kill -9 without a restart; returns the command that it was started with."""
    process = world.process("elasticsearch")
    assert process
    started_with: list[str] = process.cmdline()
    process.kill()
    _await_end(process)
    return started_with

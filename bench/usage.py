"""Memory and processor time of a process with its children, of the servers, and of all others on the machine."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import psutil

PERIOD = 0.25
STREAM = ("driver", "jvm", "workers")


@dataclass(frozen=True, slots=True)
class Sample:
    """At `when` (monotonic seconds): processor seconds so far, and bytes (PSS), by part; `all` is the machine."""

    when: float
    cpu: Mapping[str, float]
    memory: Mapping[str, int]


@dataclass
class Usage:
    """The samples of a run."""

    samples: list[Sample] = field(default_factory=list)

    def peak(self) -> dict[str, int]:
        """Bytes by part of the stream, at the moment when they were most together."""
        most = max(self.samples, key=lambda sample: sum(sample.memory.values()))
        return dict(most.memory)

    def cpu(self, start: float, end: float) -> dict[str, float]:
        """Processor seconds between two moments, by part; `others` is what is none of ours."""
        first, last = self._at(start), self._at(end)
        spent = {part: last.cpu[part] - first.cpu.get(part, 0.0) for part in last.cpu}
        # The sum includes `all` itself, which the factor 2 makes good.
        spent["others"] = 2 * spent["all"] - sum(spent.values())
        return spent

    def _at(self, when: float) -> Sample:
        return min(self.samples, key=lambda sample: abs(sample.when - when))


@contextmanager
def watched(pid: int, servers: Mapping[str, int]) -> Iterator[Usage]:
    """Sample a process with its children, and servers by name and pid, until the block ends."""
    usage, stop = Usage(), threading.Event()
    thread = threading.Thread(target=_watch, args=(pid, servers, usage, stop), daemon=True)
    thread.start()
    try:
        yield usage
    finally:
        stop.set()
        thread.join()


def _watch(pid: int, servers: Mapping[str, int], usage: Usage, stop: threading.Event) -> None:
    root = psutil.Process(pid)
    known: dict[tuple[str, int], float] = {}
    while not stop.is_set():
        memory: Counter[str] = Counter()
        for part, process in parts(root, servers):
            try:
                # Without the times of children that have ended (the next fields): those were sampled themselves.
                known[part, process.pid] = sum(process.cpu_times()[:2])
                if part in STREAM:
                    memory[part] += process.memory_full_info().pss
            except psutil.Error:
                continue  # It ended meanwhile; what it had used stays known.
        cpu: defaultdict[str, float] = defaultdict(float)
        for (part, _), seconds in known.items():
            cpu[part] += seconds
        machine = psutil.cpu_times()
        cpu["all"] = sum(machine) - machine.idle - machine.iowait
        usage.samples.append(Sample(time.monotonic(), cpu, memory))
        stop.wait(PERIOD)


def parts(root: psutil.Process, servers: Mapping[str, int]) -> list[tuple[str, psutil.Process]]:
    """Assigns processes to parts of the stream and to servers."""
    try:
        # Workers whose daemon was killed go on working, and are nobody's children any more.
        children = {*root.children(recursive=True), *session_of(root.pid)}
    except psutil.Error:
        children = set()
    found = [("driver", root)]
    for child in children:
        try:
            found.append(("jvm" if "java" in child.name() else "workers", child))
        except psutil.Error:
            continue
    return found + [(name, psutil.Process(pid)) for name, pid in servers.items()]


def session_of(leader: int) -> list[psutil.Process]:
    """All processes of the session that a process has begun, without it, also when it is gone itself."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, ProcessLookupError):
            is_of_it = process.pid != leader and os.getsid(process.pid) == leader
            if is_of_it and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found

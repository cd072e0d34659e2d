"""The memory of this process and its children."""

from __future__ import annotations

import subprocess
import sys

from prometheus_client import CollectorRegistry, generate_latest

from pipeline.telemetry.process import PROCESSES, MemoryCollector, measure


def test_a_child_is_a_worker() -> None:
    """This process is the driver; a Python child of it counts as a worker until it has ended."""
    before = measure()
    child = subprocess.Popen([sys.executable, "-c", "print(flush=True); input()"], stdin=-1, stdout=-1)
    with child:
        assert child.stdout is not None
        child.stdout.readline()
        during = measure()
        child.communicate(b"\n")
    assert set(before) == set(PROCESSES)
    assert before["driver"] > 1_000_000
    assert during["workers"] - before["workers"] > 1_000_000


def test_exposition() -> None:
    """A sample per kind of process, measured at each scrape and not before."""
    sizes = iter([{"driver": 5, "jvm": 0, "workers": 7}, {"driver": 6, "jvm": 1, "workers": 7}])
    registry = CollectorRegistry(auto_describe=True)
    registry.register(MemoryCollector(lambda: next(sizes)))
    assert [generate_latest(registry).decode(), generate_latest(registry).decode().splitlines()[2]] == [
        "# HELP tweetpulse_process_memory_bytes Resident memory by kind of process.\n"
        "# TYPE tweetpulse_process_memory_bytes gauge\n"
        'tweetpulse_process_memory_bytes{process="driver"} 5.0\n'
        'tweetpulse_process_memory_bytes{process="jvm"} 0.0\n'
        'tweetpulse_process_memory_bytes{process="workers"} 7.0\n',
        'tweetpulse_process_memory_bytes{process="driver"} 6.0',
    ]

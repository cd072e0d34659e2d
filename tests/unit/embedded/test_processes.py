"""Processes that carry a stack's mark."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from pipeline.embedded.guard import guarded
from pipeline.embedded.processes import (
    end,
    grafana_mark,
    is_alive,
    mark,
    of_stack,
    prometheus_mark,
    python_mark,
    spawn,
    started_at,
)
from pipeline.errors import SetupError
from tests.processes import until

SLEEP = "import time; time.sleep(60)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"


@pytest.fixture
def marked(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-c", SLEEP, mark(tmp_path)]
    process = spawn(command, folder=tmp_path, log=tmp_path / "log", environment={}, account=None)
    # For a moment after it was started a process has no command line yet.
    until(lambda: psutil.Process(process.pid).cmdline(), "its command line")
    yield process
    process.kill()
    process.wait()


@pytest.mark.parametrize("name", ["prometheus", "grafana", "exporter"])
def test_a_server_that_takes_no_mark_is_found_by_what_stands_for_it(tmp_path: Path, name: str) -> None:
    """Each in the form that its program takes."""
    signs = {"prometheus": prometheus_mark, "grafana": grafana_mark, "exporter": python_mark}
    command = [sys.executable, "-c", SLEEP, signs[name](tmp_path)]
    with subprocess.Popen(command) as process:
        found = [process.pid for process in of_stack(tmp_path)]
        process.kill()
    assert found == [process.pid]


def test_a_program_that_cannot_be_run_is_one_line(tmp_path: Path) -> None:
    """It names the program."""
    (tmp_path / "program").touch(mode=0o644)
    with pytest.raises(SetupError, match=r"program can't be run \(Permission denied\)"):
        spawn([f"{tmp_path}/program"], folder=tmp_path, log=tmp_path / "log", environment={}, account=None)


def test_a_stack_finds_its_processes(marked: subprocess.Popen[bytes], tmp_path: Path) -> None:
    """By the mark of exactly this folder, not of one whose name begins alike."""
    assert [process.pid for process in of_stack(tmp_path)] == [marked.pid]
    assert of_stack(tmp_path.with_name(tmp_path.name[:-1])) == []


def test_ending_ends_also_what_nobody_waits_for(marked: subprocess.Popen[bytes], tmp_path: Path) -> None:
    """A zombie counts as ended; ending twice is fine."""
    started = started_at(marked.pid)
    processes = of_stack(tmp_path)
    assert is_alive(marked.pid, started)
    end(processes)
    end(processes)
    assert not is_alive(marked.pid, started)
    assert of_stack(tmp_path) == []


def test_what_ignores_the_polite_request_is_killed(tmp_path: Path) -> None:
    """After its time of grace."""
    with subprocess.Popen([sys.executable, "-c", STUBBORN, mark(tmp_path)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        end(of_stack(tmp_path), grace=0.2)
        assert process.wait() == -9


def test_a_guarded_stack_ends_with_the_block(marked: subprocess.Popen[bytes], tmp_path: Path) -> None:
    """Leaving the block ends its processes."""
    with guarded(tmp_path):
        assert marked.poll() is None
    assert marked.wait(timeout=10) == -15


def test_a_guarded_stack_ends_with_a_killed_process(marked: subprocess.Popen[bytes], tmp_path: Path) -> None:
    """Also if its guard is killed without a chance to clean up."""
    guard = (
        "import os, sys; from pathlib import Path; from pipeline.embedded.guard import guarded\n"
        "with guarded(Path(sys.argv[1])): os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", guard, str(tmp_path)], check=False)
    assert marked.wait(timeout=30) == -15

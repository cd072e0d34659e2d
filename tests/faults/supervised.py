"""The stream as a real process under a supervisor, which restarts it whenever it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Literal

import psutil

from bench.servers import environment
from bench.usage import session_of
from pipeline.embedded.processes import mark, python_mark
from pipeline.settings import Settings
from tests.paths import ROOT

Part = Literal["driver", "jvm", "daemon", "worker"]
PARTS: tuple[Part, ...] = ("driver", "jvm", "daemon", "worker")

_LAST_WORDS = 3
_DAEMON = "pipeline.stream.daemon"


@dataclass(slots=True)
class Life:
    """One process of the stream.

    Attributes:
        number: 0 for the first.
        log: its standard error, where it logs; what it prints is beside it (`.out`).
        code: how it ended; None while it runs.
        expected: whether somebody here killed a part of it, so that its end is no news.
    """

    number: int
    log: Path
    process: subprocess.Popen[bytes]
    started: float
    ended: float | None = None
    code: int | None = None
    expected: bool = False

    def last_words(self) -> list[str]:
        """The process's last output besides its log lines."""
        lines = [line for line in self.log.read_text(errors="replace").splitlines() if line and line[0] != "{"]
        return lines[-_LAST_WORDS:]


class Supervised:
    """Runs `tweetpulse run`, also again and again.

    Args:
        settings: passed on through the environment.
        folder: for its logs; its processes carry the folder's mark, by which `pipeline.embedded.guard` ends them.
        options: of the command; these, `settings` and `environment` may be changed for the next process.
        pause: seconds from an end to the next start.
        grace: seconds in which what a killed driver leaves behind may end by itself, before the supervisor kills it.
    """

    def __init__(self, settings: Settings, folder: Path, *options: str, pause: float = 1.0, grace: float = 2.0) -> None:
        self.lives: list[Life] = []
        self.settings = settings
        self._folder = folder
        self.options = options
        self.environment: dict[str, str] = {}
        self._pause = pause
        self._grace = grace
        self._stop = threading.Event()
        self._held = threading.Event()
        self._starting = threading.Lock()
        self._first = 0

    @property
    def logs(self) -> list[Path]:
        """The logs of all processes so far, in their order."""
        return [life.log for life in self.lives]

    @property
    def is_alive(self) -> bool:
        """True if a process runs now."""
        return bool(self.lives) and self.lives[-1].process.poll() is None

    @property
    def surprises(self) -> list[Life]:
        """The processes that ended although nobody here killed a part of them."""
        return [life for life in self.lives[self._first :] if life.code is not None and not life.expected]

    def begin_anew(self) -> None:
        """Forget earlier ends of the process: only those from now on count as surprises."""
        self._first = max(len(self.lives) - 1, 0) if self.is_alive else len(self.lives)
        if self.is_alive:
            self.lives[-1].expected = False

    @contextmanager
    def running(self) -> Iterator[None]:
        """Keep one running as long as the block runs; all of it is gone afterwards."""
        thread = threading.Thread(target=self._supervise, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            self._end(signal.SIGKILL)
            thread.join()

    @contextmanager
    def stopped(self, how: signal.Signals = signal.SIGTERM) -> Iterator[None]:
        """End it, cleanly by default, and keep it stopped within the block."""
        self._held.set()
        self._end(how)
        try:
            yield
        finally:
            self._held.clear()

    def part(self, name: Part, random: Random | None = None) -> psutil.Process | None:
        """One of its processes now, if there is one; of several workers any."""
        if not self.is_alive:
            return None
        with suppress(psutil.Error):
            driver = psutil.Process(self.lives[-1].process.pid)
            jvm = [child for child in _children(driver) if child.name() == "java"]
            daemons = [child for one in jvm for child in _children(one) if _is_daemon(child)]
            # A worker is a fork of its daemon, and outlives it where that is killed.
            workers = [one for one in session_of(driver.pid) if _is_daemon(one) and one not in daemons]
            found = {"driver": [driver], "jvm": jvm, "daemon": daemons, "worker": workers}[name]
            return (random or Random(0)).choice(found) if found else None
        return None

    def expect_end(self) -> None:
        """Announce a kill, so that the end of the process is no surprise."""
        if self.lives:
            self.lives[-1].expected = True

    def _supervise(self) -> None:
        while not self._stop.is_set():
            with self._starting:
                life = None if self._held.is_set() or self._stop.is_set() else self._start()
            if life is None:
                self._stop.wait(0.1)
                continue
            life.code = life.process.wait()
            life.ended = time.time()
            self._clear(life)
            self._stop.wait(self._pause)

    def _start(self) -> Life:
        number = len(self.lives)
        log = self._folder / f"stream-{number:03}.log"
        with log.open("wb") as said, log.with_suffix(".out").open("wb") as printed:
            process = subprocess.Popen(
                [sys.executable, python_mark(self._folder), "-m", "pipeline", "run", *self.options],
                cwd=ROOT,
                env=os.environ
                | environment(self.settings)
                | {"SPARK_SUBMIT_OPTS": mark(self._folder)}
                | self.environment,
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=said,
                # By its session all that it leaves behind is found again.
                start_new_session=True,
            )
        self.lives.append(Life(number, log, process, time.time()))
        return self.lives[-1]

    def _end(self, how: signal.Signals) -> None:
        with self._starting:
            # From here on none is started any more. One that has ended by itself has done so.
            if self.is_alive:
                self.expect_end()
        if self.is_alive:
            process = self.lives[-1].process
            process.send_signal(how)
            with suppress(subprocess.TimeoutExpired):
                process.wait(60)
            process.kill()
            process.wait()
        if self.lives:
            self._clear(self.lives[-1])

    def _clear(self, life: Life) -> None:
        """End what a process has left behind, as a supervisor does that knows all of a service's processes."""
        deadline = time.monotonic() + self._grace
        while (left := session_of(life.process.pid)) and time.monotonic() < deadline:
            time.sleep(0.1)
        for process in left:
            with suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(left, timeout=10)


def _is_daemon(process: psutil.Process) -> bool:
    try:
        return _DAEMON in process.cmdline()
    except psutil.Error:
        return False  # Spark's launching script may stay the JVM's child as a zombie, which has no command line.


def _children(parent: psutil.Process) -> list[psutil.Process]:
    """Those of a process that are alive; none of one that has gone meanwhile."""
    with suppress(psutil.Error):
        return [child for child in parent.children() if child.status() != psutil.STATUS_ZOMBIE]
    return []

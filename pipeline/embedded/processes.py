"""Processes that outlive the command that started them, found again by a mark in their own arguments."""

from __future__ import annotations

import os
import pwd
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from pipeline.errors import SetupError


@dataclass(frozen=True)
class Account:
    """Whom the servers run as where this process is root, which Elasticsearch refuses."""

    name: str
    user: int
    group: int


def unprivileged() -> Account | None:
    """`nobody` where this process is root, else None: the servers run as whoever starts them."""
    if os.geteuid() != 0:
        return None
    entry = pwd.getpwnam("nobody")
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def mark(state_dir: Path) -> str:
    """The JVM argument that all servers of one stack carry: a recycled pid never has it."""
    return f"-Dtweetpulse.state={state_dir}"


def marks(state_dir: Path) -> set[str]:
    """The arguments that say whose a process is: the JVM's, and what stands for it where a program refuses that."""
    return {mark(state_dir), python_mark(state_dir), prometheus_mark(state_dir), grafana_mark(state_dir)}


def python_mark(state_dir: Path) -> str:
    """The same for a Python."""
    return f"-Xtweetpulse.state={state_dir}"


def prometheus_mark(state_dir: Path) -> str:
    """Prometheus knows no argument that says nothing: its data are nobody else's."""
    return f"--storage.tsdb.path={state_dir}/prometheus/data"


def grafana_mark(state_dir: Path) -> str:
    """Nor does Grafana."""
    return f"cfg:paths.data={state_dir}/grafana/data"


def spawn(
    command: Sequence[str], *, folder: Path, log: Path, environment: Mapping[str, str], account: Account | None
) -> subprocess.Popen[bytes]:
    """Start a process in a session of its own, so that neither Ctrl-C nor a closed terminal reaches it.

    Raises:
        SetupError: the program can't be run, or not by that account.
    """
    with log.open("wb") as output:
        try:
            return subprocess.Popen(
                command,
                cwd=folder,
                # Only what the caller names, because an inherited JAVA_TOOL_OPTIONS would change a server.
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=account.user if account else None,
                group=account.group if account else None,
                # Otherwise it would keep root's groups.
                extra_groups=[] if account else None,
            )
        except OSError as error:
            by = f" by {account.name}" if account else ""
            raise SetupError(
                f"{command[0]} can't be run{by} ({error.strerror}): install it where all users can run it"
            ) from None


def let_live(process: subprocess.Popen[bytes]) -> None:
    """Forget a process without waiting for it: it is meant to outlive this one."""
    # Without a return code, Popen would warn in the end that its process still runs.
    process.returncode = 0


def started_at(pid: int) -> float:
    """The start of a process, in seconds of the epoch: with the pid it names one process for ever."""
    return psutil.Process(pid).create_time()


def is_alive(pid: int, started: float) -> bool:
    """True if that very process runs; a recycled pid or a zombie is none."""
    try:
        process = psutil.Process(pid)
    except psutil.NoSuchProcess:
        return False
    return process.create_time() == started and _runs(process)


def of_stack(state_dir: Path) -> list[psutil.Process]:
    """All processes of the stack in a state folder, whoever started them and however far they came."""
    signs = marks(state_dir)
    return [
        process for process in psutil.process_iter(["cmdline"]) if not signs.isdisjoint(process.info["cmdline"] or ())
    ]


def end(processes: Iterable[psutil.Process], grace: float = 20.0) -> None:
    """End processes politely, then by force; one that is gone already is fine.

    Raises:
        SetupError: one belongs to somebody else.
    """
    chosen = list(processes)
    for process in chosen:
        _signal(process, force=False)
    for process in _wait(chosen, grace):
        _signal(process, force=True)
    _wait(chosen, 5.0)
    for process in chosen:
        remove_door(process.pid)


def remove_door(pid: int) -> None:
    """Remove the socket by which an agent was attached to a JVM that has ended.

    Elasticsearch attaches one to itself. HotSpot has the socket in /tmp, whatever else is set, and leaves it there when
    it is killed.
    """
    with suppress(OSError):
        if not psutil.pid_exists(pid):
            Path(f"/tmp/.java_pid{pid}").unlink()  # noqa: S108 - HotSpot's choice


def _wait(processes: Iterable[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Those that still run after a while; a zombie has ended, whether or not its parent has noticed."""
    until = time.monotonic() + seconds
    while (left := [process for process in processes if _runs(process)]) and time.monotonic() < until:
        time.sleep(0.05)
    return left


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _signal(process: psutil.Process, *, force: bool) -> None:
    try:
        process.kill() if force else process.terminate()
    except psutil.NoSuchProcess:
        pass
    except psutil.AccessDenied:
        raise SetupError(f"process {process.pid} was started by another user: end it as that user") from None

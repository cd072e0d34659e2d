"""The embedded stack as a whole: start what is missing, tell how it is, stop it."""

from __future__ import annotations

import contextlib
import fcntl
import shutil
import subprocess
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.embedded import causes, elasticsearch, jars, kafka
from pipeline.embedded.info import ServerInfo, ServerName, ServerState, StackInfo, forget, load, save
from pipeline.embedded.java import Java, find_java
from pipeline.embedded.ports import HOST, claim, free_port, is_free
from pipeline.embedded.processes import (
    Account,
    end,
    is_alive,
    let_live,
    of_stack,
    require_reachable,
    started_at,
    unprivileged,
)
from pipeline.embedded.tell import Tell, quiet
from pipeline.errors import SetupError
from pipeline.settings import Settings

SERVERS: tuple[ServerName, ...] = ("kafka", "elasticsearch")
_TITLES: dict[ServerName, str] = {"kafka": "Kafka", "elasticsearch": "Elasticsearch"}
_ANSWERS: dict[ServerName, Callable[[int], bool]] = {"kafka": kafka.answers, "elasticsearch": elasticsearch.answers}

Steps = Generator[None, None, ServerInfo]
"""A server on its way: it yields while it has to wait, and returns what it has become."""


@dataclass(frozen=True)
class ServerStatus:
    """How one server is, and the bytes of its folder (data and logs)."""

    name: ServerName
    state: ServerState
    info: ServerInfo | None
    size_bytes: int


@dataclass(frozen=True)
class _Site:
    """What a server is started with."""

    folder: Path
    parts: dict[jars.Part, Path]
    java: Java
    account: Account | None
    settings: Settings
    tell: Tell


def start(settings: Settings, servers: Iterable[ServerName] = SERVERS, tell: Tell = quiet) -> StackInfo:
    """Start the servers that don't run yet, and wait until all answer. They outlive this process.

    Ports and memory come from `settings.embedded`. If anything fails, or on Ctrl-C, what this call started ends.

    Raises:
        SetupError: Java, a port, disk space or a download is missing, or a server died; it says which and why.
    """
    wanted = tuple(servers)
    with _only_one(settings.state_dir, tell):
        known = load(settings.state_dir)
        alive = {server.name: server for server in _alive(known)}
        ports = {name: _port(name, settings, known, alive.get(name)) for name in wanted}
        if missing := [name for name in wanted if name not in alive]:
            require_space(settings)
            alive |= _start(missing, alive, ports, settings, tell)
        info = StackInfo(state_dir=settings.state_dir, servers=tuple(alive[n] for n in SERVERS if n in alive))
        save(info)
        return info


def stop(state_dir: Path, *, delete_data: bool = False) -> int:
    """End every process of a stack; the number ended. `delete_data` forgets topics, documents and checkpoints."""
    processes = of_stack(state_dir)
    end(processes)
    forget(state_dir)
    for name in (*SERVERS, "checkpoints") if delete_data else ():
        shutil.rmtree(state_dir / name, ignore_errors=True)
    return len(processes)


def status(state_dir: Path) -> list[ServerStatus]:
    """How each server is, asked now."""
    known = load(state_dir)
    return [_status(state_dir, name, known.find(name) if known else None) for name in SERVERS]


def require_space(settings: Settings) -> None:
    """Check that the disk of the state folder has room.

    Raises:
        SetupError: it has less than `embedded.minimum_free_bytes`.
    """
    free, needed = shutil.disk_usage(settings.state_dir).free, settings.embedded.minimum_free_bytes
    if free < needed:
        raise SetupError(
            f"the disk of {settings.state_dir} has {free / 1e9:.1f} GB left and {needed / 1e9:.1f} GB are needed: "
            f"free some, or choose another folder with --state-dir"
        )


def _status(state_dir: Path, name: ServerName, info: ServerInfo | None) -> ServerStatus:
    return ServerStatus(name, _state(info), info, _size(state_dir / name))


def _state(info: ServerInfo | None) -> ServerState:
    if info is None:
        return "stopped"
    if not is_alive(info.pid, info.started):
        return "dead"
    return "running" if _ANSWERS[info.name](info.port) else "not answering"


def _alive(known: StackInfo | None) -> list[ServerInfo]:
    return [server for server in known.servers if is_alive(server.pid, server.started)] if known else []


def _port(name: ServerName, settings: Settings, known: StackInfo | None, alive: ServerInfo | None) -> int:
    """Where a server is to listen: where it was before, unless told otherwise."""
    asked: int = getattr(settings.embedded, f"{name}_port")
    explicit = f"{name}_port" in settings.embedded.model_fields_set and asked != 0
    if alive:
        if explicit and asked != alive.port:
            raise SetupError(f"{_TITLES[name]} already runs on port {alive.port}: run `tweetpulse down` first")
        return alive.port
    before = known.find(name) if known else None
    if before and not explicit and (asked != 0 or is_free(before.port)):
        asked = before.port
    return claim(asked, _TITLES[name], f"--{name}-port")


def _start(
    names: list[ServerName],
    alive: dict[ServerName, ServerInfo],
    ports: dict[ServerName, int],
    settings: Settings,
    tell: Tell,
) -> dict[ServerName, ServerInfo]:
    java, account = find_java(tell=tell), unprivileged()
    parts = jars.resolve(settings, names, tell)
    for path in (settings.state_dir, java.home, *parts.values()):
        require_reachable(path, account)
    site = _Site(settings.state_dir, parts, java, account, settings, tell)
    kept = {server.pid for server in alive.values()}
    _end_all_but(kept, settings.state_dir)
    try:
        return _together(
            {name: _STEPS[name](site, ports[name]) for name in names}, settings.embedded.start_timeout, tell
        )
    except BaseException:
        _end_all_but(kept, settings.state_dir)
        raise


def _end_all_but(kept: set[int], state_dir: Path) -> None:
    end([process for process in of_stack(state_dir) if process.pid not in kept], grace=5)


def _together(steps: dict[ServerName, Steps], timeout: float, tell: Tell) -> dict[ServerName, ServerInfo]:
    """Advance all servers in turns until each has become what it is to be."""
    ready: dict[ServerName, ServerInfo] = {}
    begun = time.monotonic()
    while len(ready) < len(steps):
        for name in [name for name in steps if name not in ready]:
            try:
                next(steps[name])
            except StopIteration as done:
                ready[name] = done.value
                tell(name, f"ready after {time.monotonic() - begun:.1f} s")
        if time.monotonic() - begun > timeout:
            late = " and ".join(_TITLES[name] for name in steps if name not in ready)
            raise SetupError(
                f"{late} did not answer within {timeout:.0f} s: end what keeps this machine busy, "
                f"or raise TWEETPULSE_EMBEDDED__START_TIMEOUT"
            )
        time.sleep(0.1)
    return ready


def _start_kafka(site: _Site, port: int) -> Steps:
    folder, jar_folder, log = site.folder / "kafka", site.parts["kafka"], [kafka.log_file(site.folder / "kafka")]
    site.tell("kafka", f"starting on port {port}")
    kafka.prepare(folder, port, free_port(), site.account)
    if not kafka.is_formatted(folder):
        yield from _until_done("kafka", kafka.format_storage(folder, jar_folder, site.java, site.account), log)
    process = kafka.start(folder, jar_folder, site.java, site.account, site.settings.embedded.kafka_heap)
    yield from _until_it_answers("kafka", process, port, log)
    return _info("kafka", f"{HOST}:{port}", port, process.pid)


def _start_elasticsearch(site: _Site, port: int) -> Steps:
    folder = site.folder / "elasticsearch"
    logs = elasticsearch.log_files(folder)
    site.tell("elasticsearch", f"starting on port {port}")
    elasticsearch.prepare(folder, port, site.settings.embedded.elasticsearch_heap, site.account)
    launcher = elasticsearch.start(folder, site.parts["elasticsearch"], site.java, site.account)
    yield from _until_done("elasticsearch", launcher, logs)
    while not elasticsearch.answers(port):
        yield
    return _info("elasticsearch", f"http://{HOST}:{port}", port, elasticsearch.pid(folder))


_STEPS: dict[ServerName, Callable[[_Site, int], Steps]] = {
    "kafka": _start_kafka,
    "elasticsearch": _start_elasticsearch,
}


def _until_done(
    name: ServerName, process: subprocess.Popen[bytes], logs: Iterable[Path]
) -> Generator[None, None, None]:
    while process.poll() is None:
        yield
    if process.returncode != 0:
        raise _death(name, logs)


def _until_it_answers(
    name: ServerName, process: subprocess.Popen[bytes], port: int, logs: Iterable[Path]
) -> Generator[None, None, None]:
    while not _ANSWERS[name](port):
        if process.poll() is not None:
            raise _death(name, logs)
        yield
    let_live(process)


def _death(name: ServerName, logs: Iterable[Path]) -> SetupError:
    logs = tuple(logs)
    return SetupError(f"{_TITLES[name]} did not start: {causes.cause(causes.last_lines(*logs))} (its log: {logs[-1]})")


def _info(name: ServerName, address: str, port: int, pid: int) -> ServerInfo:
    started = started_at(pid)
    return ServerInfo(name=name, address=address, port=port, version=jars.version(name), pid=pid, started=started)


def _size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):
            total += path.lstat().st_size
    return total


@contextlib.contextmanager
def _only_one(folder: Path, tell: Tell) -> Iterator[None]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / ".lock").open("w")
    except OSError as error:
        raise SetupError(f"{folder} can't be written ({error.strerror}): choose another with --state-dir") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tell("stack", "waiting for another `tweetpulse up` of the same folder")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield

"""The embedded stack as a whole: start what is missing, tell how it is, stop it."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt

from pipeline import passable_folders
from pipeline.embedded import elasticsearch, kafka
from pipeline.embedded.discover import with_embedded
from pipeline.embedded.folders import require_reachable
from pipeline.embedded.info import ServerInfo, ServerName, ServerState, StackInfo, forget, load, save
from pipeline.embedded.launch import ANSWERS, TITLES, PortTaken, Site, await_answer, launch, together, why
from pipeline.embedded.ports import claim, is_free
from pipeline.embedded.processes import end, is_alive, of_stack, unprivileged
from pipeline.errors import SetupError
from pipeline.jvm import jars
from pipeline.jvm.java import find_java
from pipeline.locks import only_one
from pipeline.settings import Settings
from pipeline.tell import Tell, quiet

SERVERS: tuple[ServerName, ...] = ("kafka", "elasticsearch")
DASHBOARDS: tuple[ServerName, ...] = ("exporter", "prometheus", "grafana")
"""The servers that show the others; Prometheus and Grafana are started on request, and after them."""
_ALL = (*SERVERS, *DASHBOARDS)
_REMEDY = "choose another with --state-dir"
_ATTEMPTS = 3


@dataclass(frozen=True)
class ServerStatus:
    """The state of one server, the cause if it died, and the bytes of its folder (data and logs)."""

    name: ServerName
    state: ServerState
    info: ServerInfo | None
    cause: str | None
    size_bytes: int


def start(settings: Settings, servers: Iterable[ServerName] = SERVERS, tell: Tell = quiet) -> StackInfo:
    """Start the servers that don't run yet, and wait until all answer. They outlive this process.

    Ports and memory come from `settings.embedded`, what the dashboards look at from the other sections. If anything
    fails, or on Ctrl-C, what this call started ends.

    Raises:
        SetupError: Java, a port, disk space or a download is missing, or a server died; it says which and why.
    """
    passable_folders.make(settings.state_dir, _REMEDY)
    with only_one(settings.state_dir, lambda: tell("stack", "waiting for another `tweetpulse up` of this folder")):
        known = load(settings.state_dir)
        alive = {server.name: server for server in _alive(known)}
        # Between the look at a port and its use another process may take it. Now its holder is named, or another drawn.
        for attempt in Retrying(
            retry=retry_if_exception_type(PortTaken), stop=stop_after_attempt(_ATTEMPTS), reraise=True
        ):
            with attempt:
                alive |= _start(tuple(servers), alive, known, settings, tell)
        info = StackInfo(state_dir=settings.state_dir, servers=tuple(alive[n] for n in _ALL if n in alive))
        save(info)
        return info


def stop(state_dir: Path, *, delete_data: bool = False) -> int:
    """End every process of a stack; the number ended. `delete_data` forgets topics, documents and checkpoints.

    Raises:
        SetupError: it belongs to another user.
    """
    processes = of_stack(state_dir)
    end(processes)
    kafka.clear(state_dir / "kafka")
    elasticsearch.clear(state_dir / "elasticsearch")
    forget(state_dir)
    for name in (*_ALL, "checkpoints") if delete_data else ():
        shutil.rmtree(state_dir / name, ignore_errors=True)
    return len(processes)


def has_data(state_dir: Path) -> bool:
    """True if a stack of the folder has topics, documents and a checkpoint that fit each other."""
    return all((state_dir / name).is_dir() for name in (*SERVERS, "checkpoints"))


def status(state_dir: Path) -> list[ServerStatus]:
    """The state of each server at this moment, the exporter and the dashboards included if they were started."""
    known = load(state_dir)
    infos = {name: known.find(name) if known else None for name in _ALL}
    return [_status(state_dir, name, info) for name, info in infos.items() if info or name in SERVERS]


def is_there(state_dir: Path) -> bool:
    """True if any process of a stack runs, also while it starts."""
    return bool(of_stack(state_dir))


def require_space(settings: Settings) -> None:
    """Check that the disk of the state folder has room.

    Raises:
        SetupError: it has less than `embedded.minimum_free_bytes`.
    """
    free, needed = shutil.disk_usage(settings.state_dir).free, settings.embedded.minimum_free_bytes
    if free < needed:
        raise SetupError(
            f"the disk of {settings.state_dir} has {free / 1e9:.1f} GB left and {needed / 1e9:.1f} GB are needed: "
            f"free some, or {_REMEDY}"
        )


def _start(
    names: tuple[ServerName, ...],
    alive: dict[ServerName, ServerInfo],
    known: StackInfo | None,
    settings: Settings,
    tell: Tell,
) -> dict[ServerName, ServerInfo]:
    ports = {name: _port(name, settings, known, alive.get(name)) for name in names}
    missing = [name for name in names if name not in alive]
    steps = {name: await_answer(alive[name], settings.state_dir) for name in names if name in alive}
    site = _site(missing, ports, settings, tell) if missing else None
    kept = {server.pid for server in alive.values()}
    # A start that was killed may have left processes which `stack.json` does not know.
    _end_all_but(kept, settings.state_dir)
    try:
        steps |= {name: launch(name, site) for name in missing if site}
        return together(steps, settings.embedded.start_timeout, tell)
    except BaseException:
        _end_all_but(kept, settings.state_dir)
        raise


def _site(names: list[ServerName], ports: dict[ServerName, int], settings: Settings, tell: Tell) -> Site:
    """Everything that starting needs, checked."""
    require_space(settings)
    account, on_jvm = unprivileged(), [name for name in jars.PARTS if name in names]
    require_reachable(settings.state_dir, account, _REMEDY)
    java = find_java() if on_jvm else None
    parts = jars.resolve(settings, on_jvm, tell)
    if java:
        require_reachable(java.home, account, "install a Java that all users can reach")
        require_reachable(settings.cache_dir, account, "set TWEETPULSE_CACHE_DIR to another folder")
    return Site(settings.state_dir, ports, account, with_embedded(settings), tell, java, parts)


def _port(name: ServerName, settings: Settings, known: StackInfo | None, alive: ServerInfo | None) -> int:
    """The port for a server: the one that it had before, unless told otherwise.

    The exporter's usual port may be that of another stack's: then it takes a free one, where `watch` finds it.
    """
    section = settings.telemetry if name == "exporter" else settings.embedded
    asked: int = getattr(section, f"{name}_port")
    explicit = f"{name}_port" in section.model_fields_set and asked != 0
    if alive:
        if explicit and asked != alive.port:
            raise SetupError(f"{TITLES[name]} already runs on port {alive.port}: run `tweetpulse down` first")
        return alive.port
    before = known.find(name) if known else None
    # A port that was drawn at random is drawn again if it is taken by now; of any other, `claim` names the holder.
    if before and not explicit and (asked != 0 or is_free(before.port)):
        asked = before.port
    if name == "exporter" and not explicit and asked != 0 and not is_free(asked):
        asked = 0
    option = "TWEETPULSE_TELEMETRY__EXPORTER_PORT" if name == "exporter" else f"--{name}-port"
    return claim(asked, TITLES[name], option)


def _alive(known: StackInfo | None) -> list[ServerInfo]:
    return [server for server in known.servers if is_alive(server.pid, server.started)] if known else []


def _end_all_but(kept: set[int], state_dir: Path) -> None:
    end([process for process in of_stack(state_dir) if process.pid not in kept], grace=5)


def _status(state_dir: Path, name: ServerName, info: ServerInfo | None) -> ServerStatus:
    state = _state(info)
    cause = why(name, state_dir) if state == "dead" else None
    return ServerStatus(name, state, info, cause, passable_folders.size(state_dir / name))


def _state(info: ServerInfo | None) -> ServerState:
    if info is None:
        return "stopped"
    if not is_alive(info.pid, info.started):
        return "dead"
    return "running" if ANSWERS[info.name](info.port) else "not answering"

"""This machine: Java, the disk of the state folder, ports."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Literal

import psutil
import urllib3

from pipeline.doctor.finding import Finding, fault, ok, warning
from pipeline.embedded import info
from pipeline.embedded.discover import brought
from pipeline.embedded.ports import claim, is_free
from pipeline.embedded.processes import is_alive
from pipeline.errors import SetupError
from pipeline.extras import missing
from pipeline.jvm.java import find_java
from pipeline.settings import Settings

_ASK = urllib3.Timeout(2.0)


@dataclass(frozen=True, slots=True)
class Port:
    """A port of loopback that this project listens on.

    Attributes:
        number: of the port.
        purpose: what listens there.
        option: what chooses another.
        state: free, taken by one of our own processes, or by anything else.
        taken: who has it, and what to do; empty where it is free or ours.
    """

    number: int
    purpose: str
    option: str
    state: Literal["free", "ours", "taken"]
    taken: str = ""


def java() -> list[Finding]:
    """The Java that Spark and the embedded servers run on; nothing is installed.

    Raises:
        SetupError: there is none that is supported.
    """
    found = find_java()
    return [ok("java", f"Java {found.major} at {found.home}")]


def spark() -> list[Finding]:
    """The packages that the stream and training need, and no other command; they are looked for and not imported."""
    if absent := missing("stream"):
        return [fault("spark", f"not installed: {', '.join(absent)}", "pip install 'tweetpulse[stream]'")]
    return [ok("spark", f"Spark {version('pyspark')}")]


def disk(settings: Settings) -> list[Finding]:
    """The disk of the state folder."""
    folder = settings.state_dir
    # The folder may not be there yet: it will be on the disk of the nearest one above it.
    there = next(path for path in (folder, *folder.parents) if path.exists())
    usage = shutil.disk_usage(there)
    return judge_disk(folder, usage.free, settings.embedded.minimum_free_bytes, writable=os.access(there, os.W_OK))


def judge_disk(folder: Path, free: int, needed: int, *, writable: bool) -> list[Finding]:
    """By the bytes that are free and those that `tweetpulse up` asks for."""
    if not writable:
        return [fault("disk", f"the state folder {folder} can't be written", "choose another with --state-dir")]
    told = f"the disk of the state folder {folder} has {free / 1e9:.1f} GB free"
    cure = "free some, or choose another disk with --state-dir"
    if free < needed:
        return [fault("disk", f"{told}, and {needed / 1e9:.1f} GB are needed", cure)]
    if free < 2 * needed:
        return [warning("disk", f"{told}, which is not much more than the {needed / 1e9:.1f} GB needed", cure)]
    return [ok("disk", told)]


def ports(settings: Settings) -> list[Finding]:
    """The ports of metrics and of the embedded servers."""
    return judge_ports(_telemetry(settings), _embedded(settings))


def judge_ports(telemetry: Iterable[Port], embedded: Iterable[Port]) -> list[Finding]:
    """A taken port of an embedded server keeps it from starting; who has that of metrics may be ours, unknown to us."""
    found = [*telemetry, *embedded]
    told = [fault("ports", port.taken) for port in embedded if port.state == "taken"]
    told += [warning("ports", port.taken) for port in telemetry if port.state == "taken"]
    good = ", ".join(f"{p.number} ({p.purpose}: {p.state})" for p in found if p.state != "taken")
    if told:
        return told
    return [ok("ports", f"as they should be: {good}" if good else "each server takes a free one")]


def _telemetry(settings: Settings) -> list[Port]:
    section = settings.telemetry
    named = {
        "the stream's metrics": (section.stream_port, "STREAM_PORT"),
        "the exporter's metrics": (section.exporter_port, "EXPORTER_PORT"),
        "the collector's metrics": (section.source_port, "SOURCE_PORT"),
        "the archive's metrics": (section.archive_port, "ARCHIVE_PORT"),
    }
    wanted = [(purpose, port, f"TWEETPULSE_TELEMETRY__{name}") for purpose, (port, name) in named.items() if port]
    return [_port(port, purpose, option) for purpose, port, option in wanted]


def _embedded(settings: Settings) -> list[Port]:
    """Those of the embedded servers that do not run: whether one that runs is well is asked elsewhere."""
    known = info.load(settings.state_dir)
    running = {server.name for server in known.servers if is_alive(server.pid, server.started)} if known else set()
    own = set(brought(settings)) | running
    section = settings.embedded
    named = {"kafka": section.kafka_port, "elasticsearch": section.elasticsearch_port}
    absent = [(name, port) for name, port in named.items() if name not in own and port]
    return [_port(port, name, f"--{name}-port") for name, port in absent]


def _port(number: int, purpose: str, option: str) -> Port:
    if is_free(number):
        return Port(number, purpose, option, "free")
    if _is_ours(number):
        return Port(number, purpose, option, "ours")
    return Port(number, purpose, option, "taken", _taken(number, purpose, option))


def _taken(number: int, purpose: str, option: str) -> str:
    try:
        claim(number, purpose, option)
    except SetupError as error:
        return error.message
    return f"port {number}, which {purpose} needs, was taken a moment ago"


def is_our_command(arguments: Sequence[str]) -> bool:
    """True if a process is one of this project's, by its arguments.

    >>> is_our_command(["/usr/bin/python3", "/srv/venv/bin/tweetpulse", "run"])
    True
    """
    modules = {after for before, after in pairwise(arguments) if before == "-m"}
    # Only the first ones: further arguments may be the names of files, such as those of an editor.
    named = any(Path(one).name.startswith("tweetpulse") or one.startswith("-Xtweetpulse.") for one in arguments[:3])
    return named or not modules.isdisjoint(("pipeline", "exporters"))


def _is_ours(number: int) -> bool:
    # An exporter whose servers are away takes long for a page, so the process is looked at first.
    return _listens(number) or _shows_ours(number)


def _listens(number: int) -> bool:
    """True if a process of ours has the port; those of other users are not seen by all."""
    try:
        open_ = [c for c in psutil.net_connections(kind="tcp") if c.status == psutil.CONN_LISTEN]
        pids = [c.pid for c in open_ if c.laddr and c.laddr.port == number and c.pid]
        return any(is_our_command(psutil.Process(pid).cmdline()) for pid in pids)
    except psutil.Error:
        return False


def _shows_ours(number: int) -> bool:
    try:
        with urllib3.PoolManager(timeout=_ASK, retries=False) as pool:
            page = pool.request("GET", f"http://127.0.0.1:{number}/metrics", preload_content=False)
            return b"tweetpulse_" in page.read(100_000)
    except urllib3.exceptions.HTTPError:
        return False

"""Servers on their way: all started in turns by one thread, each a generator that yields while it waits."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path

from pipeline.embedded import causes, elasticsearch, jars, kafka
from pipeline.embedded.info import ServerInfo, ServerName
from pipeline.embedded.java import Java
from pipeline.embedded.ports import HOST, free_port
from pipeline.embedded.processes import Account, is_alive, let_live, started_at
from pipeline.embedded.tell import Tell
from pipeline.errors import SetupError
from pipeline.settings import EmbeddedSettings

Steps = Generator[None, None, ServerInfo]
"""It yields while it has to wait, and returns what the server has become."""

TITLES: dict[ServerName, str] = {"kafka": "Kafka", "elasticsearch": "Elasticsearch"}
ANSWERS: dict[ServerName, Callable[[int], bool]] = {"kafka": kafka.answers, "elasticsearch": elasticsearch.answers}


@dataclass(frozen=True)
class Site:
    """What a server is started with; `folder` is the stack's."""

    folder: Path
    parts: dict[jars.Part, Path]
    java: Java
    account: Account | None
    settings: EmbeddedSettings
    tell: Tell


def together(steps: dict[ServerName, Steps], timeout: float, tell: Tell) -> dict[ServerName, ServerInfo]:
    """Advance all servers in turns until each answers.

    Raises:
        SetupError: one died, or did not answer within `timeout` seconds.
    """
    ready: dict[ServerName, ServerInfo] = {}
    begun = time.monotonic()
    while len(ready) < len(steps):
        for name in [name for name in steps if name not in ready]:
            try:
                next(steps[name])
            except StopIteration as done:
                ready[name] = done.value
                tell(name, f"ready after {time.monotonic() - begun:.1f} s")
        _require_in_time(time.monotonic() - begun, timeout, [name for name in steps if name not in ready])
        time.sleep(0.1)
    return ready


def launch(name: ServerName, site: Site, port: int) -> Steps:
    """Start a server; whatever data it has stays."""
    site.tell(name, f"starting on port {port}")
    return (_launch_kafka if name == "kafka" else _launch_elasticsearch)(site, port)


def await_answer(info: ServerInfo, folder: Path) -> Steps:
    """Wait for a server whose process runs already."""
    while not ANSWERS[info.name](info.port):
        if not is_alive(info.pid, info.started):
            raise SetupError(f"{TITLES[info.name]} died: {why(info.name, folder)}")
        yield
    return info


def why(name: ServerName, folder: Path) -> str:
    """Why a server of the stack in a folder has died, and where its log is."""
    logs = [kafka.log_file(folder / name)] if name == "kafka" else elasticsearch.log_files(folder / name)
    return f"{causes.cause(causes.last_lines(*logs))} (its log: {logs[-1]})"


def _launch_kafka(site: Site, port: int) -> Steps:
    folder, files = site.folder / "kafka", site.parts["kafka"]
    kafka.prepare(folder, port, free_port(), site.account)
    if not kafka.is_formatted(folder):
        yield from _until_done("kafka", kafka.format_storage(folder, files, site.java, site.account), site)
    process = kafka.start(folder, files, site.java, site.account, site.settings.kafka_heap)
    while not kafka.answers(port):
        if process.poll() is not None:
            raise _failure("kafka", site)
        yield
    let_live(process)
    return _info("kafka", f"{HOST}:{port}", port, process.pid)


def _launch_elasticsearch(site: Site, port: int) -> Steps:
    folder = site.folder / "elasticsearch"
    elasticsearch.prepare(folder, port, site.settings.elasticsearch_heap, site.account)
    launcher = elasticsearch.start(folder, site.parts["elasticsearch"], site.java, site.account)
    yield from _until_done("elasticsearch", launcher, site)
    info = _info("elasticsearch", f"http://{HOST}:{port}", port, elasticsearch.pid(folder))
    return (yield from await_answer(info, site.folder))


def _until_done(name: ServerName, process: subprocess.Popen[bytes], site: Site) -> Generator[None, None, None]:
    while process.poll() is None:
        yield
    if process.returncode != 0:
        raise _failure(name, site)


def _failure(name: ServerName, site: Site) -> SetupError:
    return SetupError(f"{TITLES[name]} did not start: {why(name, site.folder)}")


def _require_in_time(seconds: float, timeout: float, late: list[ServerName]) -> None:
    if late and seconds > timeout:
        raise SetupError(
            f"{' and '.join(TITLES[name] for name in late)} did not answer within {timeout:.0f} s: end what keeps this "
            f"machine busy, or raise TWEETPULSE_EMBEDDED__START_TIMEOUT; `tweetpulse down` ends what runs"
        )


def _info(name: ServerName, address: str, port: int, pid: int) -> ServerInfo:
    started = started_at(pid)
    return ServerInfo(name=name, address=address, port=port, version=jars.version(name), pid=pid, started=started)

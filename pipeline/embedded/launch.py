"""Servers on their way: all started in turns by one thread, each a generator that yields while it waits."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path

from pipeline import __version__
from pipeline.embedded import causes, elasticsearch, exporter, grafana, kafka, programs, prometheus
from pipeline.embedded.folders import require_reachable
from pipeline.embedded.info import ServerInfo, ServerName
from pipeline.embedded.ports import HOST, free_port
from pipeline.embedded.processes import Account, is_alive, let_live, started_at
from pipeline.errors import SetupError
from pipeline.jvm import jars
from pipeline.jvm.java import Java
from pipeline.settings import Settings
from pipeline.tell import Tell

Steps = Generator[None, None, ServerInfo]
"""It yields while it has to wait, and returns what the server has become."""

TITLES: dict[ServerName, str] = {
    "kafka": "Kafka",
    "elasticsearch": "Elasticsearch",
    "exporter": "the exporter",
    "prometheus": "Prometheus",
    "grafana": "Grafana",
}
ANSWERS: dict[ServerName, Callable[[int], bool]] = {
    "kafka": kafka.answers,
    "elasticsearch": elasticsearch.answers,
    "exporter": exporter.answers,
    "prometheus": prometheus.answers,
    "grafana": grafana.answers,
}


class PortTaken(SetupError):
    """A server found its port taken that was free when the server was started: another attempt draws another one."""


@dataclass(frozen=True)
class Site:
    """Everything that servers are started with.

    Attributes:
        folder: the stack's.
        ports: where the servers of this start listen.
        account: whom they run as.
        settings: with the addresses of the servers that run already.
        java, parts: what those on the JVM need; None where none of them is started.
    """

    folder: Path
    ports: dict[ServerName, int]
    account: Account | None
    settings: Settings
    tell: Tell
    java: Java | None
    parts: dict[jars.Part, Path]


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


def launch(name: ServerName, site: Site) -> Steps:
    """Start a server; whatever data it has stays."""
    site.tell(name, f"starting on port {site.ports[name]}")
    return _LAUNCHES[name](site, site.folder / name, site.ports[name])


def await_answer(info: ServerInfo, folder: Path) -> Steps:
    """Wait for a server whose process runs already."""
    while not ANSWERS[info.name](info.port):
        if not is_alive(info.pid, info.started):
            raise _fault(f"{TITLES[info.name]} died", info.name, folder)
        yield
    return info


def why(name: ServerName, folder: Path) -> str:
    """Why a server of the stack in a folder has died, and where its log is."""
    logs = _LOGS[name](folder / name)
    return f"{_cause(name, folder)} (its log: {logs[-1]})"


def _cause(name: ServerName, folder: Path) -> str:
    return causes.cause(causes.last_lines(*_LOGS[name](folder / name)))


def _fault(what: str, name: ServerName, folder: Path) -> SetupError:
    kind = PortTaken if _cause(name, folder) == causes.PORT_TAKEN else SetupError
    return kind(f"{what}: {why(name, folder)}")


def _launch_kafka(site: Site, folder: Path, port: int) -> Steps:
    files = site.parts["kafka"]
    assert site.java
    # Nobody else talks to the controller, so its port may differ at each start.
    kafka.prepare(folder, port, free_port(), site.account)
    if not kafka.is_formatted(folder):
        yield from _until_done("kafka", kafka.format_storage(folder, files, site.java, site.account), site)
    process = kafka.start(folder, files, site.java, site.account, site.settings.embedded.kafka_heap)
    yield from _until_answering("kafka", process, site)
    return _info("kafka", f"{HOST}:{port}", port, process.pid)


def _launch_elasticsearch(site: Site, folder: Path, port: int) -> Steps:
    assert site.java
    elasticsearch.prepare(folder, port, site.settings.embedded.elasticsearch_heap, site.account)
    launcher = elasticsearch.start(folder, site.parts["elasticsearch"], site.java, site.account)
    yield from _until_done("elasticsearch", launcher, site)
    info = _info("elasticsearch", f"http://{HOST}:{port}", port, elasticsearch.pid(folder))
    return (yield from await_answer(info, site.folder))


def _launch_exporter(site: Site, folder: Path, port: int) -> Steps:
    telemetry = site.settings.telemetry
    process = exporter.start(folder, telemetry.host, port)
    yield from _until_answering("exporter", process, site)
    scheme = "https" if telemetry.certificate_file else "http"
    return _info("exporter", f"{scheme}://{HOST}:{port}/metrics", port, process.pid)


def _launch_prometheus(site: Site, folder: Path, port: int) -> Steps:
    program = prometheus.find(programs.homes(site.settings.cache_dir, "prometheus"))
    if program is None:
        raise SetupError(prometheus.MISSING)
    require_reachable(program.parent, site.account, "install it where all users can reach it")
    prometheus.prepare(folder, _targets(site), site.account)
    process = prometheus.start(folder, program, port, site.account)
    yield from _until_answering("prometheus", process, site)
    return _info("prometheus", f"http://{HOST}:{port}", port, process.pid, prometheus.version(port))


def _launch_grafana(site: Site, folder: Path, port: int) -> Steps:
    installed = grafana.find(fetched=programs.homes(site.settings.cache_dir, "grafana"))
    if installed is None:
        raise SetupError(grafana.MISSING)
    require_reachable(installed.home, site.account, "install it where all users can reach it")
    grafana.prepare(folder, port, site.account)
    prometheus_port = site.ports.get("prometheus") or site.settings.embedded.prometheus_port
    environment = grafana.environment(folder, site.settings.elasticsearch, prometheus_port)
    process = grafana.start(folder, installed, environment, site.account)
    yield from _until_answering("grafana", process, site)
    return _info("grafana", f"http://{HOST}:{port}", port, process.pid, grafana.version(port))


def _targets(site: Site) -> dict[str, str]:
    telemetry = site.settings.telemetry
    exporter_port = site.ports.get("exporter") or telemetry.exporter_port
    return {
        "tweetpulse-stream": f"{HOST}:{telemetry.stream_port}",
        "tweetpulse-exporter": f"{HOST}:{exporter_port}",
        "tweetpulse-source": f"{HOST}:{telemetry.source_port}",
        "tweetpulse-windows": f"{HOST}:{telemetry.windows_port}",
        "tweetpulse-archive": f"{HOST}:{telemetry.archive_port}",
    }


_LAUNCHES: dict[ServerName, Callable[[Site, Path, int], Steps]] = {
    "kafka": _launch_kafka,
    "elasticsearch": _launch_elasticsearch,
    "exporter": _launch_exporter,
    "prometheus": _launch_prometheus,
    "grafana": _launch_grafana,
}
_LOGS: dict[ServerName, Callable[[Path], tuple[Path, ...]]] = {
    "kafka": lambda folder: (kafka.log_file(folder),),
    "elasticsearch": elasticsearch.log_files,
    "exporter": lambda folder: (exporter.log_file(folder),),
    "prometheus": lambda folder: (prometheus.log_file(folder),),
    "grafana": lambda folder: (grafana.log_file(folder),),
}


def _until_answering(name: ServerName, process: subprocess.Popen[bytes], site: Site) -> Generator[None, None, None]:
    while not ANSWERS[name](site.ports[name]):
        if process.poll() is not None:
            raise _failure(name, site)
        yield
    let_live(process)


def _until_done(name: ServerName, process: subprocess.Popen[bytes], site: Site) -> Generator[None, None, None]:
    while process.poll() is None:
        yield
    if process.returncode != 0:
        raise _failure(name, site)


def _failure(name: ServerName, site: Site) -> SetupError:
    return _fault(f"{TITLES[name]} did not start", name, site.folder)


def _require_in_time(seconds: float, timeout: float, late: list[ServerName]) -> None:
    if late and seconds > timeout:
        raise SetupError(
            f"{' and '.join(TITLES[name] for name in late)} did not answer within {timeout:.0f} s: end what keeps this "
            f"machine busy, or raise TWEETPULSE_EMBEDDED__START_TIMEOUT; `tweetpulse down` ends what runs"
        )


def _info(name: ServerName, address: str, port: int, pid: int, version: str | None = None) -> ServerInfo:
    if name in ("kafka", "elasticsearch"):
        version = jars.version(name)
    return ServerInfo(
        name=name, address=address, port=port, version=version or __version__, pid=pid, started=started_at(pid)
    )

"""`up`, `down` and `status`: the servers on this machine."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.live import Live
from rich.table import Table

from pipeline.cli.app import app, err, out
from pipeline.cli.app import settings as current_settings
from pipeline.embedded import grafana, programs, prometheus, stack
from pipeline.embedded.discover import brought
from pipeline.embedded.info import ServerName, StackInfo
from pipeline.errors import ConfigError, SetupError
from pipeline.settings import Settings
from pipeline.tell import Tell

_PLAIN_SECONDS = 5.0
_MUCH = 20 * 10**9
_RETENTION = (
    "Kafka keeps at most 1 GB a partition. This Elasticsearch deletes nothing by age; it stops writing "
    "while the disk has less than 1 GB free. `tweetpulse down --delete-data` starts anew."
)

_OPTIONAL: Mapping[ServerName, tuple[Callable[[list[Path]], object], str]] = {
    "prometheus": (prometheus.find, prometheus.MISSING),
    "grafana": (lambda fetched: grafana.find(fetched=fetched), grafana.MISSING),
}
"""The way to find it among what is on PATH and what was downloaded, and to get it."""

Fetch = Annotated[
    bool | None,
    typer.Option(
        "--fetch/--no-fetch",
        help="Download the Prometheus and the Grafana that are missing, or do not; at a terminal it asks.",
    ),
]

KafkaPort = Annotated[int | None, typer.Option(min=0, max=65535, help="Where Kafka listens; 0 takes a free port.")]
ElasticsearchPort = Annotated[
    int | None, typer.Option(min=0, max=65535, help="Where Elasticsearch listens; 0 takes a free port.")
]
PrometheusPort = Annotated[int | None, typer.Option(min=0, max=65535, help="Where Prometheus listens; 0: a free port.")]
GrafanaPort = Annotated[int | None, typer.Option(min=0, max=65535, help="Where Grafana listens; 0 takes a free port.")]


@app.command()
def up(
    kafka_port: KafkaPort = None,
    elasticsearch_port: ElasticsearchPort = None,
    dashboards: Annotated[
        bool, typer.Option("--dashboards", help="Also Prometheus and Grafana, with the boards and the alerts.")
    ] = False,
    fetch: Fetch = None,
    prometheus_port: PrometheusPort = None,
    grafana_port: GrafanaPort = None,
) -> None:
    """Start a Kafka broker and an Elasticsearch on this machine, in the background, and the exporter of their lag."""
    settings = with_ports(
        current_settings(),
        kafka_port=kafka_port,
        elasticsearch_port=elasticsearch_port,
        prometheus_port=prometheus_port,
        grafana_port=grafana_port,
    )
    if dashboards:
        require_known_port(settings)
    own = brought(settings)
    for name in own:
        out.print(f"{name} is your own (its address is set): not started here")
    wanted = [name for name in stack.SERVERS if name not in own]
    if wanted:
        wanted.append("exporter")
        with progress() as tell:
            info = stack.start(settings, wanted, tell)
        _tell_started(info)
    if dashboards:
        fetch_dashboards(settings, fetch)
        with progress() as tell:
            found = start_dashboards(settings, tell)
        tell_dashboards(found, [name for name in stack.DASHBOARDS if name not in wanted])
    out.print(
        "next: tweetpulse run (and tweetpulse generate or replay); stop it all with tweetpulse down", soft_wrap=True
    )


@app.command()
def down(
    delete_data: Annotated[
        bool,
        typer.Option("--delete-data", help="Delete topics, documents and checkpoints too, also the last demo's."),
    ] = False,
) -> None:
    """Stop the servers that `up` started."""
    folder = current_settings().state_dir
    ended = stack.stop(folder, delete_data=delete_data)
    if delete_data and not stack.is_there(demo_folder(folder)):
        stack.stop(demo_folder(folder), delete_data=True)
    data = "data deleted" if delete_data else f"data kept in {folder}"
    out.print(f"{'stopped' if ended else 'nothing was running'}; {data}", soft_wrap=True)


@app.command()
def status(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Report whether the servers run, and those of a demo; the exit code is 0 if all run, else 3."""
    settings = current_settings()
    own, demo = brought(settings), demo_folder(settings.state_dir)
    servers = [server for server in stack.status(settings.state_dir) if server.name not in own]
    of_demo = [server for server in stack.status(demo) if server.name not in own] if stack.is_there(demo) else None
    if as_json:
        found = _all_shapes(settings.state_dir, servers)
        out.print_json(json.dumps(found | {"demo": None if of_demo is None else _all_shapes(demo, of_demo)}))
    else:
        _print_table(servers)
        _warn_of_size(servers)
        if of_demo is not None:
            _tell_demo(demo, of_demo)
    if any(server.state != "running" for server in servers):
        raise typer.Exit(3)


def demo_folder(state_dir: Path) -> Path:
    """Where a demo has its servers, apart from those of `up`."""
    return state_dir / "demo"


def with_ports(settings: Settings, **asked: int | None) -> Settings:
    """The settings with the ports of the embedded servers that were given as options."""
    update = {name: port for name, port in asked.items() if port is not None}
    return settings.model_copy(update={"embedded": settings.embedded.model_copy(update=update)})


def require_known_port(settings: Settings) -> None:
    """Check that Prometheus can be told where the stream will be.

    Raises:
        ConfigError: the settings leave its port to chance.
    """
    if settings.telemetry.stream_port == 0:
        raise ConfigError(
            "telemetry.stream_port is 0, a free port that Prometheus can't know: "
            "set TWEETPULSE_TELEMETRY__STREAM_PORT to one"
        )


def start_dashboards(settings: Settings, tell: Tell) -> StackInfo:
    """Start the exporter, and of Prometheus and Grafana what this machine has.

    Raises:
        SetupError: a port is taken, or a server died; it says which and why.
    """
    absent = absent_dashboards(settings)
    return stack.start(settings, [name for name in stack.DASHBOARDS if name not in absent], tell)


def absent_dashboards(settings: Settings) -> list[programs.Name]:
    """Those of Prometheus and Grafana that are neither on PATH nor downloaded."""
    return [name for name in programs.NAMES if not _OPTIONAL[name][0](programs.homes(settings.cache_dir, name))]


def fetch_dashboards(settings: Settings, fetch: bool | None) -> None:
    """Download what is missing of Prometheus and Grafana, if one wants it; what can't be had is said, and left out.

    `fetch`: None asks at a terminal, and downloads nothing elsewhere.
    """
    for name in absent_dashboards(settings):
        offer = programs.offer(name)
        if offer is None or not (_confirmed(name, offer) if fetch is None else fetch):
            continue
        with progress() as tell:
            try:
                programs.fetch(name, settings.cache_dir, tell)
            except SetupError as error:
                err.print(f"without {name}: {error.message}", markup=False, soft_wrap=True)


def _confirmed(name: str, offer: str) -> bool:
    return sys.stdin.isatty() and err.is_terminal and typer.confirm(f"{name} is missing. Download {offer}?", err=True)


def tell_dashboards(info: StackInfo, names: Iterable[ServerName] = stack.DASHBOARDS) -> None:
    """Say where they are, and how to get what is missing."""
    for name in names:
        server = info.find(name)
        if server:
            out.print(f"{name} {server.version}: {server.address}", soft_wrap=True)
        elif name in _OPTIONAL:
            out.print(_OPTIONAL[name][1], soft_wrap=True)


@contextmanager
def progress() -> Iterator[Tell]:
    """Show on standard error what each part is doing: live at a terminal, else as lines, not too many.

    What is printed to the terminal meanwhile stands above it.
    """
    if not err.is_terminal:
        yield _lines()
        return
    doing: dict[str, str] = {}
    with Live(console=err, refresh_per_second=8) as live:

        def tell(part: str, what: str) -> None:
            doing[part] = what
            live.update(_grid(doing))

        yield tell


def _lines() -> Tell:
    last: dict[str, tuple[str, float]] = {}

    def tell(part: str, what: str) -> None:
        before, when = last.get(part, ("", 0.0))
        # What stands before a colon names the step, and what follows it is a count that goes up.
        kind = what.split(":")[0]
        if kind != before or time.monotonic() - when > _PLAIN_SECONDS:
            last[part] = (kind, time.monotonic())
            err.print(f"{part}: {what}", markup=False, soft_wrap=True)

    return tell


def _grid(doing: dict[str, str]) -> Table:
    table = Table.grid(padding=(0, 2))
    for part, what in doing.items():
        table.add_row(part, what)
    return table


def _tell_started(info: StackInfo) -> None:
    for server in info.servers:
        if server.name in (*stack.SERVERS, "exporter"):
            out.print(f"{server.name} {server.version}: {server.address}", soft_wrap=True)
    servers = stack.status(info.state_dir)
    if info.find("elasticsearch"):
        used = sum(server.size_bytes for server in servers)
        out.print(f"disk: {used / 1e6:,.0f} MB used. {_RETENTION}", soft_wrap=True)
        _warn_of_size(servers)


def _warn_of_size(servers: list[stack.ServerStatus]) -> None:
    used = sum(server.size_bytes for server in servers)
    if used > _MUCH:
        err.print(
            f"the stack's data takes {used / 1e9:.0f} GB: `tweetpulse down --delete-data` frees it", soft_wrap=True
        )


def _print_table(servers: list[stack.ServerStatus]) -> None:
    table = Table("server", "state", "address", "version", "process", "size", box=None, pad_edge=False)
    for server in servers:
        shape = _shape(server)
        cells = [shape[key] for key in ("address", "version", "pid")]
        table.add_row(server.name, server.state, *(str(c or "-") for c in cells), f"{server.size_bytes / 1e6:,.0f} MB")
    out.print(table)
    for server in servers:
        if server.cause:
            err.print(
                f"{server.name} died: {server.cause}; `tweetpulse up` starts it again", markup=False, soft_wrap=True
            )


def _tell_demo(folder: Path, servers: list[stack.ServerStatus]) -> None:
    """Its servers are known when all of them have started."""
    if any(server.info for server in servers):
        out.print(f"\na demo runs in {folder}:", markup=False, soft_wrap=True)
        _print_table(servers)
    else:
        out.print(f"\na demo is starting, or ending, in {folder}", markup=False, soft_wrap=True)


def _all_shapes(state_dir: Path, servers: list[stack.ServerStatus]) -> dict[str, Any]:
    return {"state_dir": str(state_dir), "servers": [_shape(server) for server in servers]}


def _shape(server: stack.ServerStatus) -> dict[str, Any]:
    info = server.info
    return {
        "name": server.name,
        "state": server.state,
        "address": info.address if info else None,
        "version": info.version if info else None,
        "pid": info.pid if info and server.state in ("running", "not answering") else None,
        "cause": server.cause,
        "size_bytes": server.size_bytes,
    }

"""`watch`: the numbers of the boards in a terminal, for whoever has no Grafana."""

from __future__ import annotations

import ssl
import time
import urllib.request
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.client import HTTPException
from itertools import islice
from typing import Annotated

import typer
from rich.live import Live

from pipeline.cli.app import app, out
from pipeline.cli.app import settings as current_settings
from pipeline.cli.watch_screen import line, screen
from pipeline.cli.watch_view import Look, Page, View, parse, view
from pipeline.embedded.discover import exporter_url as embedded_exporter
from pipeline.errors import ConfigError
from pipeline.metrics_server import authorization
from pipeline.settings import TelemetrySettings

HISTORY = 60
TIMEOUT = 2.0
"""Seconds that a page may take."""

_STARTERS = {"stream": "tweetpulse run", "exporter": "tweetpulse-exporter"}
MAX_PAGE_BYTES = 50_000_000
"""Bytes of the longest page that is read; ours are shorter."""

Url = Annotated[str | None, typer.Option(help="The address of its /metrics, if it differs from the settings.")]


@app.command()
def watch(
    stream_url: Url = None,
    exporter_url: Url = None,
    interval: Annotated[float, typer.Option(min=0.1, help="Seconds between two updates.")] = 1.0,
    once: Annotated[bool, typer.Option("--once", help="Update twice, show the result, and end.")] = False,
) -> None:
    """Show throughput, lag, errors and sentiment live, until Ctrl-C."""
    settings = current_settings()
    telemetry = settings.telemetry
    urls = {
        "stream": stream_url or metrics_url(telemetry, telemetry.stream_port, "stream"),
        "exporter": exporter_url
        or embedded_exporter(settings)
        or metrics_url(telemetry, telemetry.exporter_port, "exporter"),
    }
    views = seen(urls, interval, opener=opener_of(telemetry))
    try:
        # The first view has no rates yet.
        show(islice(views, 1, 2) if once else views, urls)
    except KeyboardInterrupt:
        return


def metrics_url(telemetry: TelemetrySettings, port: int, name: str) -> str:
    """The address of a page, by the settings.

    Raises:
        ConfigError: the settings leave the port to chance.
    """
    if port == 0:
        raise ConfigError(f"telemetry.{name}_port is 0, a free port that nobody knows: give --{name}-url")
    return f"{'https' if telemetry.certificate_file else 'http'}://{telemetry.host}:{port}/metrics"


def opener_of(telemetry: TelemetrySettings) -> urllib.request.OpenerDirector:
    """Requests pages with the user and the password of the settings, if there are any.

    Raises:
        ConfigError: the CA's file can't be used, or there is half of a user and a password.
    """
    try:
        trust = ssl.create_default_context(cafile=telemetry.ca_file)
    except OSError:
        raise ConfigError(f"{telemetry.ca_file} is no file of a CA: mend TWEETPULSE_TELEMETRY__CA_FILE") from None
    # A proxy of the environment can't reach this machine's loopback.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trust))
    if header := authorization(telemetry):
        opener.addheaders.append(("Authorization", header))
    return opener


_OPENER = opener_of(TelemetrySettings())


def seen(
    urls: dict[str, str],
    interval: float,
    *,
    opener: urllib.request.OpenerDirector = _OPENER,
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[View]:
    """A view every so many seconds, without end."""
    before: Look | None = None
    with ThreadPoolExecutor(len(urls)) as pool:
        while True:
            begun = clock()
            # Side by side, so that a slow page does not put the other one off.
            stream, exporter = pool.map(partial(read, opener=opener), urls.values())
            now = Look(clock(), stream, exporter)
            yield view(before, now)
            before = now
            sleep(max(0.0, interval - (clock() - begun)))


def read(url: str, opener: urllib.request.OpenerDirector = _OPENER) -> Page | None:
    """A page; None if nothing answers there in time, or something else does."""
    try:
        with opener.open(url, timeout=TIMEOUT) as answer:
            return parse(answer.read(MAX_PAGE_BYTES).decode())
    except (OSError, HTTPException, ValueError):
        return None


def notes(view: View, urls: dict[str, str]) -> list[str]:
    """Lines on what is missing, and on what to do about it."""
    lines = [
        f"{name}: not reachable at {url} — start it with `{_STARTERS[name]}`"
        for (name, url), reachable in zip(urls.items(), view.reachable, strict=True)
        if not reachable
    ]
    if view.broken:
        lines.append(f"exporter: it can't tell about {', '.join(view.broken)} now; its log says why")
    return lines


def show(views: Iterator[View], urls: dict[str, str]) -> None:
    """Draw at a terminal; else print a line for each view, and each note once when it comes up."""
    if out.is_terminal:
        _draw(views, urls)
    else:
        _print(views, urls)


def _draw(views: Iterator[View], urls: dict[str, str]) -> None:
    history: deque[View] = deque(maxlen=HISTORY)
    with Live(console=out, auto_refresh=False, redirect_stdout=False) as live:
        for now in views:
            history.append(now)
            live.update(screen(history, notes(now, urls)), refresh=True)


def _print(views: Iterator[View], urls: dict[str, str]) -> None:
    said: list[str] = []
    for now in views:
        current = notes(now, urls)
        for note in current:
            if note not in said:
                out.print(note, markup=False, soft_wrap=True)
        said = current
        out.print(line(now), markup=False, soft_wrap=True)

"""Measures a drain while both /metrics pages are scraped each second, for every other batch of one run.

python -m bench scraped
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from rich.console import Console

from bench.drain import drain, fill
from bench.servers import environment, running
from pipeline.cli.stack import progress
from pipeline.embedded.ports import HOST, free_port
from pipeline.settings import Settings

BATCH = 10_000
COLD_BATCHES = 4


@dataclass(frozen=True, slots=True)
class Figures:
    """Tweets per second of the batches (medians) with scrapes and without, and how many pages were read."""

    scraped: float
    unscraped: float
    pages: int


class Scraper:
    """Reads both pages each second, while `on`."""

    def __init__(self, urls: list[str]) -> None:
        self.on = threading.Event()
        self.pages = 0
        self._urls = urls
        self._stop = threading.Event()

    @contextmanager
    def running(self) -> Iterator[None]:
        """In the background, as long as the block runs."""
        thread = threading.Thread(target=self._run, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join(timeout=30)

    def _run(self) -> None:
        while not self._stop.wait(1.0):
            for url in self._urls if self.on.is_set() else ():
                with urllib.request.urlopen(url, timeout=10) as page:
                    self.pages += bool(page.read())


def run() -> Figures:
    """Measure, print and return."""
    with progress() as tell, running(tell) as (info, given):
        settings = _prepared(given)
        fill(settings, tell)
        telemetry = settings.telemetry
        urls = [f"http://{HOST}:{port}/metrics" for port in (telemetry.stream_port, telemetry.exporter_port)]
        scraper = Scraper(urls)
        with _exporter(settings), scraper.running():
            _, batches, _ = drain(info, settings, tell, lambda done: _toggle(scraper, done))
        full = [batch for batch in batches if batch.read > BATCH / 2]
        # The first of these batches is without scrapes. In turns, a machine that gets slower meets both kinds alike.
        rates = [now.read / (now.when - before.when) for before, now in pairwise(full)][COLD_BATCHES - 1 :]
    figures = Figures(scraped=median(rates[1::2]), unscraped=median(rates[0::2]), pages=scraper.pages)
    Console(highlight=False).print(
        f"scraped {figures.scraped:,.0f} tweets/s, not scraped {figures.unscraped:,.0f} tweets/s: "
        f"{figures.scraped / figures.unscraped:.2f} ×, {figures.pages} pages read"
    )
    return figures


def _prepared(settings: Settings) -> Settings:
    ports = {"stream_port": free_port(), "exporter_port": free_port()}
    return settings.model_copy(
        update={
            "telemetry": settings.telemetry.model_copy(update=ports),
            "stream": settings.stream.model_copy(update={"max_offsets_per_trigger": BATCH}),
        }
    )


def _toggle(scraper: Scraper, done: int) -> None:
    """After an even number of batches beyond the cold ones comes one that is not scraped."""
    if done >= COLD_BATCHES and (done - COLD_BATCHES) % 2:
        scraper.on.set()
    else:
        scraper.on.clear()


@contextmanager
def _exporter(settings: Settings) -> Iterator[None]:
    command = [sys.executable, "-m", "exporters"]
    variables = os.environ | environment(settings)
    with subprocess.Popen(command, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.terminate()

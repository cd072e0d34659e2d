"""A full topic drained by the stream, in turns with the archive at work on the same topic and without it.

    python -m bench archive

Everything is on this machine, so that both share its processors. Of each round the full batches after the first count.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median

from rich.console import Console
from rich.table import Table

from bench.drain import TWEETS, drain, fill, full_batches, require_all, warm_rate
from bench.servers import environment, named, running
from bench.tweets import kind
from pipeline import bootstrap
from pipeline.cli.stack import progress
from pipeline.embedded.info import StackInfo
from pipeline.embedded.ports import HOST, free_port
from pipeline.settings import Settings
from pipeline.tell import Tell

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
"""Of each kind."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Rates of the stream, in tweets per second, a number for each round.

    Attributes:
        alone, beside: without the archive, and with it.
        archived: records that the archive had committed when the stream was done, of each round with it.
        ratio: the median of the rounds with the archive relative to the median of those without.
    """

    tweets: int
    alone: list[float]
    beside: list[float]
    archived: list[float]
    ratio: float


def run() -> Figures:
    """Measure, print and return."""
    alone, beside, archived = list[float](), list[float](), list[float]()
    with progress() as tell, running(tell) as (info, settings):
        fill(settings, tell)
        # In turns, a machine that gets slower meets both kinds alike; one round first, in which servers warm up.
        _round(info, _of_round(settings, "warming"), tell)
        for number in range(ROUNDS):
            alone.append(_round(info, _of_round(settings, f"alone{number}"), tell))
            with_it = _of_round(settings, f"beside{number}")
            with _archiving(with_it, tell):
                beside.append(_round(info, with_it, tell))
                archived.append(_archived(with_it))
    figures = Figures(TWEETS, alone, beside, archived, median(beside) / median(alone))
    _print(figures)
    return figures


def _of_round(settings: Settings, name: str) -> Settings:
    """The same topic, with documents, a checkpoint and an archive of its own."""
    state = settings.state_dir
    checkpoint, archive = state / f"checkpoint-{name}", str(state / f"archive-{name}")
    return named(settings, name).model_copy(
        update={
            "stream": settings.stream.model_copy(update={"checkpoint": checkpoint}),
            "archive": settings.archive.model_copy(update={"uri": archive, "storage_options": {}}),
            "telemetry": settings.telemetry.model_copy(update={"archive_port": free_port()}),
        }
    )


def _round(info: StackInfo, settings: Settings, tell: Tell) -> float:
    """Drain the topic; tweets per second of the full batches but the first."""
    bootstrap.set_up(settings)
    _, finished, _ = drain(info, settings, tell)
    require_all(settings)
    return warm_rate(full_batches(finished, settings))


@contextmanager
def _archiving(settings: Settings, tell: Tell) -> Iterator[None]:
    """The archive's reader as a process of its own, from the topic's beginning, as long as the block runs."""
    variables = os.environ | environment(settings)
    command = [sys.executable, "-m", "pipeline", "archive", "run"]
    with subprocess.Popen(command, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            while not _answers(settings):
                if process.poll() is not None:
                    sys.exit("bench: the archive's reader ended")
                time.sleep(0.1)
            tell("archive", "reads")
            yield
        finally:
            process.terminate()


def _answers(settings: Settings) -> bool:
    return bool(_page(settings))


def _archived(settings: Settings) -> float:
    found = re.search(r"^tweetpulse_archive_records_total (\S+)$", _page(settings), re.MULTILINE)
    return float(found[1]) if found else 0.0


def _page(settings: Settings) -> str:
    try:
        with urllib.request.urlopen(f"http://{HOST}:{settings.telemetry.archive_port}/metrics", timeout=5) as page:
            return str(page.read().decode())
    except OSError:
        return ""


def _print(figures: Figures) -> None:
    table = Table(f"{figures.tweets:,} {kind()}, tweets/s", "rounds", "median", box=None, pad_edge=False)
    rows = {"the stream alone": figures.alone, "with the archive beside it": figures.beside}
    for name, rates in rows.items():
        table.add_row(name, ", ".join(f"{rate:,.0f}" for rate in rates), f"{median(rates):,.0f}")
    console = Console(highlight=False)
    console.print(table)
    archived = ", ".join(f"{count:,.0f}" for count in figures.archived)
    console.print(f"with the archive {figures.ratio:.0%} of the rate; archived meanwhile: {archived}")

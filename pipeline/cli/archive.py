"""`archive`: keep every record of the topic of tweets in a Delta table."""

from __future__ import annotations

import threading
from typing import Annotated

import typer

from pipeline import bootstrap
from pipeline.cli.app import app, err, out
from pipeline.cli.app import settings as current_settings
from pipeline.cli.signals import on_signals
from pipeline.embedded.discover import with_embedded
from pipeline.extras import require

archive = typer.Typer(no_args_is_help=True, help="Keep every record of the topic of tweets in a Delta table.")
app.add_typer(archive, name="archive")


@archive.command()
def run(
    once: Annotated[bool, typer.Option("--once", help="Archive the records in Kafka, then end.")] = False,
) -> None:
    """Archive the records of the topic of tweets, each once, until Ctrl-C or SIGTERM."""
    require("archive")
    settings, stop = with_embedded(current_settings()), threading.Event()
    with on_signals(stop, _finishing), bootstrap.archiving(settings, stop) as (archiving, events, url):
        err.print(f"archive: {settings.archive_uri}; metrics at {url}", markup=False, soft_wrap=True)
        archiving.until_stopped(once=once)
    out.print(f"archived {events.total:,} records")


def _finishing() -> None:
    err.print("committing the batch in hand ...")

"""`reprocess`: score archived tweets again, into another namespace."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import ValidationError

from pipeline import bootstrap
from pipeline.cli.app import app, err, out
from pipeline.cli.app import settings as current_settings
from pipeline.cli.signals import on_signals
from pipeline.embedded.discover import with_embedded
from pipeline.errors import ConfigError, SinkUnavailable
from pipeline.extras import require

if TYPE_CHECKING:
    from pipeline.reprocess.progress import Progress
    from pipeline.settings import Settings

PLAIN_SECONDS = 10.0
"""Seconds between two lines of progress where there is no terminal."""


@app.command()
def reprocess(
    namespace: Annotated[str, typer.Option(help="The namespace that is written to: another than that of the stream.")],
    since: Annotated[
        str | None,
        typer.Option("--from", help="The first day, by the time in Kafka; the first of all if not given."),
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", help="The day before which it ends; all that is archived if not given.")
    ] = None,
    switch: Annotated[
        bool, typer.Option("--switch", help="Point the alias tweetpulse-tweets at the namespace, if the counts agree.")
    ] = False,
) -> None:
    """Score archived tweets again with today's scorers and champions, into another namespace.

    Ended at any moment, the same command goes on where it was.
    """
    require("archive")
    require("stream")
    from pipeline.reprocess.windows import Days

    days = Days.parse(since, until)
    settings, stop = into(with_embedded(current_settings()), namespace), threading.Event()
    with (
        on_signals(stop, _finishing),
        progress() as tell,
        bootstrap.reprocessing(settings, stop, tell, _waits) as run,
    ):
        done = run.run(days)
        documents = run.require_agreement(done)
    out.print(
        f"read {done.read:,} records: {done.indexed:,} indexed, {done.already_there:,} already there, "
        f"{done.rejected:,} rejected; {documents:,} tweets in the namespace {namespace}",
        soft_wrap=True,
    )
    if switch:
        for change in bootstrap.set_up_store(settings, switch=True).changes:
            out.print(change, markup=False, soft_wrap=True)


def into(settings: Settings, namespace: str) -> Settings:
    """The settings with another namespace.

    Raises:
        ConfigError: it is none, or the stream's own.
    """
    section = settings.elasticsearch
    if namespace == section.namespace:
        raise ConfigError(
            f"--namespace {namespace} is the namespace of the settings, and documents that are there are not written "
            "again: name another"
        )
    try:
        changed = type(section)(**dict(section) | {"namespace": namespace})
    except ValidationError:
        raise ConfigError(f"--namespace {namespace!r} is none: small letters, digits, _ and .") from None
    return settings.model_copy(update={"elasticsearch": changed})


@contextmanager
def progress() -> Iterator[Callable[[Progress], None]]:
    """What to call with the progress: a line that changes, or lines."""
    with err.status("") as status:
        last = [0.0]

        def tell(now: Progress) -> None:
            told = f"{now.read:,} of {now.rows:,} records"
            if err.is_terminal:
                status.update(told)
            elif time.monotonic() - last[0] > PLAIN_SECONDS:
                last[0] = time.monotonic()
                err.print(told)

        yield tell


def _waits(error: SinkUnavailable) -> None:
    err.print(f"waiting: {error.message}", markup=False, soft_wrap=True)


def _finishing() -> None:
    err.print("finishing the part in hand ...")

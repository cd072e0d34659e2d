"""`collect`: tweets from a live source, until Ctrl-C or SIGTERM."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from pipeline import bootstrap
from pipeline.cli.app import app, err, out
from pipeline.cli.app import settings as current_settings
from pipeline.cli.publishing import summarize
from pipeline.cli.signals import on_signals
from pipeline.embedded.discover import with_embedded
from pipeline.errors import ConfigError
from pipeline.kafka.publisher import Published
from pipeline.settings import Settings
from pipeline.sources.live.runtime import MakeSource
from pipeline.sources.load import load_source

PLAIN_SECONDS = 10.0
"""Seconds between two lines where there is no terminal: a process that runs for weeks must not fill a log."""

ShowProgress = Callable[[Published], None]

collect = typer.Typer(help="Publish tweets from a live source, until Ctrl-C or SIGTERM.", invoke_without_command=True)
app.add_typer(collect, name="collect")


@collect.callback()
def own(
    context: typer.Context,
    source: Annotated[
        str | None, typer.Option(metavar="MODULE:CLASS", help="A source of your own; see docs/sources.md.")
    ] = None,
) -> None:
    """Publish tweets from a live source, until Ctrl-C or SIGTERM."""
    if context.invoked_subcommand is not None:
        if source:
            raise ConfigError(f"--source and {context.invoked_subcommand} are two sources: name one")
        return
    if source is None:
        out.print(context.get_help(), markup=False)
        raise typer.Exit(2)
    name, make = load_source(source)
    collect_from(current_settings(), name, make)


def collect_from(settings: Settings, name: str, make: MakeSource) -> Published:
    """Collect from a live source until a signal, or until it ends; show how it goes, and say what came of it.

    Args:
        settings: all of them; the embedded stack is found, where no address is set.
        name: of the source.
        make: makes it, told whom to tell what happens.

    Raises:
        ConfigError: a credential is wrong.
        SetupError: the broker does not answer, or the port of /metrics is taken.
        SourceError: the source can't go on.
    """
    settings = with_embedded(settings)
    stop = threading.Event()
    last = Published()
    with on_signals(stop, _finishing), bootstrap.collection(settings, name, make, stop) as collection:
        for warning in bootstrap.topic_of_tweets(settings).warnings:
            err.print(f"warning: {warning}", markup=False, soft_wrap=True)
        err.print(f"collecting from {name}; metrics at {collection.url}", soft_wrap=True)
        try:
            with _progress(name) as tell:

                def told(done: Published) -> None:
                    nonlocal last
                    last = done
                    tell(done)

                collection.run(told)
        finally:
            out.print(summarize(last, settings.kafka.tweets_topic), soft_wrap=True)
            if collection.unacknowledged:
                err.print(f"Kafka has not acknowledged {collection.unacknowledged:,} more", soft_wrap=True)
    return last


def _finishing() -> None:
    err.print("publishing what was read ...")


@contextmanager
def _progress(name: str) -> Iterator[ShowProgress]:
    if not err.is_terminal:
        yield lines(name)
        return
    text = TextColumn("{task.description}: {task.fields[tweets]:,} tweets, {task.fields[rate]:,.1f}/s")
    with Progress(SpinnerColumn(), text, TimeElapsedColumn(), console=err, transient=True) as bar:
        task = bar.add_task(name, total=None, tweets=0, rate=0.0)
        pace = Pace()

        def tell(done: Published) -> None:
            if (rate := pace.of(done, 2.0)) is not None:
                bar.update(task, tweets=done.tweets, rate=rate)

        yield tell


def lines(name: str) -> ShowProgress:
    """Prints a line every so many seconds, if there is something new to say."""
    pace, said = Pace(), 0

    def tell(done: Published) -> None:
        nonlocal said
        rate = pace.of(done, PLAIN_SECONDS)
        if rate is not None and done.tweets != said:
            said = done.tweets
            err.print(f"{name}: {done.tweets:,} tweets, {rate:,.1f}/s", soft_wrap=True)

    return tell


class Pace:
    """Tweets per second of late: over a run of weeks an average says nothing."""

    def __init__(self) -> None:
        self._before = Published()

    def of(self, done: Published, seconds: float) -> float | None:
        """The rate since it was last asked, once so many seconds have passed; None before."""
        passed = done.seconds - self._before.seconds
        if passed < seconds:
            return None
        rate = (done.tweets - self._before.tweets) / passed
        self._before = done
        return rate

"""`windows`: the long series, as a process of its own."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Annotated

import typer

from pipeline import bootstrap
from pipeline.cli.app import app, err, out
from pipeline.cli.signals import on_signals
from pipeline.cli.stack import progress
from pipeline.cli.stream import AcceptDataLoss, NoSetup, finishing, query_settings, quiet_at_a_terminal
from pipeline.extras import require
from pipeline.settings import Settings
from pipeline.telemetry.windows import AHEAD, COUNTED, LATE, REPEATED, UNREADABLE, WindowsEvents


@app.command()
def windows(
    once: Annotated[bool, typer.Option("--once", help="Count the scored tweets in Kafka, then end.")] = False,
    no_setup: NoSetup = False,
    accept_data_loss: AcceptDataLoss = False,
) -> None:
    """Keep the long series: numbers of the scored tweets by minute and hour, until Ctrl-C or SIGTERM."""
    require("stream")
    settings = query_settings(accept_data_loss=accept_data_loss)
    events = keep(settings, once=once, prepare=not no_setup)
    out.print(summary(events.records), soft_wrap=True)


def keep(settings: Settings, *, once: bool, prepare: bool = True) -> WindowsEvents:
    """Run the query in this process; the events of the run. `prepare` needs the privileges of set-up."""
    stop = threading.Event()
    quiet_at_a_terminal(settings)
    with on_signals(stop, finishing), progress() as tell:
        if prepare:
            bootstrap.set_up(settings)
        tell("windows", "starting Spark")
        with bootstrap.windows(settings, stop, tell) as (run, url):
            tell("windows", f"runs; metrics at {url}")
            if err.is_terminal:
                run.events.on_batch = lambda: tell("tweets", summary(run.events.records))
            run.until_ended(once=once)
            return run.events


def summary(records: Mapping[str, int]) -> str:
    """The counts of this run, in one line."""
    return (
        f"read {sum(records.values()):,} scored tweets: {records.get(COUNTED, 0):,} counted, "
        f"{records.get(REPEATED, 0):,} repeated, {records.get(LATE, 0):,} late, {records.get(AHEAD, 0):,} dated ahead, "
        f"{records.get(UNREADABLE, 0):,} unreadable"
    )

"""`setup` and `run`: prepare the servers, and score and index what comes."""

from __future__ import annotations

import threading
from typing import Annotated

import typer

from pipeline import bootstrap, log
from pipeline.cli.app import app, err, out
from pipeline.cli.app import settings as current_settings
from pipeline.cli.noting import noted_run
from pipeline.cli.signals import on_signals
from pipeline.cli.stack import progress
from pipeline.domain.document import SCORED, data_stream
from pipeline.domain.outcome import Outcome
from pipeline.embedded.discover import with_embedded
from pipeline.extras import require
from pipeline.settings import Settings
from pipeline.sinks.elasticsearch.setup import SetupReport
from pipeline.telemetry.events import StreamEvents
from pipeline.tell import Tell

NoSetup = Annotated[
    bool, typer.Option("--no-setup", help="Leave topics and templates as `tweetpulse setup` made them.")
]
AcceptDataLoss = Annotated[
    bool, typer.Option("--accept-data-loss", help="Continue although Kafka has deleted unread records.")
]


@app.command()
def setup(
    switch: Annotated[
        bool, typer.Option("--switch", help="Point the alias tweetpulse-tweets at this namespace.")
    ] = False,
    alter_topics: Annotated[
        bool,
        typer.Option(
            "--alter-topics", help="Set kafka.retention_hours and the broker's timestamps on existing topics."
        ),
    ] = False,
) -> None:
    """Create topics, templates, data streams and the alias, repair those that differ, and print the differences."""
    report = bootstrap.set_up(with_embedded(current_settings()), switch=switch, alter_topics=alter_topics)
    for change in report.changes:
        out.print(change, markup=False, soft_wrap=True)
    _warn(report)
    if not (report.changes or report.warnings):
        out.print("nothing to do: all is there, as it should be")


@app.command()
def run(
    once: Annotated[bool, typer.Option("--once", help="Process the records in Kafka, then end.")] = False,
    no_setup: NoSetup = False,
    accept_data_loss: AcceptDataLoss = False,
) -> None:
    """Score the tweets in Kafka and index them into Elasticsearch, until Ctrl-C or SIGTERM."""
    require("stream")
    settings = query_settings(accept_data_loss=accept_data_loss)
    total = drain(settings, once=once, prepare=not no_setup)
    out.print(summary(total, settings), soft_wrap=True)


def query_settings(*, accept_data_loss: bool) -> Settings:
    """The settings of a query, with the servers of `up` where none are named."""
    settings = with_embedded(current_settings())
    if not accept_data_loss:
        return settings
    return settings.model_copy(update={"stream": settings.stream.model_copy(update={"accept_data_loss": True})})


def drain(settings: Settings, *, once: bool, prepare: bool = True) -> Outcome:
    """Run the stream in this process; what became of its records. `prepare` needs the privileges of set-up."""
    stop = threading.Event()
    quiet_at_a_terminal(settings)
    with on_signals(stop, finishing), progress() as tell:
        if prepare:
            _warn(bootstrap.set_up(settings))
        tell("stream", "starting Spark")
        with bootstrap.stream(settings, stop, tell, prepare=prepare) as (stream_run, url):
            tell("stream", f"runs; metrics at {url}")
            if err.is_terminal:
                _show_progress(stream_run.events, settings, tell)
            with noted_run(settings):
                return stream_run.until_ended(once=once)


def quiet_at_a_terminal(settings: Settings) -> None:
    """There one line that changes stands for a line a batch; a level of logs that was set stays."""
    if err.is_terminal and "level" not in settings.log.model_fields_set:
        log.configure(settings.log.model_copy(update={"level": "warning"}))


def _show_progress(events: StreamEvents, settings: Settings, tell: Tell) -> None:
    events.on_batch = lambda total: tell("records", summary(total, settings))


def summary(total: Outcome, settings: Settings) -> str:
    """The counts of this run, in one line."""
    accounting = total.accounting(data_stream(SCORED, settings.elasticsearch.namespace))
    return (
        f"read {accounting.read:,} records: {accounting.indexed:,} indexed, "
        f"{accounting.already_there:,} already there, {accounting.rejected:,} rejected"
    )


def finishing() -> None:
    """Say what a first Ctrl-C has begun."""
    err.print("finishing the batch in flight ...")


def _warn(report: SetupReport) -> None:
    for warning in report.warnings:
        err.print(f"warning: {warning}", markup=False, soft_wrap=True)

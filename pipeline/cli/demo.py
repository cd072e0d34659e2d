"""`demo`: the whole pipeline on real parts, from nothing to a summary, with no key and no data of yours."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from pipeline import bootstrap, log
from pipeline.cli import inputs
from pipeline.cli.app import app, out
from pipeline.cli.app import settings as current_settings
from pipeline.cli.demo_summary import ENTITIES, Drained, summarize_demo
from pipeline.cli.noting import noted_run
from pipeline.cli.publishing import Noted, summarize, tell_spoilt, tell_unreadable
from pipeline.cli.signals import on_signals
from pipeline.cli.stack import (
    Fetch,
    demo_folder,
    fetch_dashboards,
    progress,
    start_dashboards,
    tell_dashboards,
)
from pipeline.cli.stream import finishing
from pipeline.domain.document import SCORED, data_stream
from pipeline.domain.outcome import Outcome
from pipeline.embedded import stack
from pipeline.embedded.discover import brought, with_embedded
from pipeline.embedded.guard import guarded
from pipeline.embedded.info import ServerName
from pipeline.embedded.ports import free_port, is_free
from pipeline.errors import PipelineError, SetupError
from pipeline.extras import require
from pipeline.jvm.java import ensure_java
from pipeline.kafka.publisher import Published
from pipeline.settings import Settings
from pipeline.sinks.elasticsearch.tally import Tally, tallies
from pipeline.sources.pacing import Clock, when_written
from pipeline.sources.phrases import BRANDS
from pipeline.sources.replay import ReplayOptions, Span
from pipeline.sources.replay import replay as replayed
from pipeline.sources.several import span_of
from pipeline.sources.source import Item, Source
from pipeline.sources.synthetic import Synthetic
from pipeline.tell import Tell

HISTORY = timedelta(hours=6)
LIVE_RATE = 50.0


@app.command()
def demo(
    keep: Annotated[
        bool,
        typer.Option("--keep", help="Keep it running and fed until Ctrl-C, with the last demo's data."),
    ] = False,
    file: Annotated[
        list[Path] | None,
        typer.Option(help="Your own tweets instead: CSV or JSON, a folder, or -; repeatable.", readable=False),
    ] = None,
    layout: inputs.Layout = "auto",
    columns: inputs.Columns = None,
    tweets: Annotated[int, typer.Option(min=1, help="How many to invent.")] = 20_000,
    fetch: Fetch = None,
) -> None:
    """Start real servers, publish tweets, score and index them, and say what came of it."""
    require("stream")
    settings = _demo_settings(current_settings(), file)
    log.configure(settings.log)
    if keep:
        fetch_dashboards(settings, fetch)
    if not file:
        _demonstrate(settings, None, None, keep=keep, tweets=tweets)
        return
    with inputs.opened(file, layout, columns, current_settings()) as source:
        _demonstrate(settings, source, span_of(source), keep=keep, tweets=tweets)


def _demonstrate(settings: Settings, source: Source | None, span: Span | None, *, keep: bool, tweets: int) -> None:
    """Everything from the start of the servers to the summary; of invented tweets, where there is no source."""
    stop = threading.Event()
    with guarded(settings.state_dir), progress() as tell:
        ensure_java(tell)
        own = brought(settings)
        goes_on = keep and source is None and not own and stack.has_data(settings.state_dir)
        stack.stop(settings.state_dir, delete_data=not goes_on)
        _start_servers(settings, own, tell)
        settings = with_embedded(settings)
        # On a server of one's own the alias stays where it is.
        bootstrap.set_up(settings, switch="elasticsearch" not in own)
        start = datetime.now(UTC)
        # What is there now is not of this run, but of the last demo, or on a server of one's own.
        before = _count(settings) if goes_on else 0
        if goes_on:
            out.print(f"goes on with the {before:,} tweets of the last demo", soft_wrap=True)
        else:
            _publish_first(settings, source, _first(source, span, start, tweets), tell)
        if keep:
            out.print(f"Elasticsearch: {settings.elasticsearch.url}  Kafka: {settings.kafka.bootstrap_servers}")
            _show(settings, tell)
            with noted_run(settings), _fed(settings, Synthetic(start=datetime.now(UTC), rate=LIVE_RATE, seed=2), stop):
                drained = _drain(settings, stop, tell, once=False)
        else:
            drained = _drain(settings, stop, tell, once=True)
        # To a server of one's own others may write at the same time.
        held = None if "elasticsearch" in own else _count(settings) - before
        found = _tallies(settings, start)
    summarize_demo(drained, *found, settings)
    _require_balance(drained.outcome, settings, held)


def _demo_settings(settings: Settings, file: Sequence[Path] | None) -> Settings:
    """A stack of its own, on the usual ports where they are free; the invented brands are tracked."""
    embedded, telemetry, scoring = settings.embedded, settings.telemetry, settings.scoring
    servers = ("kafka_port", "elasticsearch_port", "prometheus_port", "grafana_port")
    pages = ("stream_port", "exporter_port")
    entities = {brand.name: (brand.name,) for brand in BRANDS}
    return settings.model_copy(
        update={
            "state_dir": demo_folder(settings.state_dir),
            "embedded": embedded.model_copy(update={name: _usual_or_free(getattr(embedded, name)) for name in servers}),
            "telemetry": telemetry.model_copy(
                update={name: _usual_or_free(getattr(telemetry, name)) for name in pages}
            ),
            "scoring": scoring if scoring.entities or file else scoring.model_copy(update={"entities": entities}),
            # A server that has just started may be slow for a while, and nobody waits for an alert here.
            "elasticsearch": settings.elasticsearch.model_copy(update={"request_timeout": 60.0}),
            "log": settings.log.model_copy(update={"level": "warning", "format": "console"}),
        }
    )


def _usual_or_free(port: int) -> int:
    return port if port and is_free(port) else free_port()


def _start_servers(settings: Settings, own: tuple[ServerName, ...], tell: Tell) -> None:
    wanted = [name for name in stack.SERVERS if name not in own]
    if wanted:
        stack.start(settings, wanted, tell)


def _show(settings: Settings, tell: Tell) -> None:
    """Start the dashboards; without them the demo goes on."""
    try:
        tell_dashboards(start_dashboards(settings, tell))
    except SetupError as error:
        out.print(f"no dashboards: {error.message}", markup=False, soft_wrap=True)


def _first(source: Source | None, span: Span | None, start: datetime, tweets: int) -> Iterator[Item]:
    """The tweets of the past hours: invented ones, or a file's, moved to the present."""
    if source is None or span is None:
        yield from Synthetic(start=start, count=tweets, history=HISTORY, history_tweets=tweets)
    else:
        yield from replayed(source, ReplayOptions(), span, clock=Clock())


def _publish_first(settings: Settings, source: Source | None, items: Iterator[Item], tell: Tell) -> None:
    noted = Noted()
    published = _publish(settings, noted.watch(items), tell)
    out.print(summarize(published, settings.kafka.tweets_topic), soft_wrap=True)
    _tell_unreadable(noted, published, invented=source is None)


def _tell_unreadable(noted: Noted, published: Published, *, invented: bool) -> None:
    if invented:
        tell_spoilt(published.unreadable)
    else:
        tell_unreadable(noted, published.unreadable)


def _publish(settings: Settings, items: Iterator[Item], tell: Tell) -> Published:
    with bootstrap.publisher(settings) as publisher:
        return publisher.publish(
            items, progress=lambda done: tell("publisher", f"published: {done.tweets + done.unreadable:,} records")
        )


@contextmanager
def _fed(settings: Settings, source: Source, stop: threading.Event) -> Iterator[None]:
    """Publish a live source in the background, until asked to stop."""
    clock = Clock(stop.is_set)

    def feed() -> None:
        with bootstrap.publisher(settings, clock) as publisher:
            publisher.publish(when_written(source, clock))

    thread = threading.Thread(target=feed, name="feed", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=5)


def _drain(settings: Settings, stop: threading.Event, tell: Tell, *, once: bool) -> Drained:
    scored = data_stream(SCORED, settings.elasticsearch.namespace)

    def so_far(total: Outcome) -> None:
        accounting = total.accounting(scored)
        tell("stream", f"scored and indexed: {accounting.indexed:,} of {accounting.read:,} read")

    tell("stream", "starting Spark")
    with on_signals(stop, finishing), bootstrap.stream(settings, stop, tell) as (run, url):
        if not once:
            out.print(f"metrics: {url}  Ctrl-C ends it all")
        run.events.on_batch = so_far
        started = time.monotonic()
        outcome = run.until_ended(once=once)
        return Drained(outcome, time.monotonic() - started, url)


def _count(settings: Settings) -> int:
    stream = data_stream(SCORED, settings.elasticsearch.namespace)
    with bootstrap.elasticsearch(settings) as client:
        client.indices.refresh(index=stream)
        return int(client.count(index=stream)["count"])


def _tallies(settings: Settings, since: datetime) -> tuple[list[Tally], int]:
    with bootstrap.elasticsearch(settings) as client:
        return tallies(client, data_stream(SCORED, settings.elasticsearch.namespace), since, ENTITIES)


def _require_balance(outcome: Outcome, settings: Settings, held: int | None) -> None:
    """The accounting adds up, and the server holds what was indexed.

    Raises:
        PipelineError: it does not: a bug.
    """
    accounting = outcome.accounting(data_stream(SCORED, settings.elasticsearch.namespace))
    if accounting.missing or (held is not None and held != accounting.indexed):
        raise PipelineError(
            f"the accounting does not add up: {accounting.missing:,} records are missing, and Elasticsearch holds "
            f"{held} documents for {accounting.indexed:,} indexed; please report it"
        )

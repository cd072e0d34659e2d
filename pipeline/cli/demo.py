"""`demo`: the whole pipeline on real parts, from nothing to a summary, with no key and no data of yours."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from pipeline import bootstrap, log
from pipeline.cli.app import app, out
from pipeline.cli.app import settings as current_settings
from pipeline.cli.publishing import summarize
from pipeline.cli.stack import progress
from pipeline.cli.stream import on_signals
from pipeline.domain.document import SCORED, data_stream
from pipeline.domain.outcome import Outcome
from pipeline.domain.sentiment import Label
from pipeline.embedded import stack
from pipeline.embedded.discover import brought, with_embedded
from pipeline.embedded.guard import guarded
from pipeline.embedded.ports import is_free
from pipeline.embedded.tell import Tell
from pipeline.errors import PipelineError
from pipeline.settings import Settings
from pipeline.sinks.elasticsearch.setup import ALIAS
from pipeline.sources.files import file_source
from pipeline.sources.pacing import Clock, when_written
from pipeline.sources.phrases import BRANDS
from pipeline.sources.publisher import Published
from pipeline.sources.replay import Plan, scan
from pipeline.sources.replay import replay as replayed
from pipeline.sources.source import Item, Source
from pipeline.sources.synthetic import Synthetic

HISTORY = timedelta(hours=6)
LIVE_RATE = 50.0
_BAR = 30


@dataclass(frozen=True, slots=True)
class Drained:
    """What became of the records, how long the stream took for them, and where its metrics were."""

    outcome: Outcome
    seconds: float
    metrics_url: str


@app.command()
def demo(
    keep: Annotated[bool, typer.Option("--keep", help="Keep it running and fed, until Ctrl-C.")] = False,
    file: Annotated[Path | None, typer.Option(help="Your own tweets (CSV or JSON lines) instead.")] = None,
    layout: Annotated[str, typer.Option(help="Its layout, as `tweetpulse replay` has them.")] = "auto",
    tweets: Annotated[int, typer.Option(min=1, help="How many to invent.")] = 20_000,
) -> None:
    """Start real servers, publish tweets, score and index them, and say what came of it."""
    settings = _demo_settings(current_settings(), file)
    log.configure(settings.log)
    source = file_source(file, layout, None) if file else None
    stop = threading.Event()
    with on_signals(stop), guarded(settings.state_dir, delete_data=True), progress() as tell:
        _start_servers(settings, tell)
        settings = with_embedded(settings)
        bootstrap.set_up(settings, switch=True)
        start = datetime.now(UTC)
        published = _publish(settings, _first(source, start, tweets), tell)
        out.print(summarize(published, settings.kafka.tweets_topic), soft_wrap=True)
        if keep:
            out.print(f"Elasticsearch: {settings.elasticsearch.url}  Kafka: {settings.kafka.bootstrap_servers}")
            with _fed(settings, Synthetic(start=datetime.now(UTC), rate=LIVE_RATE, seed=2), stop):
                drained = _drain(settings, stop, tell, once=False)
        else:
            drained = _drain(settings, stop, tell, once=True)
        indexed = _count(settings)
    _summarize(drained, settings)
    _require_balance(drained.outcome, settings, indexed)


def _demo_settings(settings: Settings, file: Path | None) -> Settings:
    """A stack of its own, on the usual ports where they are free; the invented brands are tracked."""
    embedded, telemetry, scoring = settings.embedded, settings.telemetry, settings.scoring
    entities = {brand.name: (brand.name,) for brand in BRANDS}
    return settings.model_copy(
        update={
            "state_dir": settings.state_dir / "demo",
            "embedded": embedded.model_copy(
                update={name: _usual_or_free(getattr(embedded, name)) for name in ("kafka_port", "elasticsearch_port")}
            ),
            "telemetry": telemetry.model_copy(update={"stream_port": _usual_or_free(telemetry.stream_port)}),
            "scoring": scoring if scoring.entities or file else scoring.model_copy(update={"entities": entities}),
            # A server that has just started may be slow for a while, and nobody waits for an alert here.
            "elasticsearch": settings.elasticsearch.model_copy(update={"request_timeout": 60.0}),
            "log": settings.log.model_copy(update={"level": "warning", "format": "console"}),
        }
    )


def _usual_or_free(port: int) -> int:
    return port if is_free(port) else 0


def _start_servers(settings: Settings, tell: Tell) -> None:
    wanted = [name for name in stack.SERVERS if name not in brought(settings)]
    stack.stop(settings.state_dir, delete_data=True)
    if wanted:
        stack.start(settings, wanted, tell)


def _first(source: Source | None, start: datetime, tweets: int) -> Iterator[Item]:
    """The tweets of the past hours: invented ones, or a file's, moved to the present."""
    if source is None:
        yield from Synthetic(start=start, count=tweets, history=HISTORY, history_tweets=tweets)
    else:
        yield from replayed(source, Plan(), scan(source), clock=Clock())


def _publish(settings: Settings, items: Iterator[Item], tell: Tell) -> Published:
    with bootstrap.publisher(settings) as publisher:
        return publisher.publish(items, progress=lambda done: tell("publisher", f"published: {done.tweets:,}"))


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
    tell("stream", "starting Spark")
    with bootstrap.stream(settings, stop, tell) as (run, url):
        if not once:
            out.print(f"metrics: {url}  Ctrl-C ends it all")
        run.events.on_batch = lambda total: tell("stream", f"scored and indexed: {total.indexed.total():,}")
        started = time.monotonic()
        outcome = run.until_ended(once=once)
        return Drained(outcome, time.monotonic() - started, url)


def _count(settings: Settings) -> int:
    stream = data_stream(SCORED, settings.elasticsearch.namespace)
    with bootstrap.elasticsearch(settings) as client:
        client.indices.refresh(index=stream)
        return int(client.count(index=stream)["count"])


def _summarize(drained: Drained, settings: Settings) -> None:
    outcome = drained.outcome
    stream = data_stream(SCORED, settings.elasticsearch.namespace)
    books = Table(box=None, show_header=False, pad_edge=False)
    for name, number in (
        ("read", outcome.read.total()),
        ("indexed", outcome.indexed[stream]),
        ("already there", outcome.already_there[stream]),
        ("rejected", outcome.rejected.total()),
    ):
        books.add_row(name, f"{number:,}")
    for reason, number in outcome.rejected.most_common():
        books.add_row(f"  {reason}", f"{number:,}")
    out.print()
    out.print(books)
    out.print(_sentiments(outcome))
    out.print(_entities(outcome))
    rate = outcome.read.total() / drained.seconds
    for line in (
        f"{rate:,.0f} tweets/s, the start of the query counted; metrics were at {drained.metrics_url}",
        f"Elasticsearch was at {settings.elasticsearch.url}, its tweets under the alias {ALIAS}",
        "`make demo KEEP=1` keeps all of it running; `make demo FILE=tweets.csv` takes your own tweets",
    ):
        out.print(line, soft_wrap=True)


_STYLES = {Label.NEGATIVE: "red", Label.NEUTRAL: "bright_black", Label.POSITIVE: "green", Label.UNSUPPORTED: "dim"}


def _sentiments(outcome: Outcome) -> Table:
    table = Table("sentiment", "tweets", "", box=None, pad_edge=False)
    most = max(outcome.scored.values(), default=1)
    for label in Label:
        number = outcome.scored[label]
        bar = "█" * round(number / most * _BAR)
        table.add_row(label, f"{number:,}", f"[{_STYLES[label]}]{bar}[/]")
    return table


def _entities(outcome: Outcome) -> Table:
    table = Table("entity", "tweets", "negative", box=None, pad_edge=False)
    totals = {entity: _by_label(outcome, entity) for entity, _ in outcome.entities}
    for entity, by_label in sorted(totals.items(), key=lambda item: -sum(item[1].values())):
        supported = sum(number for label, number in by_label.items() if label != Label.UNSUPPORTED)
        share = by_label.get(Label.NEGATIVE, 0) / supported if supported else 0.0
        table.add_row(entity, f"{sum(by_label.values()):,}", f"{share:.0%}")
    return table


def _by_label(outcome: Outcome, entity: str) -> dict[str, int]:
    return {label: number for (name, label), number in outcome.entities.items() if name == entity}


def _require_balance(outcome: Outcome, settings: Settings, indexed: int) -> None:
    """The accounting adds up, and the server holds what was indexed.

    Raises:
        PipelineError: it does not: a bug.
    """
    stream = data_stream(SCORED, settings.elasticsearch.namespace)
    missing = outcome.unaccounted(stream)
    if missing or (not brought(settings) and indexed != outcome.indexed[stream]):
        raise PipelineError(
            f"the accounting does not add up: {missing:,} records are missing, and Elasticsearch holds {indexed:,} "
            f"documents for {outcome.indexed[stream]:,} indexed; please report it"
        )

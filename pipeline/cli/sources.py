"""`replay` and `generate`: tweets from a file, and invented ones."""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import typer

from pipeline.cli import inputs
from pipeline.cli.app import app, err, out
from pipeline.cli.app import settings as current_settings
from pipeline.cli.noting import already_there, note
from pipeline.cli.publishing import Noted, publish, summarize, tell_spoilt, tell_unreadable
from pipeline.cli.signals import on_signals
from pipeline.domain.durations import parse_duration
from pipeline.embedded.discover import with_embedded
from pipeline.errors import ConfigError
from pipeline.kafka.publisher import Published
from pipeline.settings import Settings
from pipeline.sources.files import FileSource
from pipeline.sources.pacing import Clock, when_written
from pipeline.sources.replay import Repeats, ReplayOptions, Span
from pipeline.sources.replay import replay as replayed
from pipeline.sources.several import SeveralFiles, span_of
from pipeline.sources.synthetic import Synthetic


class Rebase(StrEnum):
    """The ways in which a replay moves times."""

    NOW = "now"
    KEEP = "keep"


@app.command()
def replay(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="CSV, JSON lines or a JSON array, .gz too; a folder of such files; - for standard input.",
            show_default=False,
            readable=False,
        ),
    ],
    layout: inputs.Layout = "auto",
    columns: inputs.Columns = None,
    speed: Annotated[str, typer.Option(help="1x is the original pace, 60x a minute in a second; max.")] = "max",
    rate: Annotated[float | None, typer.Option(min=0.001, help="Tweets per second, instead of a speed.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="So many rows of the file.")] = None,
    loop: Annotated[str, typer.Option(help="How often, or forever; each loop has ids of its own.")] = "1",
    entity: Annotated[list[str] | None, typer.Option(help="A brand that all of it is about; repeatable.")] = None,
    rebase: Annotated[
        Rebase, typer.Option(help="now: move the times to the present, so that boards show them; keep: leave them.")
    ] = Rebase.NOW,
) -> None:
    """Publish the tweets of files; their times are moved to the present, unless --rebase keep says otherwise."""
    mode: Literal["now", "keep"] = "now" if rebase is Rebase.NOW else "keep"
    plan = ReplayOptions(parse_speed(speed), rate, limit, parse_loops(loop), tuple(entity or ()), mode)
    settings = with_embedded(current_settings())
    with inputs.opened(files, layout, columns, settings) as source:
        replay_file(source, plan, settings)


def replay_file(source: FileSource | SeveralFiles, plan: ReplayOptions, settings: Settings) -> Published:
    """Replay files and say what came of it, also whether all of it was indexed before, where that can be known.

    Raises:
        SourceError: the file can't be read, or nothing in it is a tweet.
        SetupError: the broker does not answer.
    """
    stop, noted, begun = threading.Event(), Noted(), datetime.now(UTC)
    clock = Clock(stop.is_set)
    repeats = Repeats(already_there(settings))
    with on_signals(stop):
        span = span_of(source, plan.limit)
        items = noted.watch(replayed(source, plan, span, repeats=repeats, clock=clock))
        done = publish(settings, items, total=_total(plan, span), clock=clock)
    out.print(summarize(done, settings.kafka.tweets_topic), soft_wrap=True)
    if plan.rebase == "now" and span.newest is not None:
        out.print("times are moved to the present, where boards look (--rebase keep leaves them)", soft_wrap=True)
    tell_unreadable(noted, done.unreadable)
    _tell_mended(source)
    total, published = _total(plan, span), done.tweets + done.unreadable
    if stop.is_set() and published != total:
        of = f" of {total:,}" if total else ""
        out.print(f"interrupted after {published:,}{of} rows; the rest was not published", soft_wrap=True)
    elif repeats.all_there:
        out.print(
            f"all {repeats.all_there:,} tweets were already indexed, since their ids are the same; "
            "--loop or another file makes new ones",
            soft_wrap=True,
        )
    note(settings, "replay", f"replay of {Path(source.title).name}: {done.tweets:,} tweets", at=begun)
    return done


@app.command()
def generate(
    rate: Annotated[str, typer.Option(help="Tweets per second, or max.")] = "50",
    count: Annotated[int | None, typer.Option(min=1, help="So many; without end if not given.")] = None,
    seed: Annotated[int, typer.Option(help="Another seed, other tweets.")] = 1,
    history: Annotated[str, typer.Option(help="Spread the first tweets over the last 6h, 90m, ...")] = "0s",
    history_tweets: Annotated[int, typer.Option(min=1, help="How many those are.")] = 20_000,
) -> None:
    """Publish invented tweets about invented brands."""
    settings = with_embedded(current_settings())
    source = Synthetic(
        start=datetime.now(UTC),
        rate=parse_rate(rate),
        count=count,
        seed=seed,
        history=parse_duration(history, "--history"),
        history_tweets=history_tweets,
    )
    stop = threading.Event()
    clock = Clock(stop.is_set)
    with on_signals(stop):
        done = publish(settings, when_written(source, clock), total=count, clock=clock)
    note(settings, "generate", f"invented tweets: {done.tweets:,}", at=source.start)
    out.print(summarize(done, settings.kafka.tweets_topic), soft_wrap=True)
    tell_spoilt(done.unreadable)


def parse_speed(text: str) -> float | None:
    """`60x` → 60, `max` → None."""
    return None if text == "max" else _positive(text.removesuffix("x"), "--speed", "1x, 60x or max")


def parse_rate(text: str) -> float | None:
    """`50` → 50, `max` → None."""
    return None if text == "max" else _positive(text, "--rate", "a number above 0, or max")


def parse_loops(text: str) -> int | None:
    """`3` → 3, `forever` → None."""
    if text == "forever":
        return None
    if not text.isdecimal() or int(text) < 1:
        raise ConfigError(f"--loop {text!r} is not a number above 0, nor forever")
    return int(text)


def _positive(text: str, option: str, expected: str) -> float:
    if not re.fullmatch(r"\d{1,9}(\.\d+)?", text) or float(text) == 0:
        raise ConfigError(f"{option} {text!r} is not {expected}")
    return float(text)


def _total(plan: ReplayOptions, span: Span) -> int | None:
    return None if plan.loops is None else span.items * plan.loops


def _tell_mended(source: FileSource | SeveralFiles) -> None:
    if source.mended_lines:
        err.print(f"{source.mended_lines:,} lines were not UTF-8: their stray bytes became U+FFFD", soft_wrap=True)

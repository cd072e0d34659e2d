"""`topics`: what many tweets are about, as a page, a picture and documents."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from pipeline import bootstrap
from pipeline.cli.app import app, err, out
from pipeline.cli.app import settings as current_settings
from pipeline.cli.outputs import write
from pipeline.domain.document import escaped
from pipeline.domain.moments import parse_moment
from pipeline.embedded.discover import with_embedded
from pipeline.errors import ConfigError
from pipeline.extras import require
from pipeline.report.period import Period
from pipeline.report.shown import change, number, share, visible
from pipeline.sinks.elasticsearch import plain_index
from pipeline.sinks.elasticsearch.client import elasticsearch_errors
from pipeline.topics.models import MOST_K, Method

if TYPE_CHECKING:
    from pipeline.settings import Settings
    from pipeline.topics.found import Found, Question, Topic

LAST = timedelta(days=7)
"""How long before its end a period begins, if nobody says."""
PLAIN_SECONDS = 10.0
"""Seconds between two lines of progress where there is no terminal."""

_LANGUAGE = re.compile(r"[a-z]{2,3}")


@app.command()
def topics(
    since: Annotated[
        str | None,
        typer.Option("--from", help="The first day or moment, 2026-03-01 or 2026-03-01T09:00; 7 days before --to."),
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", help="The day or moment before which it ends; now if not given.")
    ] = None,
    entity: Annotated[str | None, typer.Option(help="Only tweets about this brand, named as boards do.")] = None,
    lang: Annotated[list[str] | None, typer.Option(help="A language, as in `tweet.lang`; repeatable.")] = None,
    k: Annotated[str, typer.Option("--k", help="How many topics: a number, or `auto` for a good one.")] = "auto",
    method: Annotated[Method, typer.Option(help="How they are found; the page compares both methods.")] = Method.NMF,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The page, only for its owner; the picture lies beside it.")
    ] = Path("topics.html"),
) -> None:
    """Find what tweets of a time are about: a page and a picture of the topics, and documents for boards.

    Topics of the same length of time before are found too, so that new and vanished ones are seen. Asked again about
    the same time, it replaces what was found.
    """
    period = parse_period(since, until, datetime.now().astimezone())
    languages, count = parse_languages(lang or ["en"]), parse_k(k)
    require("topics")
    from pipeline.topics.found import Question as Asked

    found = answer(with_embedded(current_settings()), Asked(period, entity, languages, method, count), output)
    show(found)
    out.print(f"wrote {output} and {picture_of(output)}", markup=False, soft_wrap=True)


def answer(settings: Settings, question: Question, output: Path) -> Found:
    """Find the topics, write the page and the picture, then the documents.

    Raises:
        SinkUnavailable: Elasticsearch does not answer, or a part of it can't be searched.
        SetupError: the data stream is not there, or a file can't be written.
        TooFew: there are not enough tweets.
    """
    from pipeline.topics import charts, page, reading, store
    from pipeline.topics.find import find

    elastic = settings.elasticsearch
    names = [name for entity, keywords in settings.scoring.entities.items() for name in (entity, *keywords)]
    with closing(bootstrap.elasticsearch(settings)) as connected, elasticsearch_errors(elastic):
        client = connected.options(request_timeout=max(reading.REQUEST_TIMEOUT, elastic.request_timeout))
        # Now, rather than when all is found: this user may not write there.
        plain_index.ensure(client, elastic.topics_index, plain_index.TOPICS)
        with progress() as (told, tell), reading.tweets(client, elastic.namespace, question.entity, told) as tweets:
            found = find(question, tweets.read, names, tell)
            texts = tweets.texts([tweet.id for topic in found.topics for tweet in topic.examples])
        write(output, page.page(found, texts).encode())
        write(picture_of(output), charts.picture(found, title(question.entity)))
        count = store.store(client, elastic.topics_index, found, elastic.namespace, datetime.now(UTC))
    err.print(f"{number(count)} documents in {elastic.topics_index}", markup=False, soft_wrap=True)
    return found


def parse_period(since: str | None, until: str | None, now: datetime) -> Period:
    """The time that topics are asked of; whole seconds.

    Raises:
        ConfigError: one is not a time, or it ends before it begins.
    """
    end = _moment("--to", until) if until else now.replace(microsecond=0)
    begin = _moment("--from", since) if since else end - LAST
    if begin >= end:
        raise ConfigError(f"--from {begin.isoformat()} is not before --to {end.isoformat()}")
    return Period(begin, end)


def parse_languages(said: list[str]) -> tuple[str, ...]:
    """Primary tags, each once.

    Raises:
        ConfigError: one is none.
    """
    for one in said:
        if not _LANGUAGE.fullmatch(one):
            raise ConfigError(f"--lang {one!r} is no language such as en or de")
    return tuple(sorted(set(said)))


def parse_k(text: str) -> int | None:
    """How many topics; None for `auto`.

    Raises:
        ConfigError: it is neither a number from 2 to 100 nor `auto`.
    """
    if text == "auto":
        return None
    if not re.fullmatch(r"[0-9]{1,3}", text) or not 2 <= int(text) <= MOST_K:
        raise ConfigError(f"--k {text!r} is neither auto nor a number from 2 to {MOST_K}")
    return int(text)


def picture_of(page: Path) -> Path:
    """The picture beside a page."""
    return page.with_suffix(".png")


def title(entity: str | None) -> str:
    """Of a picture."""
    return "What people talk about" + ("" if entity is None else f" who name {visible(entity)}")


def show(found: Found) -> None:
    """The topics as a table, which to trust, and the accounting."""
    table = Table("", "topic", "tweets", "share", "before", "negative", "complaints", box=None, pad_edge=False)
    for topic in found.topics:
        table.add_row(
            str(topic.number),
            Text(visible(", ".join(word.text for word in topic.words[:6]))),
            number(topic.counts.tweets),
            share(topic.share),
            _before(found, topic),
            share(topic.counts.negative_share),
            share(topic.complaint_share),
        )
    out.print(table)
    for line in (*_vanished(found), trust(found), accounting(found)):
        out.print(line, markup=False, soft_wrap=True)


def trust(found: Found) -> str:
    """The quality of both methods, and which to trust."""
    said = "; ".join(
        f"{one.method.upper()}: coherence {one.quality.coherence:+.3f}, diversity {one.quality.diversity:.2f}"
        for one in found.judged
    )
    return f"{said}; trust {found.trusted.method.upper()}"


def accounting(found: Found) -> str:
    """Tweets read = in a topic + left out, by reason."""
    left = sum(found.left_out.values())
    reasons = ", ".join(f"{reason} {number(count)}" for reason, count in sorted(found.left_out.items()) if count)
    return f"read {number(found.read)} = in a topic {number(found.used)} + left out {number(left)}" + (
        f" ({reasons})" if reasons else ""
    )


@contextmanager
def progress() -> Iterator[tuple[Callable[[int, int], None], Callable[[str], None]]]:
    """What to call with how many tweets are read, of how many, and with what is done."""
    if not err.is_terminal:
        yield lines()
        return
    columns = TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn()
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("reading tweets", total=None)
        yield (
            lambda read, total: bar.update(task, completed=read, total=total),
            lambda what: bar.update(task, description=what),
        )


def lines(clock: Callable[[], float] = time.monotonic) -> tuple[Callable[[int, int], None], Callable[[str], None]]:
    """The same, a line every so many seconds."""
    said = clock()

    def told(read: int, total: int) -> None:
        nonlocal said
        if clock() - said >= PLAIN_SECONDS:
            said = clock()
            err.print(f"read {number(read)} of {number(total)} tweets", soft_wrap=True)

    def tell(what: str) -> None:
        err.print(what, markup=False, soft_wrap=True)

    return told, tell


def _before(found: Found, topic: Topic) -> str:
    if topic.before is None:
        return "new" if found.compared else "–"
    return f"{share(topic.before.share)} {change((topic.share - topic.before.share) * 100)}"


def _vanished(found: Found) -> list[str]:
    if not found.compared:
        return ["there were too few tweets before to compare with"]
    gone = "; ".join(f"{visible(one.name)} ({share(one.share)})" for one in found.vanished)
    return [f"vanished: {gone}"] if gone else []


def _moment(option: str, text: str) -> datetime:
    try:
        return parse_moment(text).replace(microsecond=0)
    except ValueError:
        shown = escaped(text.encode("utf-8", "backslashreplace"))
        raise ConfigError(f"{option} {shown} is not a time: write it as 2026-03-01 or 2026-03-01T09:00+02:00") from None

"""`label` and `unlabel`: say what a tweet is, for the next training to learn from, and take it back."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from functools import partial
from typing import Annotated

import orjson
import typer
from rich.table import Column, Table
from rich.text import Text

from pipeline import bootstrap
from pipeline.cli.app import app, out
from pipeline.cli.app import settings as current_settings
from pipeline.cli.tables import id_column
from pipeline.domain.document import escaped
from pipeline.domain.prediction import Task
from pipeline.embedded.discover import with_embedded
from pipeline.errors import ConfigError
from pipeline.settings import Settings
from pipeline.sinks.elasticsearch.client import elasticsearch_errors
from pipeline.training.labels import Label, Labels, said

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


@app.command()
def label(
    tweet: Annotated[
        str | None, typer.Argument(metavar="ID", help="The id of the tweet, as boards show it.", show_default=False)
    ] = None,
    what: Annotated[
        str | None,
        typer.Argument(
            metavar="LABEL",
            help="negative, neutral, positive, irrelevant; complaint, no_complaint; or a reason that the model knows.",
            show_default=False,
        ),
    ] = None,
    reason: Annotated[
        str | None, typer.Option(help="With `complaint`: why the tweet complains, which may be a new reason.")
    ] = None,
    by: Annotated[str | None, typer.Option(help="Who gives the label.")] = None,
    listed: Annotated[bool, typer.Option("--list", help="Show the labels, the newest first.")] = False,
    task: Annotated[Task | None, typer.Option(help="With --list: only the labels of this task.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="With --list: so many.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Give a tweet a label: `tweetpulse label x:123 positive`. The next `tweetpulse retrain` learns from it."""
    settings = with_embedded(current_settings())
    if listed == (tweet is not None or what is not None) or (tweet is None) != (what is None):
        raise ConfigError("write `tweetpulse label ID LABEL`, or `tweetpulse label --list`")
    meant = said(what, reason, partial(_reasons, settings)) if what is not None else {}
    with closing(bootstrap.elasticsearch(settings)) as client, elasticsearch_errors(settings.elasticsearch):
        labels = Labels(client, settings.elasticsearch.labels_index)
        if tweet is None:
            total, found = labels.newest(limit, task)
        else:
            total, found = 0, labels.put(tweet, meant, by=by)
    if as_json:
        for one in found:
            typer.echo(orjson.dumps(asdict(one)).decode())
    elif tweet is None:
        _show(found, total)
    else:
        _tell(found)


@app.command()
def unlabel(
    tweet: Annotated[str, typer.Argument(metavar="ID", help="The tweet's, as boards show it.", show_default=False)],
    task: Annotated[Task | None, typer.Option(help="Only what was said for this task; else all of it.")] = None,
    as_json: AsJson = False,
) -> None:
    """Take back what `tweetpulse label` said of a tweet. The next `tweetpulse retrain` no longer learns from it."""
    settings = with_embedded(current_settings())
    with closing(bootstrap.elasticsearch(settings)) as client, elasticsearch_errors(settings.elasticsearch):
        taken = Labels(client, settings.elasticsearch.labels_index).take_back(tweet, task)
    for one in taken:
        if as_json:
            typer.echo(orjson.dumps(asdict(one)).decode())
        else:
            out.print(f"{one.task} of {one.tweet}: {one.name} is taken back", markup=False, soft_wrap=True)


def _reasons(settings: Settings) -> tuple[str, ...]:
    """Those that the champion knows, or the newest version where none is promoted."""
    registry = bootstrap.registry(settings)
    champion = registry.champion(Task.REASON)
    if champion is not None:
        return registry.manifest(Task.REASON, champion).labels
    newest = next(reversed(registry.versions(Task.REASON)), None)
    return newest.labels if newest else ()


def _tell(found: list[Label]) -> None:
    for one in found:
        before = f" (was {one.previous})" if one.previous else ""
        out.print(f"{one.task} of {one.tweet}: {one.name}{before}", markup=False, soft_wrap=True)


def _show(found: list[Label], total: int) -> None:
    counted = f"{total:,} {'label' if total == 1 else 'labels'}"
    out.print(counted if total else "nothing has been labelled: tweetpulse label ID LABEL")
    if not found:
        return
    # What nobody said takes no room, and the text what is left.
    optional = [(title, of) for title, of in (("before", _previous), ("by", _by)) if any(map(of, found))]
    ids = id_column("ID", (one.tweet for one in found))
    narrow = [Column(title, no_wrap=True) for title in ("task", "label", *(title for title, _ in optional))]
    table = Table(Column("when", no_wrap=True), ids, *narrow, "tweet", box=None, pad_edge=False)
    for one in found:
        told = (f"{one.at:%Y-%m-%d %H:%M}", one.tweet, one.task, one.name, *(of(one) for _, of in optional))
        text = Text(escaped(one.text.encode())[:60], no_wrap=True, overflow="ellipsis")
        table.add_row(*(Text(escaped(value.encode())) for value in told), text)
    out.print(table)


def _previous(label: Label) -> str:
    return label.previous or ""


def _by(label: Label) -> str:
    return label.by or ""

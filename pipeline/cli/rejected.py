"""`rejected list` and `rejected replay`: the dead letters."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from pipeline import bootstrap
from pipeline.cli.app import app, out
from pipeline.cli.app import settings as current_settings
from pipeline.cli.noting import note
from pipeline.domain.document import escaped
from pipeline.domain.record import Reason
from pipeline.embedded.discover import with_embedded
from pipeline.sources.dead_letters import DeadLetter, DeadLetters, open_dead_letters
from pipeline.sources.source import Unreadable

rejected = typer.Typer(no_args_is_help=True, help="Look at the rejected records, and send them again after a fix.")
app.add_typer(rejected, name="rejected")

Only = Annotated[Reason | None, typer.Option("--reason", help="Only those rejected for this reason.")]


@rejected.command("list")
def list_(
    reason: Only = None,
    limit: Annotated[int, typer.Option(min=1, help="Show so many, the newest.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, all of them.")] = False,
) -> None:
    """Show the rejected records, and how many there are of each reason."""
    settings = with_embedded(current_settings())
    with open_dead_letters(settings.kafka) as letters:
        found = sorted(_chosen(letters, reason, replayed=True), key=lambda letter: letter.time)
    if as_json:
        for letter in found:
            typer.echo(json.dumps(_shape(letter), ensure_ascii=False))
        return
    _show(found, limit)


@rejected.command()
def replay(
    reason: Only = None,
    again: Annotated[bool, typer.Option("--again", help="Also those that were sent again before.")] = False,
) -> None:
    """Send the rejected records again, as they came: after a fix they are accepted, else rejected anew."""
    settings = with_embedded(current_settings())
    with open_dead_letters(settings.kafka) as letters, bootstrap.publisher(settings) as publisher:
        chosen = _chosen(letters, reason, replayed=again)
        done = publisher.publish(Unreadable(letter.value, letter.key, letter.reason) for letter in chosen)
        if reason is None:
            letters.mark_replayed()
    note(settings, "replay", f"rejected records sent again: {done.unreadable:,}")
    out.print(f"sent {done.unreadable:,} rejected records to the topic {settings.kafka.tweets_topic} again")


def _chosen(letters: DeadLetters, reason: Reason | None, *, replayed: bool) -> Iterator[DeadLetter]:
    return (letter for letter in letters.read(replayed=replayed) if reason in (None, letter.reason))


def _shape(letter: DeadLetter) -> dict[str, str]:
    return {
        "key": _visible(letter.key),
        "reason": _visible(letter.reason),
        "error": _visible(letter.error),
        "time": letter.time.isoformat(),
        "original": escaped(letter.value),
    }


def _show(found: list[DeadLetter], limit: int) -> None:
    if not found:
        out.print("no record was rejected")
        return
    counts = ", ".join(
        f"{times:,} {reason}" for reason, times in Counter(_visible(letter.reason) for letter in found).most_common()
    )
    out.print(f"{len(found):,} rejected records: {counts}", soft_wrap=True, markup=False)
    table = Table("when", "where", "reason", "error", "record", box=None, pad_edge=False)
    for letter in found[-limit:]:
        when = f"{letter.time:%Y-%m-%d %H:%M:%S}"
        told = (_visible(letter.key), _visible(letter.reason), _visible(letter.error), escaped(letter.value)[:60])
        table.add_row(when, *map(Text, told))
    out.print(table)


def _visible(text: str) -> str:
    # Anyone who may write to the topic writes keys and headers too.
    return escaped(text.encode())

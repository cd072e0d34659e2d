"""`rejected list` and `rejected replay`: the dead letters."""

from __future__ import annotations

import json
import threading
from collections import Counter
from itertools import takewhile
from typing import Annotated

import typer
from rich.table import Column, Table
from rich.text import Text

from pipeline import bootstrap
from pipeline.cli.app import app, out
from pipeline.cli.app import settings as current_settings
from pipeline.cli.noting import note
from pipeline.cli.signals import on_signals
from pipeline.cli.tables import id_column
from pipeline.domain.document import escaped
from pipeline.domain.record import Reason
from pipeline.embedded.discover import with_embedded
from pipeline.kafka.dead_letters import DeadLetter, History, open_dead_letters
from pipeline.kafka.resending import Left, Resent, chosen
from pipeline.settings import Settings

rejected = typer.Typer(no_args_is_help=True, help="List the rejected records, and send them again after a fix.")
app.add_typer(rejected, name="rejected")

_REASONS = f"Only those rejected for this reason: {', '.join(Reason)}."
Only = Annotated[Reason | None, typer.Option("--reason", metavar="REASON", help=_REASONS)]

LEFT = {
    Left.SENT_BEFORE: "sent again before (--again sends them once more)",
    Left.GONE: "too large for the topic of rejected records, and no longer in the topic that they came in",
    Left.TOO_LARGE: "larger than the topic takes now (its max.message.bytes)",
}


@rejected.command("list")
def list_(
    reason: Only = None,
    limit: Annotated[int, typer.Option(min=1, help="The number of records to show, the newest.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per line, for all records.")] = False,
) -> None:
    """List the rejected records, and their number by reason."""
    settings = with_embedded(current_settings())
    with open_dead_letters(settings.kafka) as letters:
        found = sorted(
            (letter for letter in letters.read() if reason in (None, letter.reason)), key=lambda letter: letter.time
        )
        history = letters.history()
    if as_json:
        for letter in found:
            typer.echo(json.dumps(_shape(letter, history), ensure_ascii=False))
        return
    _show(found, history, limit)


@rejected.command()
def replay(
    reason: Only = None,
    again: Annotated[bool, typer.Option("--again", help="Also records that were sent again before.")] = False,
) -> None:
    """Send the rejected records again with their original bytes; without a fix they are rejected again."""
    settings, stop, resent = with_embedded(current_settings()), threading.Event(), Resent()
    try:
        with on_signals(stop), open_dead_letters(settings.kafka) as letters, bootstrap.resender(settings) as resender:
            found = chosen(letters.read(), letters.history(), resent, reason=reason, again=again)
            resender.resend(takewhile(lambda _: not stop.is_set(), found), resent)
    finally:
        # Also where it failed: those that were sent are marked.
        _tell_resent(resent, settings, stopped=stop.is_set())
    note(settings, "replay", f"rejected records sent again: {resent.sent:,}")


def _tell_resent(resent: Resent, settings: Settings, *, stopped: bool) -> None:
    told = "stopped: " if stopped else ""
    out.print(
        f"{told}sent {resent.sent:,} rejected records to the topic {settings.kafka.tweets_topic} again", soft_wrap=True
    )
    for why, times in resent.left.items():
        out.print(f"left {times:,}: {LEFT[why]}", soft_wrap=True)


def _shape(letter: DeadLetter, history: History) -> dict[str, str | int | bool]:
    return {
        "key": _visible(letter.key),
        "reason": _visible(letter.reason),
        "error": _visible(letter.error),
        "time": letter.time.isoformat(),
        "attempt": letter.attempt.number,
        "sent_again": history.was_sent(letter),
        "bytes": letter.bytes,
        "original": escaped(letter.value or b""),
    }


def _show(found: list[DeadLetter], history: History, limit: int) -> None:
    if not found:
        out.print("no record was rejected")
        return
    counts = ", ".join(
        f"{times:,} {reason}" for reason, times in Counter(_visible(letter.reason) for letter in found).most_common()
    )
    out.print(f"{len(found):,} rejected records: {counts}", soft_wrap=True, markup=False)
    places = id_column("where", (_visible(letter.key) for letter in found[-limit:]))
    table = Table(
        Column("when", no_wrap=True), places, "reason", "error", "sent again", "record", box=None, pad_edge=False
    )
    for letter in found[-limit:]:
        when = f"{letter.time:%Y-%m-%d %H:%M:%S}"
        again = "yes" if history.was_sent(letter) else "no"
        told = (_visible(letter.key), _visible(letter.reason), _visible(letter.error), again)
        table.add_row(when, *map(Text, (*told, escaped(letter.value or b"")[:60])))
    out.print(table)


def _visible(text: str) -> str:
    # Anyone who may write to the topic writes keys and headers too.
    return escaped(text.encode())

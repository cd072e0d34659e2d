"""`annotate`: note down what happened, for the boards to draw over their curves."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from typing import Annotated

import typer

from pipeline import bootstrap
from pipeline.cli.app import app, err, out
from pipeline.cli.app import settings as current_settings
from pipeline.domain.document import EVENTS, data_stream
from pipeline.domain.moments import parse_moment
from pipeline.embedded.discover import with_embedded
from pipeline.errors import ConfigError
from pipeline.sinks.elasticsearch.client import elasticsearch_errors
from pipeline.sinks.elasticsearch.events import record_event

ACTION = "annotate"


@app.command()
def annotate(
    message: Annotated[str, typer.Argument(help="The text that the boards show.", show_default=False)],
    entity: Annotated[list[str] | None, typer.Option(help="The brand that the note is about; repeatable.")] = None,
    at: Annotated[
        str | None, typer.Option(help="When: 2026-03-01T09:00 (this machine's zone) or ...+02:00; now if not given.")
    ] = None,
    end: Annotated[str | None, typer.Option(help="The end, if it lasted.")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="A tag by which boards can filter; repeatable.")] = None,
) -> None:
    """Note a campaign, an outage or a launch, which boards mark on the time axis."""
    if not message.strip():
        raise ConfigError("there is nothing to note: say what happened")
    settings = with_embedded(current_settings())
    began, ended = moments(at, end, now=datetime.now(UTC))
    with closing(bootstrap.elasticsearch(settings)) as client, elasticsearch_errors(settings.elasticsearch):
        new = record_event(
            client,
            settings.elasticsearch.namespace,
            ACTION,
            message,
            at=began,
            end=ended,
            entities=entity or (),
            tags=tag or (),
        )
    stream = data_stream(EVENTS, settings.elasticsearch.namespace)
    out.print(f"{'noted' if new else 'was there already'}: {_span(began, ended)} in {stream}", soft_wrap=True)
    untracked = [name for name in entity or () if name not in settings.scoring.entities]
    if untracked and settings.scoring.entities:
        tracked = ", ".join(settings.scoring.entities)
        err.print(f"{untracked[0]} is not tracked (tracked are {tracked})", markup=False, soft_wrap=True)


def moments(at: str | None, end: str | None, *, now: datetime) -> tuple[datetime, datetime | None]:
    """The begin and the end, with offsets.

    Raises:
        ConfigError: one is not a time, or the end is before the beginning.
    """
    began = _moment("--at", at) if at else now
    ended = _moment("--end", end) if end else None
    if ended is not None and ended < began:
        raise ConfigError(
            f"--end is before {'--at' if at else 'now'}: it began at {began.isoformat(timespec='seconds')}"
        )
    return began, ended


def _moment(option: str, text: str) -> datetime:
    try:
        return parse_moment(text)
    except ValueError:
        raise ConfigError(f"{option} is not a time: write it as 2026-03-01T09:00 or 2026-03-01T09:00+02:00") from None


def _span(began: datetime, ended: datetime | None) -> str:
    times = [time.isoformat(timespec="seconds") for time in (began, ended) if time]
    return " to ".join(times)

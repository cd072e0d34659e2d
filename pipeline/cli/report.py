"""`report`: a page of a period, for whoever has no dashboards at hand, and for a weekly e-mail."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from pipeline import bootstrap
from pipeline.cli.app import app, err, out
from pipeline.cli.app import settings as current_settings
from pipeline.cli.outputs import write
from pipeline.domain.document import escaped
from pipeline.domain.durations import parse_duration
from pipeline.embedded.discover import with_embedded
from pipeline.errors import ConfigError
from pipeline.extras import require
from pipeline.report.figures import Figures
from pipeline.report.gather import gather
from pipeline.report.period import last as last_period
from pipeline.report.shown import change, duration, number, share
from pipeline.sinks.elasticsearch.client import elasticsearch_errors

LONGEST = timedelta(days=3_650)
STANDARD_OUTPUT = Path("-")


@app.command()
def report(
    last: Annotated[str, typer.Option(help="The length of the period that ends now: 24h, 7d, ...")] = "24h",
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The file, only for its owner; - for standard output.")
    ] = Path("report.html"),
    entity: Annotated[str | None, typer.Option(help="Only tweets about this brand, named as boards do.")] = None,
) -> None:
    """Write a page of what people said in the last hours or days: one HTML file to print, to mail and to keep.

    For a weekly e-mail, attach what `tweetpulse report --last 7d -o week.html` writes: mail programs remove charts from
    the body of a message.
    """
    length = parse_length(last)
    require("plots")
    from pipeline.report.page import page

    settings = with_embedded(current_settings())
    period = last_period(length, datetime.now().astimezone())
    with closing(bootstrap.elasticsearch(settings)) as client, elasticsearch_errors(settings.elasticsearch):
        figures = gather(client, settings.elasticsearch.namespace, period, entity)
    text = page(figures)
    if output == STANDARD_OUTPUT:
        typer.echo(text)
    else:
        write(output, text.encode())
        out.print(summary(output, figures), markup=False, soft_wrap=True)
    if not figures.whole.now.tweets:
        about = "" if entity is None else f" about {escaped(entity.encode())}"
        err.print(f"no tweets{about} in the last {duration(length)}: the page says so", markup=False, soft_wrap=True)


def parse_length(text: str) -> timedelta:
    """The length of a period.

    Raises:
        ConfigError: it is none, or longer than ten years.
    """
    length = parse_duration(text, "--last")
    if not timedelta(0) < length <= LONGEST:
        raise ConfigError(f"--last {text!r} is not between 1s and {LONGEST.days}d")
    return length


def summary(path: Path, figures: Figures) -> str:
    """What was written, in a line."""
    now, before = figures.whole.now, figures.whole.before
    said = f"{share(now.negative_share)} of {number(now.scored)} scored ones negative" if now.scored else "none scored"
    points = change(figures.whole.change)
    beside = f" ({share(before.negative_share)} before, {points})" if points else ""
    return f"wrote {path}: {number(now.tweets)} tweets of the last {duration(figures.period.length)}, {said}{beside}"

"""`archive`: keep every record of the topic of tweets in a Delta table."""

from __future__ import annotations

import threading
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer
from rich.table import Table
from rich.text import Text

from pipeline import bootstrap
from pipeline.cli.app import app, err, out
from pipeline.cli.app import settings as current_settings
from pipeline.cli.signals import on_signals
from pipeline.embedded.discover import with_embedded
from pipeline.extras import require

if TYPE_CHECKING:
    from pipeline.archive.table import ArchiveTable
    from pipeline.archive.upkeep import Info

archive = typer.Typer(no_args_is_help=True, help="Keep every record of the topic of tweets in a Delta table.")
app.add_typer(archive, name="archive")


@archive.command()
def run(
    once: Annotated[bool, typer.Option("--once", help="Archive the records in Kafka, then end.")] = False,
) -> None:
    """Archive the records of the topic of tweets, each once, until Ctrl-C or SIGTERM."""
    require("archive")
    settings, stop = with_embedded(current_settings()), threading.Event()
    with on_signals(stop, _finishing), bootstrap.archiving(settings, stop) as (archiving, events, url):
        err.print(f"archive: {settings.archive_uri}; metrics at {url}", markup=False, soft_wrap=True)
        archiving.until_stopped(once=once)
    out.print(f"archived {events.total:,} records")


@archive.command()
def info(
    as_json: Annotated[bool, typer.Option("--json", help="Print it as one JSON object.")] = False,
) -> None:
    """Print what the archive holds: its days, files and records, and the positions in each topic."""
    table = _opened()
    from pipeline.archive import upkeep

    found = upkeep.info(table)
    if as_json:
        typer.echo(orjson.dumps(_as_dict(found)).decode())
        return
    days = f"{found.first_day} to {found.last_day}" if found.first_day else "no day yet"
    told = f"{found.uri}: {found.records:,} records, {days}, {found.files:,} files, {found.size:,} bytes"
    out.print(f"{told}, version {found.version:,}", markup=False, soft_wrap=True)
    if found.held:
        names = ("topic", "id", "partition", "records", "from", "to", "missing", "position")
        shown = Table(*names, box=None, pad_edge=False)
        for one in found.held:
            numbers = (one.partition, one.records, one.first, one.last, one.missing)
            position = "" if one.position is None else f"{one.position:,}"
            shown.add_row(Text(one.topic), Text(one.topic_id), *(f"{number:,}" for number in numbers), position)
        out.print(shown)


@archive.command()
def compact() -> None:
    """Write the small files of each day into large ones, while the archive runs or not."""
    table = _opened()
    from pipeline.archive import upkeep

    before, after = upkeep.compact(table)
    out.print(f"{before:,} files before, {after:,} now; `tweetpulse archive vacuum` deletes the old ones")


@archive.command()
def vacuum(
    hours: Annotated[
        int,
        typer.Option(min=24, help="Keep files that were named, or written, within these hours: readers may need them."),
    ] = 168,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say how many, and delete nothing.")] = False,
) -> None:
    """Delete files that the archive does not name any more: after a compaction, a deletion, or a kill."""
    table = _opened()
    from pipeline.archive import upkeep

    count = upkeep.vacuum(table, hours, dry_run=dry_run)
    out.print(f"{count:,} files {'would be deleted' if dry_run else 'deleted'}")


def _opened() -> ArchiveTable:
    require("archive")
    from pipeline.archive.table import ArchiveTable

    return ArchiveTable.of(current_settings())


def _as_dict(found: Info) -> dict[str, Any]:
    return asdict(found) | {"held": [asdict(one) | {"missing": one.missing} for one in found.held]}


def _finishing() -> None:
    err.print("committing the batch in hand ...")

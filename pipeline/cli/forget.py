"""`forget`: take tweets and users out, for good, and say what stays where and until when."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.table import Table
from rich.text import Text

from pipeline import bootstrap
from pipeline.cli.app import app, err, out
from pipeline.cli.app import settings as current_settings
from pipeline.cli.noting import note
from pipeline.embedded.discover import with_embedded
from pipeline.erasure.documents import Wanted
from pipeline.erasure.forget import Report, wanted_of
from pipeline.erasure.topics import Topic
from pipeline.errors import ConfigError, SourceError
from pipeline.privacy import compliance
from pipeline.privacy.compliance import Compliance, Holds

LEFT = "other copies: the files that were replayed, backups and snapshots, and whoever reads the topics"


@app.command()
def forget(
    tweet: Annotated[list[str] | None, typer.Option(help="A tweet's `event.id`, such as x:123. Repeatable.")] = None,
    user: Annotated[list[str] | None, typer.Option(help="A user's `user.id`, or @name. Repeatable.")] = None,
    file: Annotated[list[Path] | None, typer.Option(help="A compliance file of X. Repeatable.", readable=False)] = None,
    holds: Annotated[
        Holds | None, typer.Option(help="The kind of the ids in --file, if its name does not tell.")
    ] = None,
    all_namespaces: Annotated[
        bool, typer.Option("--all-namespaces", help="Search all namespaces, not only the one in the settings.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as one JSON object.")] = False,
) -> None:
    """Delete tweets, or all tweets of users, from every index, and keep replays from bringing them back."""
    settings = with_embedded(current_settings())
    asked = Compliance()
    for path in file or ():
        _add(asked, compliance.read(path, holds))
    wanted = wanted_of(tweet or (), user or ()) | Wanted(frozenset(asked.tweets), frozenset(asked.users))
    if not wanted and not file:
        raise ConfigError("say what: `tweetpulse forget --tweet x:123`, `--user ID` or `--file compliance.jsonl`")
    namespace = "*" if all_namespaces else settings.elasticsearch.namespace
    with closing(bootstrap.elasticsearch(settings)) as client, err.status("") as status:
        run = bootstrap.forgetting(settings, client, namespace, status.update)
        report = run.run(wanted)
    note(settings, "forget", f"forgotten on request: {report.removed.total():,} documents removed")
    if as_json:
        typer.echo(orjson.dumps(as_dict(wanted, report, asked)).decode())
    else:
        _show(wanted, report, asked)
    if asked.unreadable:
        raise SourceError(f"{asked.unreadable:,} lines are no compliance events of X's; all others were honoured")


def as_dict(wanted: Wanted, report: Report, asked: Compliance) -> dict[str, Any]:
    """The report, without the ids."""
    return {
        "asked": {"tweets": len(wanted.tweets), "users": len(wanted.users) + len(wanted.names)},
        "listed": {"new": report.added.new, "total": report.added.total},
        "tweets": len(report.tweets),
        "indices": {
            name: {"found": found, "removed": report.removed[name]} for name, found in sorted(report.found.items())
        },
        "topics": [_topic(topic, report.tombstones) for topic in report.topics or ()],
        "models": report.models,
        "not_asked": [error for error in (report.kafka_error, report.registry_error) if error],
        "file": {"left_alone": dict(asked.left_alone), "unreadable": asked.unreadable},
    }


def _topic(topic: Topic, tombstones: Counter[str]) -> dict[str, Any]:
    until = topic.until.isoformat() if topic.until else None
    return {"name": topic.name, "until": until, "why": topic.why, "tombstones": tombstones[topic.name]}


def _add(all_: Compliance, one: Compliance) -> None:
    all_.tweets |= one.tweets
    all_.users |= one.users
    all_.left_alone.update(one.left_alone)
    all_.unreadable += one.unreadable


def _show(wanted: Wanted, report: Report, asked: Compliance) -> None:
    users = len(wanted.users) + len(wanted.names)
    _say(f"asked for {len(wanted.tweets):,} tweets and {users:,} users; the list has {report.added.total:,} entries")
    table = Table("where", "found", "removed", box=None, pad_edge=False)
    for name, found in sorted(report.found.items()):
        table.add_row(Text(name), f"{found:,}", f"{report.removed[name]:,}")
    if report.found:
        out.print(table)
    _say("what stays, and until when:")
    for line in (*_kept(report), LEFT):
        _say(f"  {line}")
    for kind, times in asked.left_alone.most_common():
        _say(f"the file's {times:,} `{kind}` ask for no deletion, and were left alone")


def _kept(report: Report) -> list[str]:
    lines = [f"topic {topic.name}: {_until(topic)}{_buried(topic, report.tombstones)}" for topic in report.topics or ()]
    if report.kafka_error:
        lines.append(f"the topics could not be asked: {report.kafka_error}")
    if report.registry_error:
        lines.append(f"the registry of models could not be asked: {report.registry_error}")
    for version, rows in report.models.items():
        held = "held-out rows that can't be read" if rows is None else f"{rows:,} held-out rows of these tweets"
        lines.append(f"model {version}: {held}, until you delete the version from the registry")
    return lines


def _until(topic: Topic) -> str:
    return f"until {topic.until:%Y-%m-%d %H:%M} UTC at the latest ({topic.why})" if topic.until else topic.why


def _buried(topic: Topic, tombstones: Counter[str]) -> str:
    return f"; {tombstones[topic.name]:,} tombstones written" if tombstones[topic.name] else ""


def _say(text: str) -> None:
    out.print(text, markup=False, soft_wrap=True)

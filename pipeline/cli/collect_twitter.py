"""`collect twitter`: X's filtered stream or recent search."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.markup import escape

from pipeline.cli.app import err, out
from pipeline.cli.app import settings as current_settings
from pipeline.cli.collect import collect, collect_from
from pipeline.settings import Settings, TwitterSettings
from pipeline.sources.twitter.api import FIELDS
from pipeline.sources.twitter.check import Preview, preview
from pipeline.sources.twitter.ids import time_of
from pipeline.sources.twitter.rules import GRAMMAR, Held, Rule, rules_of
from pipeline.sources.twitter.source import TwitterSource


class Mode(StrEnum):
    """How X is asked."""

    STREAM = "stream"
    SEARCH = "search"


class Retweets(StrEnum):
    """What becomes of retweets."""

    MARK = "mark"
    LEAVE_OUT = "leave_out"


@collect.command()
def twitter(
    track: Annotated[list[str] | None, typer.Option(help=f"{escape(GRAMMAR)} Repeatable.")] = None,
    mode: Annotated[
        Mode | None, typer.Option(help="stream: X's filtered stream. search: asks every minute, on plans without it.")
    ] = None,
    retweets: Annotated[
        Retweets | None, typer.Option(help="mark: as kind retweet. leave_out: not even asked for.")
    ] = None,
    backfill_minutes: Annotated[
        int | None,
        typer.Option(min=0, max=5, help="What X sends again after a reconnect, on plans that have it."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Ask X about the rules and the token, and say what a start would do.")
    ] = False,
) -> None:
    """Publish what X shows for your rules, from now on; what was missed since the last run comes too."""
    settings = _with(
        current_settings(),
        track=tuple(track) if track else None,
        mode=mode and mode.value,
        retweets=retweets and retweets.value,
        backfill_minutes=backfill_minutes,
    )
    _tell_doubts(settings.twitter)
    if dry_run:
        _show(preview(settings.twitter, settings.state_dir), settings.twitter)
        return
    collect_from(
        settings, "twitter", lambda events, clock: TwitterSource(settings.twitter, events, settings.state_dir, clock)
    )


def _with(settings: Settings, **given: Any) -> Settings:
    """What the arguments say wins over what is set."""
    changed = {name: value for name, value in given.items() if value is not None}
    return settings.model_copy(update={"twitter": settings.twitter.model_copy(update=changed)})


def _tell_doubts(settings: TwitterSettings) -> None:
    """Say what X may refuse; it is asked all the same, since it knows its operators best."""
    for rule in rules_of(
        settings.track, mode=settings.mode, retweets=settings.retweets, longest=settings.rule_characters
    ):
        for doubt in rule.doubts:
            err.print(f"warning: in the rule {rule.value!r}: {doubt}; X decides", markup=False, soft_wrap=True)


def _show(found: Preview, settings: TwitterSettings) -> None:
    say = f"mode {settings.mode}, retweets {settings.retweets.replace('_', ' ')}"
    if settings.mode == "stream":
        say += f", backfill of {settings.backfill_minutes} minutes" if settings.backfill_minutes else ", no backfill"
    _line(f"the token and the rules are good; nothing was changed ({say})")
    if found.plan is None:
        for rule, count in zip(found.rules, found.found, strict=True):
            _line(f"  search   {_named(rule)}   {count:,} in the last seven days")
    else:
        for rule in found.plan.create:
            _line(f"  create   {_named(rule)}")
        for held in found.plan.delete:
            _line(f"  delete   {_held(held)}")
        for _, rule in found.plan.keep:
            _line(f"  keep     {_named(rule)}")
        for held in found.plan.foreign:
            _line(f"  foreign  {_held(held)}   left as it is; X counts its tweets too")
    _line(f"asks for {', '.join(FIELDS['tweet_fields'])}; joins {', '.join(FIELDS['expansions'])}")
    _tell_refill(found)


def _tell_refill(found: Preview) -> None:
    if found.frontier is None:
        _line("never ran here: begins now, nothing to refill")
        return
    _line(f"Kafka has all up to {found.frontier} ({time_of(found.frontier):%Y-%m-%d %H:%M:%S} UTC): refills from there")
    for gap in found.gaps:
        end = f"{time_of(gap.until):%Y-%m-%d %H:%M:%S}" if gap.until else "now"
        _line(f"  and the open gap from {time_of(gap.after):%Y-%m-%d %H:%M:%S} to {end} UTC")


def _named(rule: Rule) -> str:
    return f"{rule.value}" + (f"   as {rule.brand}" if rule.brand else "")


def _held(rule: Held) -> str:
    return f"{rule.value}" + (f"   ({rule.tag})" if rule.tag else "")


def _line(text: str) -> None:
    out.print(text, markup=False, soft_wrap=True)

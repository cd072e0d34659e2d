"""Asks X for what a start would do, without changing anything there and without reading a tweet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.sources.live.feed import Gap, Position
from pipeline.sources.live.runtime import resume_file
from pipeline.sources.live.saved import ONLY_FEED, Remembered, load
from pipeline.sources.twitter.answers import Refused, as_error
from pipeline.sources.twitter.api import FIELDS, Api
from pipeline.sources.twitter.ids import time_of
from pipeline.sources.twitter.rules import Held, Rule, RuleChanges, plan_of, rules_of
from pipeline.sources.twitter.settings import TwitterSettings
from pipeline.sources.twitter.source import STATE, token_of
from pipeline.sources.twitter.stream import raise_refused


@dataclass(frozen=True, slots=True)
class Preview:
    """X's rules for this account, and the remembered state.

    Attributes:
        rules: as they would be sent.
        plan: what would become of the account's rules; None in search mode, which has none there.
        found: how many tweets of the last seven days each rule finds, where X was asked (search mode).
        newest: the newest that Kafka has; None before the first start.
        gaps: those that are still open.
    """

    rules: tuple[Rule, ...]
    plan: RuleChanges | None
    found: tuple[int, ...]
    newest: Position | None
    gaps: tuple[Gap, ...]


def ask(settings: TwitterSettings, state_dir: Path) -> Preview:
    """Validate the rules and the credential with X.

    Raises:
        ConfigError: there is no token, X refuses it or the plan, or does not take a rule.
        SourceError: X does not answer as it should.
    """
    rules = rules_of(settings.track, mode=settings.mode, retweets=settings.retweets, longest=settings.rule_characters)
    remembered = load(resume_file(state_dir, STATE)).get(ONLY_FEED, Remembered())
    api = Api(settings, token_of(settings))
    try:
        plan = _plan(api, rules) if settings.mode == "stream" else None
        found = () if plan else tuple(api.count(rule.value) for rule in rules)
    except Refused as refused:
        raise as_error(refused.refusal, settings.mode) from None
    finally:
        api.close()
    return Preview(rules, plan, found, remembered.newest, remembered.gaps)


def _plan(api: Api, rules: Sequence[Rule]) -> RuleChanges:
    plan = plan_of(rules, api.held_rules())
    # One whose brand alone is new would be refused as a duplicate, as long as the old one is there.
    there = {held.value for held in plan.delete}
    new = [rule for rule in plan.create if rule.value not in there]
    raise_refused(api.add_rules(new, dry_run=True))
    return plan


def preview(settings: TwitterSettings, state_dir: Path) -> list[str]:
    """What a start would do, line by line, and what X says of the rules and the credential; raises as `ask` does."""
    return list(_lines(ask(settings, state_dir), settings))


def _lines(found: Preview, settings: TwitterSettings) -> Iterator[str]:
    how = f"mode {settings.mode}, retweets {settings.retweets.replace('_', ' ')}"
    if settings.mode == "stream":
        how += f", backfill of {settings.backfill_minutes} minutes" if settings.backfill_minutes else ", no backfill"
    yield f"the token and the rules are good; nothing was changed ({how})"
    if found.plan is None:
        for rule, count in zip(found.rules, found.found, strict=True):
            yield f"  search   {_named(rule)}   {count:,} in the last seven days"
    else:
        yield from _of_plan(found.plan)
    yield f"asks for {', '.join(FIELDS['tweet_fields'])}; joins {', '.join(FIELDS['expansions'])}"
    yield from _of_refill(found)


def _of_plan(plan: RuleChanges) -> Iterator[str]:
    for rule in plan.create:
        yield f"  create   {_named(rule)}"
    for held in plan.delete:
        yield f"  delete   {_held(held)}"
    for _, rule in plan.keep:
        yield f"  keep     {_named(rule)}"
    for held in plan.foreign:
        yield f"  foreign  {_held(held)}   left as it is; X counts its tweets too"


def _of_refill(found: Preview) -> Iterator[str]:
    if found.newest is None:
        yield "never ran here: begins now, nothing to refill"
        return
    yield f"Kafka has all up to {found.newest.id} ({_at(found.newest)} UTC): refills from there"
    for gap in found.gaps:
        yield f"  and the open gap from {_at(gap.after)} to {_at(gap.until) if gap.until else 'now'} UTC"


def _at(position: Position) -> str:
    return f"{time_of(int(position.id)):%Y-%m-%d %H:%M:%S}"


def _named(rule: Rule) -> str:
    return f"{rule.value}" + (f"   as {rule.brand}" if rule.brand else "")


def _held(rule: Held) -> str:
    return f"{rule.value}" + (f"   ({rule.tag})" if rule.tag else "")


def doubts(settings: TwitterSettings) -> list[str]:
    """The operators of the rules that are not known here. X is asked all the same, since it knows its own best.

    Raises:
        ConfigError: X would not take a rule.
    """
    rules = rules_of(settings.track, mode=settings.mode, retweets=settings.retweets, longest=settings.rule_characters)
    return [f"in the rule {rule.value!r}: {doubt}; X decides" for rule in rules for doubt in rule.doubts]

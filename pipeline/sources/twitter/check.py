"""What a start would do, asked of X without changing anything there, and without reading a tweet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.settings import TwitterSettings
from pipeline.sources.twitter.answers import Refused, as_error
from pipeline.sources.twitter.api import Api
from pipeline.sources.twitter.resume import Gap, Resume
from pipeline.sources.twitter.rules import Plan, Rule, plan_of, rules_of
from pipeline.sources.twitter.source import state_file, token_of
from pipeline.sources.twitter.stream import raise_refused


@dataclass(frozen=True, slots=True)
class Preview:
    """What X says of the rules, and what is remembered.

    Attributes:
        rules: as they would be sent.
        plan: what would become of the account's rules; None in search mode, which has none there.
        found: how many tweets of the last seven days each rule finds, where X was asked (search mode).
        frontier: the newest id that Kafka has; None before the first start.
        gaps: those that are still open.
    """

    rules: tuple[Rule, ...]
    plan: Plan | None
    found: tuple[int, ...]
    frontier: int | None
    gaps: tuple[Gap, ...]


def preview(settings: TwitterSettings, state_dir: Path) -> Preview:
    """Validate the rules and the credential with X.

    Raises:
        ConfigError: there is no token, X refuses it or the plan, or does not take a rule.
        SourceError: X does not answer as it should.
    """
    rules = rules_of(settings.track, mode=settings.mode, retweets=settings.retweets, longest=settings.rule_characters)
    resume = Resume(state_file(state_dir))
    api = Api(settings, token_of(settings))
    try:
        plan = _plan(api, rules) if settings.mode == "stream" else None
        found = () if plan else tuple(api.count(rule.value) for rule in rules)
    except Refused as refused:
        raise as_error(refused.refusal, settings.mode) from None
    finally:
        api.close()
    return Preview(rules, plan, found, resume.frontier, resume.gaps)


def _plan(api: Api, rules: Sequence[Rule]) -> Plan:
    plan = plan_of(rules, api.held_rules())
    # One whose brand alone is new would be refused as a duplicate, as long as the old one is there.
    there = {held.value for held in plan.delete}
    new = [rule for rule in plan.create if rule.value not in there]
    raise_refused(api.add_rules(new, dry_run=True))
    return plan

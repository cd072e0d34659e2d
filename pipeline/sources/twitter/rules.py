"""Turns tracked words into rules for X, with brands and tags, and compares them with the account's rules. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Literal

from pipeline.errors import ConfigError
from pipeline.sources.twitter.grammar import OPERATORS, BadRule, check, has_alternatives, is_one_term

TAG = "tweetpulse/"
"""The prefix of our rules' tags, which tells them from others of the same account."""

LONGEST = {"stream": 1_024, "search": 512}
"""Characters of a rule on the plans that most people have; Enterprise takes more."""

_QUOTED_BRAND = re.compile(r'^"([^"]+)":\s*(.*)$', re.DOTALL)
_BRAND = re.compile(r"^([^\s\"():#@$\-\[\]][^\s\"():\[\]]*):\s*(.*)$", re.DOTALL)
_MISSPELT = 0.7


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that X is asked for.

    Attributes:
        value: as X takes it.
        brand: what its tweets are about, if anything.
        doubts: what X may refuse in it, a sentence each.
    """

    value: str
    brand: str | None
    doubts: tuple[str, ...] = field(default=(), compare=False)

    @property
    def tag(self) -> str:
        """What X gives back with each tweet."""
        return TAG + (self.brand or "")


@dataclass(frozen=True, slots=True)
class Held:
    """A rule that the account has."""

    id: str
    value: str
    tag: str

    @property
    def is_ours(self) -> bool:
        """True if this project made it."""
        return self.tag.startswith(TAG)


@dataclass(frozen=True, slots=True)
class RuleChanges:
    """From the rules that the account has to those that are wanted.

    Attributes:
        create: wanted, and not there.
        delete: ours, and no longer wanted.
        keep: wanted and there. One of them may be somebody else's: X takes no rule twice.
        foreign: all others; they stay.
    """

    create: tuple[Rule, ...]
    delete: tuple[Held, ...]
    keep: tuple[tuple[Held, Rule], ...]
    foreign: tuple[Held, ...]


def rules_of(
    track: Iterable[str],
    *,
    mode: Literal["stream", "search"] = "stream",
    retweets: Literal["mark", "leave_out"] = "mark",
    longest: int | None = None,
) -> tuple[Rule, ...]:
    """The rules that a person names, as X takes them.

    Args:
        track: as in the settings: a word, a rule, or `Brand:rule`.
        mode: where they are for, which decides how long they may be.
        retweets: `leave_out` says so to X, so that they cost nothing.
        longest: another limit of characters.

    Raises:
        ConfigError: there is none, one is there twice, or X would not take one; it names the rule.
    """
    rules = tuple(_rule(text, retweets, longest or LONGEST[mode]) for text in track)
    if not rules:
        raise ConfigError(
            'nothing to track: name a word or a rule with --track "word", or in tweetpulse.toml: '
            '[twitter] track = ["word"]'
        )
    seen: set[str] = set()
    for rule in rules:
        if rule.value in seen:
            raise ConfigError(f"the rule {rule.value!r} is there twice: X takes each once; leave one of them out")
        seen.add(rule.value)
    return rules


def plan_of(wanted: Sequence[Rule], held: Sequence[Held]) -> RuleChanges:
    """The rules to create, delete, keep and leave alone."""
    by_value: dict[str, Held] = {}
    for rule in sorted(held, key=lambda rule: not rule.is_ours):
        by_value.setdefault(rule.value, rule)
    kept = tuple((by_value[rule.value], rule) for rule in wanted if _is_kept(rule, by_value.get(rule.value)))
    kept_ids = {rule.id for rule, _ in kept}
    kept_values = {rule.value for rule, _ in kept}
    return RuleChanges(
        create=tuple(rule for rule in wanted if rule.value not in kept_values),
        delete=tuple(rule for rule in held if rule.is_ours and rule.id not in kept_ids),
        keep=kept,
        foreign=tuple(rule for rule in held if not rule.is_ours and rule.id not in kept_ids),
    )


def brands_of(matching: Iterable[Mapping[str, Any]], adopted: Mapping[str, Rule]) -> tuple[str, ...] | None:
    """The brands of the rules that a streamed tweet matched; None if none of them is ours.

    Args:
        matching: `matching_rules`, as X sends them.
        adopted: somebody else's rules that say the same as one of ours, by their ids.
    """
    tags = [_tag(match, adopted) for match in matching]
    ours = [tag.removeprefix(TAG) for tag in tags if tag.startswith(TAG)]
    return tuple(dict.fromkeys(brand for brand in ours if brand)) if ours else None


def _tag(match: Mapping[str, Any], adopted: Mapping[str, Rule]) -> str:
    rule = adopted.get(str(match.get("id")))
    return rule.tag if rule else str(match.get("tag") or "")


def _is_kept(wanted: Rule, held: Held | None) -> bool:
    # One of ours whose brand has changed is made anew: its tag can't be changed.
    return held is not None and (not held.is_ours or held.tag == wanted.tag)


def _rule(text: str, retweets: str, longest: int) -> Rule:
    brand, value = _split(text.strip())
    try:
        doubts = check(value)
        if retweets == "leave_out":
            # AND binds tighter than OR: without brackets only the last alternative would leave retweets out.
            value = f"({value}) -is:retweet" if has_alternatives(value) else f"{value} -is:retweet"
        if len(value) > longest:
            raise BadRule(f"it has {len(value)} characters, and X takes {longest} (twitter.rule_characters)")
    except BadRule as why:
        raise ConfigError(f"the rule {text!r} is invalid: {why}") from None
    return Rule(value, brand, doubts)


def _split(text: str) -> tuple[str | None, str]:
    quoted, plain = _QUOTED_BRAND.match(text), _BRAND.match(text)
    if quoted:
        return quoted[1].strip(), quoted[2]
    if plain and plain[1].lower() not in OPERATORS:
        _refuse_misspelt(text, plain[1], plain[2])
        return plain[1], plain[2]
    return _own_brand(text), text


def _refuse_misspelt(text: str, name: str, rest: str) -> None:
    # An address has the form of a brand `https` with its rule.
    if rest.startswith("//"):
        raise ConfigError(f'the rule {text!r} is invalid: an address is looked for with url:"{text}"')
    # X's operators are in lower case, so a name with a capital letter is meant as a brand.
    close = get_close_matches(name, OPERATORS, n=1, cutoff=_MISSPELT) if name.islower() else []
    if close:
        raise ConfigError(
            f"the rule {text!r} is invalid: did you mean {close[0]}:? A brand of that name is written "
            f'"{name}":{rest}, and an operator of X\'s that is not known here ({text})'
        )


def _own_brand(text: str) -> str | None:
    """The name of a single word, phrase, tag or handle; None for anything longer."""
    try:
        is_single = is_one_term(text)
    except BadRule:
        return None
    is_plain = is_single and not text.startswith("-") and not re.match(r"^[A-Za-z_]+:", text)
    return re.sub(r"~\d+$", "", text).strip('"').lstrip("#@$") or None if is_plain else None

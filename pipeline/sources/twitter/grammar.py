"""X's rules: their words, operators and groups, and what X would refuse or misread in them. Pure.

From X's own pages "Build a rule" and "Operators" (docs.x.com, filtered stream). AND is a space and binds tighter
than OR; a rule needs something that stands alone, in each of its alternatives. X adds operators and their values now
and then: one that is not known here is doubted and not refused, since X validates every rule itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

ALONE = frozenset(
    (
        "from", "to", "retweets_of", "from_affiliate_of", "to_affiliate_of", "url", "url_title", "url_description",
        "url_contains", "context", "entity", "conversation_id", "bio", "user_bio", "bio_name", "bio_location",
        "user_bio_location", "place", "place_country", "point_radius", "geo_bounding_box", "bounding_box",
        "in_reply_to_tweet_id", "in_reply_to_status_id", "retweets_of_tweet_id", "retweets_of_status_id", "embedding",
        "list",
    )
)  # fmt: skip
"""Operators that a rule may consist of."""

WITH_OTHERS = frozenset(
    (
        "is", "has", "lang", "sample", "source", "min_followers", "followers_count", "tweets_count", "statuses_count",
        "following_count", "friends_count", "listed_count", "embedding_threshold",
    )
)  # fmt: skip
"""Operators that only narrow what another part of the rule finds."""

OPERATORS = ALONE | WITH_OTHERS

VALUES = {
    "is": frozenset(("retweet", "reply", "quote", "verified", "nullcast")),
    "has": frozenset(
        ("hashtags", "cashtags", "links", "mentions", "media", "images", "videos", "video_link", "geo")
    ),
}  # fmt: skip
"""What may stand behind the colon, where X lists it."""

WORDS_OF_LOGIC = {
    "or": "or is an ordinary word to X: write OR, or quote it",
    "and": "and is an ordinary word to X: a space already means it; quote it if the word is meant",
    "AND": "AND is written as a space",
    "NOT": "NOT is written as a minus sign",
}

DEEPEST = 20
"""Brackets within brackets."""

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<open>-?\()
      | (?P<close>\))
      | (?P<term>-?
          (?: (?P<operator>[A-Za-z_]+):(?P<value>"[^"]*"|\[[^\]]*\]|[^\s()"]+)?
            | "[^"]*"(?:~\d+)?
            | [^\s()"]+
          )
        )
    )""",
    re.VERBOSE,
)


class BadRule(ValueError):
    """Why X would refuse a rule, or read it otherwise than meant; it does not name the rule."""


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    operator: str | None = None
    value: str | None = None


def check(rule: str) -> tuple[str, ...]:
    """Find what X would refuse in a rule, or read otherwise than meant; what may be either is returned.

    Returns:
        A sentence for each operator, or value of one, that is not known here. Whether there is one, X decides.

    Raises:
        BadRule: X would refuse it, or misread it.
    """
    if not rule.strip():
        raise BadRule("it is empty")
    if rule.count('"') % 2:
        raise BadRule("a quotation mark is not closed")
    reading = _Reading(_tokens(rule))
    if not reading.whole():
        raise BadRule(
            "it has nothing that can stand alone: a word, a phrase, a #tag or an @name, "
            "in each alternative of an OR, and not only negated"
        )
    return tuple(reading.doubts)


def is_one_term(rule: str) -> bool:
    """True if a rule is a single word, phrase, tag, name or operator."""
    tokens = _tokens(rule)
    return len(tokens) == 1 and tokens[0].kind == "term"


def has_alternatives(rule: str) -> bool:
    """True if a rule has an OR, so that what is added to it needs a group around it."""
    return any(token.text == "OR" for token in _tokens(rule))


def _tokens(rule: str) -> list[_Token]:
    found, at, end = [], 0, len(rule.rstrip())
    while at < end:
        match = _TOKEN.match(rule, at)
        if match is None:
            raise BadRule("it can't be read as words, phrases, operators and groups")
        found.append(_token(match))
        at = match.end()
    return found


def _token(match: re.Match[str]) -> _Token:
    text = match[0].strip()
    if match["open"] or match["close"]:
        return _Token("open" if match["open"] else "close", text)
    return _Token("or" if text == "OR" else "term", text, match["operator"], match["value"])


class _Reading:
    """A recursive descent; each level says whether what it read can stand alone."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0
        self.doubts: list[str] = []

    def whole(self) -> bool:
        stands = self._alternatives()
        if self._at < len(self._tokens):
            raise BadRule("a bracket is closed that was not opened")
        return stands

    def _alternatives(self) -> bool:
        stands = [self._together()]
        while self._next("or"):
            stands.append(self._together())
        return all(stands)

    def _together(self) -> bool:
        stands = []
        while self._at < len(self._tokens) and self._tokens[self._at].kind in ("open", "term"):
            stands.append(self._group() if self._tokens[self._at].kind == "open" else self._term())
        if not stands:
            raise BadRule("something is missing beside an OR or inside brackets")
        return any(stands)

    def _group(self) -> bool:
        opened = self._take()
        if opened.text.startswith("-"):
            raise BadRule("X negates no groups: put the minus sign before each of its parts, and leave the OR out")
        self._depth += 1
        # Each level is a recursion of Python's, whose depth is limited.
        if self._depth > DEEPEST:
            raise BadRule("its brackets are nested too deeply")
        stands = self._alternatives()
        if not self._next("close"):
            raise BadRule("a bracket is not closed")
        self._depth -= 1
        return stands

    def _term(self) -> bool:
        token = self._take()
        if token.text in WORDS_OF_LOGIC:
            raise BadRule(WORDS_OF_LOGIC[token.text])
        if token.text in ("-", "#", "@", "$"):
            raise BadRule(f"{token.text} has nothing behind it")
        if token.operator is not None:
            _check_operator(token)
            self.doubts += _doubts(token)
        is_negated = token.text.startswith("-")
        # Of an operator that is not known, X alone can say whether it stands alone.
        return not is_negated and (token.operator is None or token.operator.lower() not in WITH_OTHERS)

    def _next(self, kind: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at].kind == kind:
            self._at += 1
            return True
        return False

    def _take(self) -> _Token:
        self._at += 1
        return self._tokens[self._at - 1]


def _check_operator(token: _Token) -> None:
    assert token.operator is not None
    name = token.operator.lower()
    for is_wrong, why in _FAULTS:
        if is_wrong(token, name):
            raise BadRule(why(token, name))


def _doubts(token: _Token) -> Iterator[str]:
    name = (token.operator or "").lower()
    if name not in OPERATORS:
        yield f"X has no operator {token.operator}: that is known here (a phrase with a colon in it has to be quoted)"
    elif name in VALUES and token.value not in VALUES[name]:
        yield f"X has no {name}:{token.value} that is known here: there are {', '.join(sorted(VALUES[name]))}"


_FAULTS: tuple[tuple[Callable[[_Token, str], bool], Callable[[_Token, str], str]], ...] = (
    (
        lambda token, name: not (token.value or "").strip('"'),
        lambda token, name: f"{name}: has nothing behind it (no space may follow the colon)",
    ),
    (
        lambda token, name: token.value == "nullcast" and not token.text.startswith("-"),
        lambda token, name: "X takes is:nullcast only negated",
    ),
)

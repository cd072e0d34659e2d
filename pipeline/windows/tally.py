"""The running numbers of a window, for one entity and language: they only grow, in whatever order tweets come. Pure.

Compounds are added up as whole numbers, so that the sums are exact and the same in every order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from pipeline.domain.formats import check_format
from pipeline.domain.prediction import COMPLAINT, Task, is_label
from pipeline.domain.sentiment import Label
from pipeline.domain.tweet import Kind
from pipeline.errors import SetupError
from pipeline.windows import authors

FORMAT = 1
"""Of `Tally.encoded`, which checkpoints keep."""

STEPS = 10_000
"""A compound is counted in ten-thousandths, which is what VADER rounds to."""

BIN = 200
"""Ten-thousandths in a bin of the histogram. Bins are around multiples of it: 0 is the middle of its own."""

MOST_HASHTAGS = 5_000
"""Different hashtags that a window counts; further ones are left out, and how often is counted."""


class Fact(NamedTuple):
    """What a window counts of a tweet.

    Attributes:
        kind: `tweet.kind`.
        label: of its sentiment.
        compound: of its sentiment, −1 to 1; None where it has none.
        complaint: the label of the complaint model; None where there was none.
        reason: of a complaint.
        author: the id of the author, or else the name.
        hashtags: each once.
    """

    kind: str | None
    label: str | None
    compound: float | None = None
    complaint: str | None = None
    reason: str | None = None
    author: str | None = None
    hashtags: tuple[str, ...] = ()


@dataclass(slots=True)
class Tally:
    """The numbers of a window.

    Attributes:
        tweets: without retweets; all other numbers are of these.
        retweets: only how many.
        labels: sentiment → tweets.
        compounds: tweets with a compound.
        total: of the compounds, in ten-thousandths.
        squares: the total of their squares.
        bins: of the histogram: number → tweets.
        judged: tweets that the complaint model has seen.
        complaints: those that it calls complaints.
        reasons: reason → complaints.
        authors: the smallest hashes of the authors (`pipeline.windows.authors`).
        hashtags: hashtag → tweets.
        left_out: how often a hashtag was left out, since there were `MOST_HASHTAGS` already.
    """

    tweets: int = 0
    retweets: int = 0
    labels: Counter[str] = field(default_factory=Counter)
    compounds: int = 0
    total: int = 0
    squares: int = 0
    bins: Counter[int] = field(default_factory=Counter)
    judged: int = 0
    complaints: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    authors: list[int] = field(default_factory=list)
    hashtags: Counter[str] = field(default_factory=Counter)
    left_out: int = 0

    @property
    def size(self) -> int:
        """All tweets that were counted; it grows with each, so it tells an older state from a newer one."""
        return self.tweets + self.retweets

    def add(self, facts: Iterable[Fact]) -> None:
        """Count more tweets."""
        found = list(facts)
        own = [fact for fact in found if fact.kind != Kind.RETWEET]
        self.retweets += len(found) - len(own)
        self.tweets += len(own)
        self.labels.update(fact.label for fact in own if fact.label in _LABELS)
        self._add_compounds([fact.compound for fact in own if fact.compound is not None])
        self._add_complaints([fact for fact in own if fact.complaint is not None])
        self.authors = authors.smallest(self.authors, {fact.author for fact in own if fact.author})
        self._add_hashtags(hashtag for fact in own for hashtag in fact.hashtags)

    def encoded(self) -> bytes:
        """As JSON, with the version of its format."""
        return orjson.dumps(
            {
                "format": FORMAT,
                "tweets": self.tweets,
                "retweets": self.retweets,
                "labels": self.labels,
                "compounds": self.compounds,
                "total": self.total,
                "squares": self.squares,
                "bins": {str(number): count for number, count in self.bins.items()},
                "judged": self.judged,
                "complaints": self.complaints,
                "reasons": self.reasons,
                "authors": self.authors,
                "hashtags": self.hashtags,
                "left_out": self.left_out,
            }
        )

    def _add_compounds(self, compounds: Iterable[float]) -> None:
        steps = [round(min(1.0, max(-1.0, compound)) * STEPS) for compound in compounds]
        self.compounds += len(steps)
        self.total += sum(steps)
        self.squares += sum(step * step for step in steps)
        self.bins.update(map(bin_of, steps))

    def _add_complaints(self, judged: list[Fact]) -> None:
        complaints = [fact for fact in judged if fact.complaint == COMPLAINT]
        self.judged += len(judged)
        self.complaints += len(complaints)
        # A reason is the name of a field: what is no label could be any text.
        self.reasons.update(fact.reason for fact in complaints if fact.reason and is_label(Task.REASON, fact.reason))

    def _add_hashtags(self, hashtags: Iterable[str]) -> None:
        for hashtag in hashtags:
            if hashtag in self.hashtags or len(self.hashtags) < MOST_HASHTAGS:
                self.hashtags[hashtag] += 1
            else:
                self.left_out += 1


_LABELS = frozenset(map(str, Label))


def bin_of(steps: int) -> int:
    """The bin of a compound in ten-thousandths, −50 to 50.

    >>> [bin_of(steps) for steps in (-10_000, -100, -99, 0, 99, 100, 10_000)]
    [-50, 0, 0, 0, 0, 1, 50]
    """
    return (steps + BIN // 2) // BIN


def decoded(state: bytes) -> Tally:
    """The tally that `Tally.encoded` has made.

    Raises:
        NewerFormat: a newer version of this program wrote it.
        SetupError: it is something else.
    """
    try:
        found = orjson.loads(state)
        check_format("the checkpoint of the windows", found.pop("format"), FORMAT)
        return _tally(found)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise SetupError(
            "the checkpoint of the windows is damaged: move it away (mv), and they are made anew of what Kafka has"
        ) from None


def _tally(found: Mapping[str, Any]) -> Tally:
    counters = {name: Counter(found[name]) for name in ("labels", "reasons", "hashtags")}
    bins = Counter({int(number): count for number, count in found["bins"].items()})
    return Tally(**{**found, **counters, "bins": bins})

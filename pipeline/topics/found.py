"""What topics are asked for, and what is found. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce

from pipeline.report.figures import Counts
from pipeline.report.period import Period
from pipeline.topics.models import Method
from pipeline.topics.quality import Quality
from pipeline.topics.said import LeftOut, Said

NAMING = 3
"""So many of its strongest words name a topic."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked for.

    Attributes:
        period: by the time at which tweets were written.
        entity: only tweets about it; None for all.
        languages: primary tags; tweets whose language nobody knows are taken too.
        method: that finds the topics.
        k: how many topics; None for the number of the best quality.
    """

    period: Period
    entity: str | None = None
    languages: tuple[str, ...] = ("en",)
    method: Method = Method.NMF
    k: int | None = None


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a topic, with its part of the topic's weight."""

    text: str
    weight: float


@dataclass(frozen=True, slots=True)
class Before:
    """A topic of the period before, and its share of the tweets of that period's sample."""

    words: tuple[Word, ...]
    share: float

    @property
    def name(self) -> str:
        """Its strongest words."""
        return named(self.words)


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic.

    Attributes:
        number: from 1, that of most tweets first.
        words: the strongest first.
        over_time: its tweets by label, for each interval of the period.
        share: of all tweets that are in a topic.
        asked, complain: how many of its tweets the complaint model has seen, and how many of those complain.
        examples: its clearest tweets.
        before: the same topic in the period before; None if it is new, or nothing was found then.
    """

    number: int
    words: tuple[Word, ...]
    over_time: tuple[Counts, ...]
    share: float
    asked: int
    complain: int
    examples: tuple[Said, ...]
    before: Before | None

    @property
    def name(self) -> str:
        """Its strongest words."""
        return named(self.words)

    @property
    def counts(self) -> Counts:
        """Its tweets by label."""
        return total(self.over_time)

    @property
    def complaint_share(self) -> float | None:
        """Of the tweets that the complaint model has seen; None where it has seen none."""
        return self.complain / self.asked if self.asked else None


@dataclass(frozen=True, slots=True)
class Judged:
    """How good the topics of a method are, and how long it took to find them."""

    method: Method
    quality: Quality
    seconds: float


@dataclass(frozen=True, slots=True)
class Found:
    """Everything that was found.

    Attributes:
        question: that was asked.
        topics: those of most tweets first.
        vanished: topics of the period before that are not there any more.
        compared: whether there were enough tweets in the period before.
        judged: both methods, on the same tweets, with as many topics.
        tried: the quality of each number of topics that was tried.
        common: words that too many tweets have to tell topics apart.
        sample: of how many tweets the topics were found.
        read: tweets of the period: those in a topic, and those left out.
        left_out: by reason.
    """

    question: Question
    topics: tuple[Topic, ...]
    vanished: tuple[Before, ...]
    compared: bool
    judged: tuple[Judged, ...]
    tried: Mapping[int, Quality]
    common: tuple[str, ...]
    sample: int
    read: int
    left_out: Mapping[LeftOut, int]

    @property
    def used(self) -> int:
        """Tweets that are in a topic."""
        return sum(topic.counts.tweets for topic in self.topics)

    @property
    def trusted(self) -> Judged:
        """The method of the better quality."""
        return max(self.judged, key=lambda one: one.quality.product)

    def is_new(self, topic: Topic) -> bool:
        """Whether a topic was not there before; nobody knows where nothing could be compared."""
        return self.compared and topic.before is None


def named(words: tuple[Word, ...]) -> str:
    """The strongest words of a topic, for people."""
    return ", ".join(word.text for word in words[:NAMING])


def total(counts: tuple[Counts, ...]) -> Counts:
    """The sum of counts."""
    return reduce(
        lambda one, other: Counts(
            one.negative + other.negative,
            one.neutral + other.neutral,
            one.positive + other.positive,
            one.unsupported + other.unsupported,
        ),
        counts,
        Counts(),
    )

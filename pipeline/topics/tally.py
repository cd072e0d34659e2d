"""Counts the tweets of each topic, interval by interval, and keeps the clearest ones as examples. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.domain.sentiment import Label
from pipeline.report.figures import Counts
from pipeline.report.period import Period
from pipeline.topics.models import Model, matrix
from pipeline.topics.said import LeftOut, Said, unusable
from pipeline.topics.vocabulary import Vocabulary

EXAMPLES = 3
LEAST_TERMS = 2
"""Of the vocabulary, in a tweet that counts."""

_ENOUGH_TERMS = 6
"""A tweet with fewer terms is a less telling example."""
_LABELS = {label: place for place, label in enumerate(Label)}


@dataclass(frozen=True, slots=True)
class Example:
    """A tweet that is clearly of a topic; the higher its rank, the clearer."""

    tweet: Said
    rank: float


class Tally:
    """Takes tweets, chunk by chunk, and forgets them.

    Attributes:
        read: tweets so far.
        left_out: of them, by reason.
    """

    def __init__(self, model: Model, vocabulary: Vocabulary, period: Period, languages: Sequence[str]) -> None:
        self._model = model
        self._vocabulary = vocabulary
        self._period = period
        self._languages = languages
        self._counts = np.zeros((model.k, len(period.moments), len(Label)), np.int64)
        self._complaints = np.zeros((model.k, 2), np.int64)
        self._examples: list[list[Example]] = [[] for _ in range(model.k)]
        self.read = 0
        self.left_out: Counter[LeftOut] = Counter()

    @property
    def used(self) -> int:
        """Tweets that are in a topic; with those left out they are all that were read."""
        return int(self._counts.sum())

    def add(self, tweets: Sequence[Said]) -> None:
        """Count a chunk of tweets, each in the one topic that has most of it."""
        self.read += len(tweets)
        usable = [(one, row) for one in tweets if (row := self._row(one))]
        if not usable:
            return
        shares = self._model.shares_of(matrix([row for _, row in usable], len(self._vocabulary.terms)))
        sums = shares.sum(axis=1)
        self.left_out[LeftOut.NO_TOPIC] += int(np.count_nonzero(sums <= 0))
        inside = np.flatnonzero(sums > 0)
        topics = shares[inside].argmax(axis=1)
        self._count(topics, [usable[place][0] for place in inside])
        terms = np.array([len(usable[place][1]) for place in inside])
        ranks = shares[inside, topics] * np.minimum(terms / _ENOUGH_TERMS, 1)
        for topic in range(self._model.k):
            of_topic = np.flatnonzero(topics == topic)
            clearest = of_topic[np.argsort(-ranks[of_topic], kind="stable")[: 2 * EXAMPLES]]
            found = [Example(usable[inside[place]][0], float(ranks[place])) for place in clearest]
            self._examples[topic] = _clearest([*self._examples[topic], *found])

    def counts(self, topic: int) -> tuple[Counts, ...]:
        """The tweets of a topic by label, for each interval of the period."""
        return tuple(Counts(*map(int, row)) for row in self._counts[topic])

    def complaints(self, topic: int) -> tuple[int, int]:
        """How many of a topic's tweets the complaint model has seen, and how many of those complain."""
        asked, complain = self._complaints[topic]
        return int(asked), int(complain)

    def examples(self, topic: int) -> tuple[Example, ...]:
        """The clearest tweets of a topic, no two of the same words."""
        return tuple(self._examples[topic])

    def _row(self, one: Said) -> list[int]:
        reason = unusable(one, self._languages)
        row = [] if reason else self._vocabulary.of(one.words)
        if len(row) >= LEAST_TERMS:
            return row
        self.left_out[reason or LeftOut.TOO_SHORT] += 1
        return []

    def _count(self, topics: NDArray[np.int64], tweets: Sequence[Said]) -> None:
        since, step = self._period.since, self._period.step
        moments = np.array([(one.at - since) // step for one in tweets])
        labels = np.array([_LABELS[one.label] for one in tweets])
        np.add.at(self._counts, (topics, moments, labels), 1)
        asked = np.array([one.complains is not None for one in tweets])
        complain = np.array([bool(one.complains) for one in tweets])
        np.add.at(self._complaints, topics, np.column_stack([asked, complain]))


def _clearest(examples: Sequence[Example]) -> list[Example]:
    found: dict[frozenset[str], Example] = {}
    for one in sorted(examples, key=lambda example: (-example.rank, example.tweet.id)):
        found.setdefault(frozenset(one.tweet.words), one)
    return list(found.values())[:EXAMPLES]

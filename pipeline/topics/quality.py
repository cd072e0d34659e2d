"""How good topics are: coherence and diversity. Pure.

Coherence is NPMI (Bouma, 2009), on the tweets themselves: 1 where two words come only together, 0 where they come
together as by chance, −1 where they never do. It is taken of the strongest 5 and 10 words, and the mean of the two
counts (Lau and Baldwin, 2016). Diversity is the share of distinct words among the strongest of all topics; quality is
the product of the two (Dieng, Ruiz and Blei, 2020).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

TOPS = (5, 10)
"""So many of a topic's strongest words."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Quality:
    """Of the topics of a model: `coherence` from −1 to 1, `diversity` from 0 to 1."""

    coherence: float
    diversity: float

    @property
    def product(self) -> float:
        """By which models are compared. A negative coherence is no better for a small diversity."""
        return self.coherence * self.diversity if self.coherence > 0 else self.coherence


def strongest(weights: Floats, count: int) -> list[list[int]]:
    """The places of the strongest words of each topic, the strongest first; a word without weight is none."""
    order = np.argsort(-weights, axis=1, kind="stable")[:, :count]
    return [[int(place) for place in row if weights[topic, place] > 0] for topic, row in enumerate(order)]


def quality_of(weights: Floats, tweets: Any) -> Quality:
    """The quality of topics.

    Args:
        weights: topics × terms.
        tweets: tweets × terms, sparse: which tweet has which term.
    """
    coherence = np.mean([npmi(words, tweets) for count in TOPS for words in strongest(weights, count)])
    return Quality(float(coherence), diversity(strongest(weights, max(TOPS))))


def npmi(words: Sequence[int], tweets: Any) -> float:
    """The mean NPMI of all pairs of words; −1 for a topic of fewer than two words.

    Args:
        words: their places.
        tweets: as for `quality_of`.
    """
    if len(words) < 2:
        return -1.0
    columns = (tweets[:, list(words)] > 0).astype(np.float64)
    together = np.asarray((columns.T @ columns).todense()) / tweets.shape[0]
    return float(np.mean([_npmi(together, *pair) for pair in combinations(range(len(words)), 2)]))


def diversity(tops: Sequence[Sequence[int]]) -> float:
    """The share of distinct words among the strongest of all topics."""
    named = [word for words in tops for word in words]
    return len(set(named)) / len(named) if named else 0.0


def _npmi(together: Floats, one: int, other: int) -> float:
    both = together[one, other]
    if both == 0:
        return -1.0
    if both == 1:
        return 1.0
    return float(np.log(both / (together[one, one] * together[other, other])) / -np.log(both))

"""Coherence and diversity, against numbers that were computed by hand."""

from __future__ import annotations

from math import log

import numpy as np
import pytest

from pipeline.topics.models import matrix
from pipeline.topics.quality import Quality, diversity, npmi, quality_of, strongest

# Ten tweets: words 0 and 1 come only together (twice), 2 and 3 as by chance, 4 never with 5.
TWEETS = matrix([[0, 1], [0, 1], [2, 3], [2, 3, 4], [2, 4], [2, 5], [3, 5], [3, 4], [4], [5]], 6)


def test_words_that_come_only_together() -> None:
    """p = 2/10 each and both: ln(0.2 / 0.04) / −ln 0.2 = 1."""
    assert npmi([0, 1], TWEETS) == pytest.approx(1)


def test_words_as_by_chance() -> None:
    """p(2) = p(3) = 4/10 and both 2/10, a little more often than 16/100."""
    assert npmi([2, 3], TWEETS) == pytest.approx(log(0.2 / 0.16) / -log(0.2))


def test_words_that_never_come_together() -> None:
    assert npmi([4, 5], TWEETS) == -1


def test_the_mean_of_all_pairs() -> None:
    """0 with 1 is 1; 0 with 4, and 1 with 4, is −1."""
    assert npmi([0, 1, 4], TWEETS) == pytest.approx((1 - 1 - 1) / 3)


def test_words_of_every_tweet() -> None:
    """Nothing is divided by the logarithm of one."""
    assert npmi([0, 1], matrix([[0, 1], [0, 1]], 2)) == 1


@pytest.mark.parametrize("words", [[], [2]])
def test_a_topic_of_one_word_is_none(words: list[int]) -> None:
    assert npmi(words, TWEETS) == -1


def test_diversity() -> None:
    """Three distinct words of four; none of none."""
    assert (diversity([[0, 1], [1, 2]]), diversity([])) == (0.75, 0)


def test_the_strongest_words() -> None:
    """Those without weight are none; of equal ones the first."""
    assert strongest(np.array([[0.0, 3.0, 1.0, 1.0], [0.0, 0.0, 0.0, 2.0]]), 3) == [[1, 2, 3], [3]]


def test_quality() -> None:
    """The mean over both numbers of words, and the product; a negative coherence stays what it is."""
    weights = np.array([[2.0, 1, 0, 0, 0, 0], [0, 0, 2, 1, 0, 0]])
    found = quality_of(weights, TWEETS)
    assert found.coherence == pytest.approx((1 + log(0.2 / 0.16) / -log(0.2)) / 2)
    assert (found.diversity, found.product) == (1, found.coherence)
    assert Quality(-0.2, 0.5).product == -0.2

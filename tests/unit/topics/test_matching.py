"""Which topic is which topic of before."""

from __future__ import annotations

import pytest

from pipeline.topics.matching import SAME, matched, similarity

BAGS = {"bag": 0.6, "lost": 0.4}
BAGGAGE = {"bag": 0.5, "lost": 0.3, "claim": 0.2}
COFFEE = {"latte": 1.0}


def test_similarity() -> None:
    """The cosine: (0.6·0.5 + 0.4·0.3) / √(0.52 · 0.38); nothing shared is 0, and no words are like none."""
    assert similarity(BAGS, BAGGAGE) == pytest.approx(0.42 / (0.52 * 0.38) ** 0.5)
    assert (similarity(BAGS, COFFEE), similarity({}, BAGS)) == (0, 0)
    assert similarity(BAGS, BAGS) == pytest.approx(1)


def test_the_most_similar_come_first_and_one_to_one() -> None:
    """What is most alike is taken first, wherever it stands; nothing is taken twice."""
    assert matched([BAGGAGE, BAGS, COFFEE], [BAGS]) == {1: 0}
    assert matched([COFFEE, BAGS], [BAGGAGE, COFFEE]) == {0: 1, 1: 0}


def test_what_is_less_alike_is_new() -> None:
    almost = {"bag": SAME - 0.05, "other": (1 - (SAME - 0.05) ** 2) ** 0.5}
    enough = {"bag": SAME + 0.05, "other": (1 - (SAME + 0.05) ** 2) ** 0.5}
    assert matched([almost], [{"bag": 1.0}]) == {}
    assert matched([enough], [{"bag": 1.0}]) == {0: 0}

"""Which topics go on, which are new, which have vanished, by their words. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt

SAME = 0.4
"""Two topics are the same if the cosine of their words' weights is at least that much."""

Weights = Mapping[str, float]
"""The strongest words of a topic, with their weights."""


def matched(now: Sequence[Weights], before: Sequence[Weights]) -> dict[int, int]:
    """The place of each topic that there was before → its place before; one to one, the most similar first."""
    pairs = [
        (similarity(one, other), place, earlier)
        for place, one in enumerate(now)
        for earlier, other in enumerate(before)
    ]
    found: dict[int, int] = {}
    for alike, place, earlier in sorted(pairs, key=lambda pair: (-pair[0], pair[1:])):
        if alike >= SAME and place not in found and earlier not in found.values():
            found[place] = earlier
    return found


def similarity(one: Weights, other: Weights) -> float:
    """The cosine of two topics' words: 1 for the same words with the same weights, 0 where they share none."""
    shared = sum(weight * other[word] for word, weight in one.items() if word in other)
    lengths = sqrt(sum(weight**2 for weight in one.values()) * sum(weight**2 for weight in other.values()))
    return shared / lengths if lengths else 0.0

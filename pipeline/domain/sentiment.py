"""The result of scoring a text."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

THRESHOLD = 0.05
"""From VADER's authors: compound ≥ 0.05 is positive, ≤ −0.05 negative, between them neutral."""


class Label(StrEnum):
    """`unsupported`: written in a language that no scorer speaks, so nothing is said. It is not neutral."""

    NEGATIVE = "negative"
    NEUTRAL = "neutral"
    POSITIVE = "positive"
    UNSUPPORTED = "unsupported"


SCORED = (Label.NEGATIVE, Label.NEUTRAL, Label.POSITIVE)
"""The labels that a share is made of, in the order in which they are shown."""


@dataclass(frozen=True, slots=True)
class Sentiment:
    """A label with VADER's numbers: `compound` in −1…1, the other three are shares of the text that add up to 1.

    All four numbers are None where the label is `unsupported`.
    """

    label: Label
    compound: float | None = None
    positive: float | None = None
    neutral: float | None = None
    negative: float | None = None


UNSUPPORTED = Sentiment(Label.UNSUPPORTED)


def label_of(compound: float) -> Label:
    """The label of a compound score, by the ±0.05 thresholds."""
    if compound >= THRESHOLD:
        return Label.POSITIVE
    if compound <= -THRESHOLD:
        return Label.NEGATIVE
    return Label.NEUTRAL

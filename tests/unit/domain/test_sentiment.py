"""The labels of VADER's compound score."""

from __future__ import annotations

import pytest

from pipeline.domain.sentiment import UNSUPPORTED, Label, Sentiment, label_of


@pytest.mark.parametrize(
    ("compound", "label"),
    [
        (1.0, Label.POSITIVE),
        (0.05, Label.POSITIVE),
        (0.0499, Label.NEUTRAL),
        (0.0, Label.NEUTRAL),
        (-0.0499, Label.NEUTRAL),
        (-0.05, Label.NEGATIVE),
        (-1.0, Label.NEGATIVE),
    ],
)
def test_thresholds(compound: float, label: Label) -> None:
    """±0.05 belongs to the feeling, what is between them is neutral."""
    assert label_of(compound) == label


def test_unsupported_says_nothing() -> None:
    """A language that nobody speaks has a label and no numbers."""
    assert Sentiment(Label.UNSUPPORTED) == UNSUPPORTED
    assert (UNSUPPORTED.compound, UNSUPPORTED.neutral) == (None, None)

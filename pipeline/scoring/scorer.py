"""What every scorer is."""

from __future__ import annotations

from typing import Protocol

from pipeline.domain.sentiment import Sentiment


class Scorer(Protocol):
    """Says what feeling a text shows."""

    @property
    def name(self) -> str:
        """One of a bounded set: it is a metric's label."""

    def score(self, text: str) -> Sentiment:
        """The sentiment of the whole text, as it stands."""

"""A scorer of your own: a few German words. Tweets in German are scored by it, all others by VADER.

PYTHONPATH=docs/examples TWEETPULSE_SCORING__SCORERS='["vader", "own_scorer:GermanWords"]' tweetpulse run
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.domain.sentiment import Sentiment, label_of

VALENCES = {"gut": 0.6, "toll": 0.8, "danke": 0.4, "schlecht": -0.6, "schrecklich": -0.8, "verspätet": -0.4}


class GermanWords:
    """The sum of the words' valences, held to −1…1."""

    name = "german_words"
    languages = frozenset({"de"})

    def score(self, texts: Sequence[str]) -> list[Sentiment]:
        """One sentiment for each text."""
        return [_sentiment(text.lower().split()) for text in texts]


def _sentiment(words: Sequence[str]) -> Sentiment:
    compound = sum(VALENCES.get(word.strip(".,!?"), 0.0) for word in words)
    compound = max(-1.0, min(1.0, compound))
    return Sentiment(label_of(compound), compound)

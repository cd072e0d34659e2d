"""VADER's lexicon, read from the package vaderSentiment 3.3.2: words, boosters, negations, idioms, emoji."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from pipeline.errors import ScoringError


@dataclass(frozen=True, slots=True)
class Lexicon:
    """VADER's data.

    Attributes:
        valences: lower-case word or emoticon → mean rating, −4…4.
        boosters: word or phrase → what it adds to the next word's valence.
        negations: words that turn a valence round.
        idioms: phrase of two or three words → the valence it has as a whole.
        emojis: one character → its description in words.
    """

    valences: Mapping[str, float]
    boosters: Mapping[str, float]
    negations: frozenset[str]
    idioms: Mapping[str, float]
    emojis: Mapping[str, str]


@cache
def lexicon() -> Lexicon:
    """Read once per process, about 40 ms with the package's own import.

    Raises:
        ScoringError: the package or one of its files is missing.
    """
    try:
        from vaderSentiment import vaderSentiment

        analyzer = vaderSentiment.SentimentIntensityAnalyzer()
    except (ImportError, OSError, ValueError) as error:
        raise ScoringError(f"VADER's lexicon can't be read ({error}): install vaderSentiment==3.3.2 anew") from None
    return Lexicon(
        valences=analyzer.lexicon,
        boosters=vaderSentiment.BOOSTER_DICT,
        negations=frozenset(vaderSentiment.NEGATE),
        idioms=vaderSentiment.SPECIAL_CASES,
        # The reference looks at one character after another, so it never finds the longer ones.
        emojis={sign: words for sign, words in analyzer.emojis.items() if len(sign) == 1},
    )

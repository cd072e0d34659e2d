"""A token as VADER's rules see it: read once, then found again in a cache."""

from __future__ import annotations

import string
from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.scoring.lexicon import Lexicon

RULE_WORDS = frozenset(
    ["no", "or", "nor", "never", "so", "this", "without", "doubt", "at", "very", "least", "but", "kind", "of"]
)
"""Words that the rules ask for by name."""


@dataclass(frozen=True, slots=True)
class Word:
    """The facts about a token that the rules use.

    Attributes:
        name: lower-case, for words that a rule or an idiom names; "" for all others.
        caps: written in capitals.
        known: in the lexicon, so that it modifies no other word.
        matters: has a valence of its own, or is "but".
        valence: of its own, −4…4.
        boost: what it adds to the valence of a word up to three places on.
        negates: turns the valence of a word up to three places on.
        idiomatic: the rarest word of a phrase, so that phrases need be looked for only around it.
    """

    name: str = ""
    caps: bool = False
    known: bool = False
    matters: bool = False
    valence: float = 0.0
    boost: float = 0.0
    negates: bool = False
    idiomatic: bool = False


PLAIN = Word()
PLAIN_CAPS = Word(caps=True)
BEFORE = Word(known=True)
"""Stands before a text's first word: it modifies nothing, as a word of the lexicon."""


class Reader:
    """Makes a `Word` of a token."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        phrases = [phrase.split() for phrase in (*lexicon.idioms, *lexicon.boosters) if " " in phrase]
        self._named = RULE_WORDS.union(*phrases)
        self._idiomatic = {_rarest(phrase) for phrase in phrases}

    def read(self, token: str) -> Word:
        """The word in a token without whitespace; most are the one `PLAIN`, so a cache of them is small."""
        bare = _bare(token)
        lower, caps = bare.lower(), bare.isupper()
        known, booster = lower in self._lexicon.valences, lower in self._lexicon.boosters
        negates = lower in self._lexicon.negations or "n't" in lower
        if not (known or booster or negates or lower in self._named):
            return PLAIN_CAPS if caps else PLAIN
        return Word(
            name=lower if lower in self._named else "",
            caps=caps,
            known=known,
            matters=known or lower == "but",
            valence=self._lexicon.valences.get(lower, 0.0),
            boost=self._lexicon.boosters.get(lower, 0.0),
            negates=negates,
            idiomatic=lower in self._idiomatic,
        )


def _bare(token: str) -> str:
    bare = token.strip(string.punctuation)
    # Two characters or fewer are likely an emoticon's: ":)" or ":D".
    return bare if len(bare) > 2 else token


def _rarest(phrase: Iterable[str]) -> str:
    # The longest word stands for the rarest: frequencies are not in the lexicon, and any word of the phrase is correct.
    return max(phrase, key=len)

"""VADER's rules for one word among its neighbours: three before it, two after it.

They follow vaderSentiment 3.3.2 to the last bit, its oddities included. The order of the operations
belongs to that: floating-point results depend on it.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.scoring.lexicon import Lexicon
from pipeline.scoring.word import Word

CAPS = 0.733
NEGATION = -0.74
EMPHASIS = 1.25


def valence_at(words: Sequence[Word], at: int, shouted: bool, lexicon: Lexicon) -> float:
    """The valence that `words[at]`, a word of the lexicon, has in its place.

    Args:
        words: padded, so that `at - 3` and `at + 2` are there.
        at: which word.
        shouted: whether some of the text's words, but not all, are in capitals.
        lexicon: for the idioms around the word.
    """
    word, one, two, three = words[at], words[at - 1], words[at - 2], words[at - 3]
    if word.name == "kind" and words[at + 1].name == "of":
        return 0.0
    valence = _own(word, words[at + 1], one, two, three)
    if shouted and word.caps:
        valence += CAPS if valence > 0 else -CAPS
    # The reference loops over the three words before; written out, since each distance has a factor and exceptions of
    # its own. It takes a word that is in its lexicon for no booster and no negation: hence `known`.
    if not one.known:
        valence = (valence + _boost(one, valence, shouted)) * (NEGATION if one.negates else 1.0)
    if not two.known:
        valence = (valence + _boost(two, valence, shouted) * 0.95) * _from_two_before(one, two)
    if not three.known:
        valence = (valence + _boost(three, valence, shouted) * 0.9) * _from_three_before(one, two, three)
        valence = _idiom(words, at, valence, lexicon)
    if one.name == "least" and two.name not in ("at", "very"):
        valence *= NEGATION
    return valence


def _own(word: Word, after: Word, one: Word, two: Word, three: Word) -> float:
    if one.name == "no" or two.name == "no" or (three.name == "no" and one.name in ("or", "nor")):
        return word.valence * NEGATION
    if word.name == "no" and after.known:
        return 0.0
    return word.valence


def _boost(booster: Word, valence: float, shouted: bool) -> float:
    boost = booster.boost
    if not boost:
        return 0.0
    if valence < 0:
        boost = -boost
    if shouted and booster.caps:
        boost += CAPS if valence > 0 else -CAPS
    return boost


def _from_two_before(one: Word, two: Word) -> float:
    if two.name == "never" and one.name in ("so", "this"):
        return EMPHASIS
    if two.name == "without" and one.name == "doubt":
        return 1.0
    return NEGATION if two.negates else 1.0


def _from_three_before(one: Word, two: Word, three: Word) -> float:
    # "so" or "this" right before the word is enough, whatever stands third: so the reference has it.
    if one.name in ("so", "this") or (three.name == "never" and two.name in ("so", "this")):
        return EMPHASIS
    if three.name == "without" and "doubt" in (one.name, two.name):
        return 1.0
    return NEGATION if three.negates else 1.0


def _idiom(words: Sequence[Word], at: int, valence: float, lexicon: Lexicon) -> float:
    around = words[at - 3 : at + 3]
    if not any(word.idiomatic for word in around):
        return valence
    three, two, one, word, after, later = [word.name for word in around]
    before = (f"{one} {word}", f"{two} {one} {word}", f"{two} {one}", f"{three} {two} {one}", f"{three} {two}")
    # The order of the reference: the first idiom in `before` wins, and an idiom that goes beyond the word overrides it.
    valence = next((lexicon.idioms[phrase] for phrase in before if phrase in lexicon.idioms), valence)
    for phrase in (f"{word} {after}", f"{word} {after} {later}"):
        valence = lexicon.idioms.get(phrase, valence)
    for phrase in (f"{three} {two} {one}", f"{three} {two}", f"{two} {one}"):
        valence += lexicon.boosters.get(phrase, 0.0)
    return valence

"""VADER, exact and fast: the numbers of vaderSentiment 3.3.2 for every text, in time linear in its length."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from heapq import heappop, heappush
from typing import Any

from pipeline.domain.sentiment import Label, Sentiment, label_of
from pipeline.scoring.cache import TokenCache
from pipeline.scoring.lexicon import lexicon
from pipeline.scoring.valence import valence_at
from pipeline.scoring.word import BEFORE, PLAIN, Reader, Word

BEFORE_BUT, AFTER_BUT = 0.5, 1.5
EXCLAMATION = 0.292
QUESTION, MANY_QUESTIONS = 0.18, 0.96
ALPHA = 15
"""From VADER's authors: close to the largest sum of valences that they expected."""

NO_WORDS = Sentiment(Label.NEUTRAL, 0.0, 0.0, 0.0, 0.0)
NO_FEELING = Sentiment(Label.NEUTRAL, 0.0, 0.0, 1.0, 0.0)


class Vader:
    """Scores one text at a time. It remembers tokens that it has met, within bounds; a pickled one starts without."""

    def __init__(self) -> None:
        self._lexicon = lexicon()
        self._words = TokenCache(Reader(self._lexicon).read)
        # The reference adds the space only where none stands; the tokens and the marks are the same with two.
        self._spelled_out = str.maketrans({emoji: " " + words for emoji, words in self._lexicon.emojis.items()})

    def __reduce__(self) -> tuple[Any, ...]:
        return Vader, ()

    def score(self, text: str) -> Sentiment:
        """The sentiment of a text of any length, also of an empty one (neutral, all shares 0)."""
        if not text.isascii():
            text = text.translate(self._spelled_out)
        tokens = text.split()
        words = self._read(tokens)
        valences = self._valences(words)
        if not valences:
            return NO_FEELING if tokens else NO_WORDS
        return _sentiment(valences, len(tokens), _emphasis(text))

    def explain(self, text: str) -> list[tuple[str, float]]:
        """The words that have a feeling where they stand, with their valences, in the text's order."""
        tokens = text.translate(self._spelled_out).split()
        words = self._read(tokens)
        shouted = _shouted(words)
        felt = [
            tokens[place - 3]
            for place, word in enumerate(words)
            if word.matters and word.name != "but" and valence_at(words, place, shouted, self._lexicon)
        ]
        return list(zip(felt, self._valences(words), strict=True))

    def _read(self, tokens: Sequence[str]) -> list[Word]:
        # The rules look three words back and two ahead, without asking whether a word is there.
        return [BEFORE, BEFORE, BEFORE, *map(self._words.__getitem__, tokens), PLAIN, PLAIN]

    def _valences(self, words: Sequence[Word]) -> list[float]:
        """The valences that are not 0, in the order of the words."""
        places = [place for place, word in enumerate(words) if word.matters]
        if not places:
            return []
        shouted = _shouted(words)
        valences: list[float] = []
        but: int | None = None
        for place in places:
            if words[place].name == "but":
                but = len(valences) if but is None else but
            elif valence := valence_at(words, place, shouted, self._lexicon):
                valences.append(valence)
        return valences if but is None else _turned(valences, but)


def _shouted(words: Sequence[Word]) -> bool:
    in_caps = len([word for word in words if word.caps])
    # Five words are padding: three before the text, two after it.
    return 0 < in_caps < len(words) - 5


def _turned(valences: list[float], but: int) -> list[float]:
    """Half of what comes before the first "but", half as much again of what follows it.

    The reference looks each value up by its first occurrence at that moment, so that an equal one further
    left may be changed in its stead, and again. Kept so, with the places of each value in a heap.
    """
    turned = list(valences)
    places: defaultdict[float, list[int]] = defaultdict(list)
    for place, valence in enumerate(turned):
        places[valence].append(place)
    for visited in range(len(turned)):
        valence = turned[visited]
        # The leftmost place of an equal value, as `list.index` finds it, without the walk that makes it quadratic.
        place = heappop(places[valence])
        turned[place] = valence * (BEFORE_BUT if place < but else AFTER_BUT)
        heappush(places[turned[place]], place)
    return turned


def _emphasis(text: str) -> float:
    questions = text.count("?")
    asked = 0.0 if questions < 2 else questions * QUESTION if questions <= 3 else MANY_QUESTIONS
    return min(text.count("!"), 4) * EXCLAMATION + asked


def _sentiment(valences: Sequence[float], words: int, emphasis: float) -> Sentiment:
    total = sum(valences)
    if total:
        total += math.copysign(emphasis, total)
    compound = round(max(-1.0, min(1.0, total / math.sqrt(total * total + ALPHA))), 4)
    positive, neutral, negative = _shares(valences, words, emphasis)
    # Adding 0 makes -0.0, which a rounded sum may be, the same number without a sign.
    return Sentiment(label_of(compound), compound + 0.0, positive, neutral, negative)


def _shares(valences: Sequence[float], words: int, emphasis: float) -> tuple[float, float, float]:
    positive = negative = 0.0
    for valence in valences:
        # The 1 makes up for neutral words, which count as 1.
        if valence > 0:
            positive += valence + 1
        else:
            negative += 1 - valence
    if positive > negative:
        positive += emphasis
    elif positive < negative:
        negative += emphasis
    neutral = words - len(valences)
    total = positive + negative + neutral
    return round(positive / total, 3), round(neutral / total, 3), round(negative / total, 3)

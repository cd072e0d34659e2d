"""The words that tell topics apart: neither rare nor common, no names, a plural with its singular. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.scoring.clean import clean
from pipeline.topics.fillers import FILLERS
from pipeline.topics.said import Said

LEAST_TWEETS = 5
"""A word of fewer tweets belongs to no topic."""
LEAST_SHARE = 1 / 2_000
"""The same, as a share of the tweets."""
MOST_SHARE = 0.2
"""A word of more tweets than that tells no topic from another."""
MOST_TERMS = 5_000
"""The vocabulary holds so many at most, those of most tweets."""
HANDLE_SHARE = 0.01
"""A handle that so many tweets mention is a name that they are about, and is left out as a word, too."""

_SHORTEST_SINGULAR = 3


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words that count.

    Attributes:
        terms: each stands for a word, or for a singular and its plural; the most frequent first.
        places: word → the place of its term.
        common: words that were left out, since too many tweets have them; the most frequent first.
    """

    terms: tuple[str, ...]
    places: Mapping[str, int]
    common: tuple[str, ...] = ()

    def of(self, words: Iterable[str]) -> list[int]:
        """The places of the terms of a tweet, each once, in order."""
        places = self.places
        return sorted({places[word] for word in words if word in places})


def vocabulary_of(tweets: Sequence[Said], names: Iterable[str] = ()) -> Vocabulary:
    """The vocabulary of a sample of tweets.

    Args:
        tweets: the sample.
        names: more words to be left out.
    """
    out = FILLERS.union(names, names_in(tweets))
    words = Counter(word for one in tweets for word in one.words if word not in out)
    term_of = {word: _singular(word, words) for word in words}
    counts = Counter(term for one in tweets for term in {term_of[word] for word in one.words if word in term_of})
    least, most = max(LEAST_TWEETS, len(tweets) * LEAST_SHARE), max(len(tweets) * MOST_SHARE, LEAST_TWEETS)
    ranked = sorted(counts, key=lambda term: (-counts[term], term))
    terms = [term for term in ranked if least <= counts[term] <= most][:MOST_TERMS]
    places = {term: place for place, term in enumerate(terms)}
    return Vocabulary(
        tuple(terms),
        {word: places[term] for word, term in term_of.items() if term in places},
        tuple(term for term in ranked if counts[term] > most),
    )


def names_in(tweets: Sequence[Said]) -> set[str]:
    """The words of the entities that the tweets are about, and the handles that many of them mention."""
    handles = Counter(handle for one in tweets for handle in one.mentions)
    entities = {entity for one in tweets for entity in one.entities}
    return words_of_names(entities) | {name for name, count in handles.items() if count >= len(tweets) * HANDLE_SHARE}


def words_of_names(names: Iterable[str]) -> set[str]:
    """The words of the names of brands, or of their keywords, as `tweet.words` would have them."""
    return {word for name in names for word in clean(name.lstrip("@#")).words}


def _singular(word: str, words: Mapping[str, int]) -> str:
    """What people say of a bag, they say of bags; without it, the two words would be two topics."""
    bare = word[:-1]
    is_plural = word.endswith("s") and not word.endswith("ss") and len(bare) >= _SHORTEST_SINGULAR and bare in words
    return bare if is_plural else word

"""Feature vectors of texts: n-grams of words and of characters, then `NUMBERS`.

N-grams are known by 64-bit hashes, so that no words are kept; telling ones weigh more. Those of one kind are
together of length 1 in every text, where one that comes twice counts as two: so a score is a sum over tokens.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.scoring.reading import BASE, NUMBERS, WORD, Floats, Hashes, Places, Reading, mixed

TELLS_LEAST = 0.3


@dataclass(frozen=True)
class Span:
    """N-grams of words of one kind.

    Attributes:
        offsets: which tokens belong to one, from its first on.
        starts: where each begins, in the reading's tokens.
        hashes: of each.
    """

    offsets: tuple[int, ...]
    starts: Places
    hashes: Hashes


@dataclass(frozen=True)
class Grams:
    """N-grams of one kind in texts: the text and the hash of each."""

    rows: Places
    hashes: Hashes


def word_spans(reading: Reading) -> list[Span]:
    """The n-grams of words: each word (one under a negation is another), pairs, and what else the recipe says."""
    recipe, rows, words = reading.table.recipe, reading.rows, reading.table.words[reading.ids]
    everywhere = np.arange(len(words))
    found = [Span((0,), everywhere, mixed(words + reading.negated.astype(np.uint64), WORD))]
    offsets = [tuple(range(size)) for size in range(2, recipe.words + 1)] + [(0, 2)] * recipe.skip
    for kind, places in enumerate(offsets, WORD + 1):
        count = max(len(words) - places[-1], 0)
        # Texts stand one after the other, so an n-gram must not go on into the next one.
        within = everywhere[:count][rows[:count] == rows[places[-1] :]]
        joined = words[within]
        for place in places[1:]:
            joined = joined * BASE + words[within + place]
        found.append(Span(places, within, mixed(joined, kind)))
    return found


def word_grams(reading: Reading) -> Grams:
    """The n-grams of words, as features."""
    spans, rows = word_spans(reading), reading.rows
    whose = np.concatenate([rows[span.starts] for span in spans])
    return Grams(whose, np.concatenate([span.hashes for span in spans]))


def char_grams(reading: Reading) -> Grams:
    """The n-grams of characters, one text after the other."""
    table = reading.table
    counts = np.diff(table.starts)[reading.ids]
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    # The places of all n-grams of all tokens at once: the beginning of each token's in the table, counted on.
    places = np.arange(total) + np.repeat(table.starts[reading.ids] - ends + counts, counts)
    return Grams(np.repeat(reading.rows, counts), table.grams[places])


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """The n-grams that a model knows.

    Attributes:
        hashes: sorted.
        scales: how much each of them counts, of the same length.
    """

    hashes: Hashes
    scales: Floats

    def __len__(self) -> int:
        return len(self.hashes)

    def find(self, hashes: Hashes) -> tuple[NDArray[np.bool_], Places]:
        """A mask of the hashes that are known, and the places of those."""
        if not len(self.hashes):
            return np.zeros(len(hashes), np.bool_), np.empty(0, np.int64)
        places = np.searchsorted(self.hashes, hashes)
        # A hash above all that are known has no place; any one will do, because it is compared below.
        places[places == len(self.hashes)] = 0
        known = self.hashes[places] == hashes
        return known, places[known]


@dataclass(frozen=True)
class Sparse:
    """Vectors: row `i` has `values` at `indices`, both from `starts[i]` to `starts[i + 1]`, the indices growing."""

    starts: Places
    indices: Places
    values: Floats
    width: int


def document_frequencies(
    reading: Reading, labels: Places, count: int, groups: Places | None = None
) -> tuple[Hashes, Places]:
    """Each n-gram's hash, and in how many of the texts of each label it is (n-grams × labels).

    Args:
        reading: of texts.
        labels: each text's, as a number.
        count: how many labels there are.
        groups: each text's, as a number: the texts of a group with the same label count once, since what one tweet
            says in six ways is said once. None: each text is a group.
    """
    owners = (np.arange(len(labels)) if groups is None else groups) * count + labels
    found = []
    for grams in (word_grams(reading), char_grams(reading)):
        whose = owners[grams.rows]
        order = np.lexsort((whose, grams.hashes))
        whose, hashes = whose[order], grams.hashes[order]
        # Sorted by n-gram and text, so that an n-gram that comes again in a text stands beside itself.
        again = (whose[1:] == whose[:-1]) & (hashes[1:] == hashes[:-1])
        first = np.concatenate([[True], ~again])[: len(hashes)]
        found.append((hashes[first], whose[first] % count))
    hashes, places = np.unique(np.concatenate([each for each, _ in found]), return_inverse=True)
    label = np.concatenate([each for _, each in found])
    return hashes, np.bincount(places * count + label, minlength=len(hashes) * count).reshape(-1, count)


def vocabulary_of(hashes: Hashes, counts: Places, texts: Places, at_least: int) -> Vocabulary:
    """The n-grams that are in enough texts, weighed by how much they tell.

    As in naive Bayes (Wang and Manning, 2012): by the logarithm of how many times likelier an n-gram is in the
    texts of a label than in all others, for the label where that is most. What tells nothing weighs `TELLS_LEAST`.

    Args:
        hashes: of n-grams.
        counts: in how many texts of each label each of them is (n-grams × labels).
        texts: how many texts of each label there are.
        at_least: the smallest number of texts that is enough.
    """
    kept = np.flatnonzero(counts.sum(axis=1) >= at_least)
    kept = kept[np.argsort(hashes[kept])]
    inside, everywhere = counts[kept], counts[kept].sum(axis=1, keepdims=True)
    # One is added to each count: an n-gram that a label never has would else have an infinite logarithm.
    likely = (inside + 1) / (texts + 2)
    likely_elsewhere = (everywhere - inside + 1) / (texts.sum() - texts + 2)
    return Vocabulary(hashes[kept], TELLS_LEAST + np.abs(np.log(likely / likely_elsewhere)).max(axis=1, initial=0.0))


def vectors(reading: Reading, vocabulary: Vocabulary) -> Sparse:
    """The texts' vectors: the n-grams of the vocabulary, then `NUMBERS`."""
    texts, width = len(reading.starts) - 1, len(vocabulary) + len(NUMBERS)
    keys, values = [], []
    for grams in (word_grams(reading), char_grams(reading)):
        known, places = vocabulary.find(grams.hashes)
        rows, scales = grams.rows[known], vocabulary.scales[places]
        keys.append(rows * width + places)
        # Each kind is L2-normalised by itself: the many n-grams of characters would else outweigh the words.
        values.append(scales / lengths(sums(rows, scales**2, texts))[rows])
    rows, columns = np.nonzero(reading.numbers)
    keys.append(rows * width + len(vocabulary) + columns)
    values.append(reading.numbers[rows, columns])
    # An n-gram that comes again in a text is one entry, whose values are added up.
    distinct, places = np.unique(np.concatenate(keys), return_inverse=True)
    starts = np.searchsorted(distinct, np.arange(texts + 1) * width)
    return Sparse(starts, distinct % width, sums(places, np.concatenate(values), len(distinct)), width)


def sums(rows: Places, values: Floats, count: int) -> Floats:
    """The sum of the values of each row."""
    return np.bincount(rows, values, count).astype(np.float64)


def lengths(squares: Floats) -> Floats:
    """The lengths of vectors whose squares add up to these; 1 for an empty one."""
    found: Floats = np.sqrt(np.where(squares > 0, squares, 1.0))
    return found

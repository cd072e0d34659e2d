"""The features that trained models compute from texts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.scoring import reading as reading_of
from pipeline.scoring.features import (
    TELLS_LEAST,
    Vocabulary,
    char_grams,
    document_frequencies,
    vectors,
    vocabulary_of,
    word_grams,
)
from pipeline.scoring.reading import NUMBERS, Reader, Recipe, mixed

TEXTS = ["@united I'm NOT happy!!! :(", "", "so gooood 😀", "late again, thanks for nothing #fail", "   "]


def grams_of(reader: Reader, texts: list[str]) -> list[tuple[list[int], list[int]]]:
    reading = reader.read(texts)
    return [
        (sorted(words.hashes[words.rows == place].tolist()), sorted(chars.hashes[chars.rows == place].tolist()))
        for words, chars in [(word_grams(reading), char_grams(reading))]
        for place in range(len(texts))
    ]


def test_a_text_is_read_alone() -> None:
    """The features of a text depend neither on its neighbours nor on earlier texts."""
    recipe = Recipe(words=3, skip=True)
    warm = Reader(recipe)
    warm.read(["other words :) before"])

    together = grams_of(warm, TEXTS)
    alone = [grams_of(Reader(recipe), [text])[0] for text in TEXTS]

    assert together == alone
    np.testing.assert_array_equal(
        warm.read(TEXTS).numbers, np.vstack([Reader(recipe).read([text]).numbers for text in TEXTS])
    )


def test_n_grams_of_a_kind_are_of_length_one() -> None:
    """However long a text is, its n-grams of a kind weigh the same; unknown ones count for nothing."""
    reading = Reader(Recipe()).read(["late again", "ok", "zzz"])
    grams = char_grams(reading)
    known = np.unique(grams.hashes[grams.rows < 2])
    vocabulary = Vocabulary(known, np.linspace(1, 9, len(known)))

    found = vectors(reading, vocabulary)
    is_gram = found.indices < len(vocabulary)
    squares = np.add.reduceat(np.where(is_gram, found.values**2, 0), found.starts[:-1])

    assert squares == pytest.approx([1, 1, 0])


def test_vectors_are_sparse_and_sorted() -> None:
    """As Spark wants them: indices grow within a row and none comes twice; the numbers are the last ones."""
    reading = Reader(Recipe()).read(TEXTS)
    hashes, _ = document_frequencies(reading, np.zeros(len(TEXTS), np.int64), 1)
    vocabulary = Vocabulary(hashes, np.ones(len(hashes)))

    found = vectors(reading, vocabulary)

    assert found.width == len(vocabulary) + len(NUMBERS)
    for start, end, numbers in zip(found.starts, found.starts[1:], reading.numbers, strict=False):
        row = np.zeros(found.width)
        row[found.indices[start:end]] = found.values[start:end]
        assert (np.diff(found.indices[start:end]) > 0).all()
        np.testing.assert_array_equal(row[len(vocabulary) :], numbers)


def test_document_frequencies_count_texts() -> None:
    """An n-gram that comes twice in a text is in one text, of that text's label."""
    reading = Reader(Recipe(chars=(9, 9))).read(["late late", "late", "ok"])
    hashes, counts = document_frequencies(reading, np.array([0, 1, 1]), 2)
    (late,) = set(word_grams(Reader(Recipe()).read(["late"])).hashes.tolist())

    assert counts[hashes == late].tolist() == [[1, 1]]
    assert counts.sum() == 2 + 1 + 1


def test_texts_of_a_group_count_once() -> None:
    """The texts of a group count once; under another label they count again."""
    reading = Reader(Recipe()).read(["late", "late again", "late", "late"])
    late = word_grams(Reader(Recipe()).read(["late"])).hashes[0]

    hashes, counts = document_frequencies(reading, np.array([0, 0, 1, 0]), 2, np.array([7, 7, 7, 8]))

    assert counts[hashes == late].tolist() == [[2, 1]]


def test_what_tells_weighs_more() -> None:
    """An n-gram of one label's texts alone more than one of all texts alike; what is in too few is not learnt."""
    hashes, counts = np.array([7, 5, 6], np.uint64), np.array([[8, 0], [4, 4], [1, 0]])
    known = vocabulary_of(hashes, counts, np.array([8, 8]), at_least=2)

    assert known.hashes.tolist() == [5, 7]
    assert known.scales == pytest.approx([TELLS_LEAST, TELLS_LEAST + np.log(9)])


def test_a_negation_goes_up_to_the_end_of_its_clause() -> None:
    """Words after it are others than those before it, after a comma, and in the next text."""
    reading = Reader(Recipe()).read(["good not good , good", "good"])
    good = reading.ids == reading.ids[0]

    assert reading.negated[good].tolist() == [False, True, False, False]


def test_numbers_are_named() -> None:
    """Each number has a name; sentiment, emphasis and names are separate."""
    rows = Reader(Recipe()).read(["GREAT!!! @a @b", "not great?", "bad http://t.co/x"]).numbers
    column = dict(zip(NUMBERS, rows.T, strict=True))

    assert rows.shape == (3, len(NUMBERS))
    assert column["praise"].argmax() == 0
    assert column["praise_negated"].argmax() == 1
    assert column["blame"].argmax() == 2
    assert column["exclaims"][0] > column["shouted"][0] > 0 == column["exclaims"][1]
    assert column["person"].argmax() == 0
    assert column["link"].tolist()[:2] == [0, 0]


def test_nothing_is_read_of_nothing() -> None:
    """No texts are no rows."""
    reading = Reader(Recipe()).read([])

    assert reading.numbers.shape == (0, len(NUMBERS))
    assert len(word_grams(reading).hashes) == len(char_grams(reading).hashes) == 0


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """New tokens never end; the memory is emptied, and what is read stays the same."""
    monkeypatch.setattr(reading_of, "MAX_TOKENS", 20)
    reader = Reader(Recipe())
    before = grams_of(reader, TEXTS)
    for number in range(30):
        table = reader.read([f"word{number} other{number}"]).table
        assert len(table.tokens) < 20 + 10

    assert grams_of(reader, TEXTS) == before


def test_hashes_last() -> None:
    """They are part of every trained model, so no change of the code may change them."""
    reading = Reader(Recipe()).read(["late again"])

    assert mixed(np.array([1], np.uint64), 2).tolist() == [MIXED]
    assert word_grams(reading).hashes.tolist() == WORDS
    assert int(char_grams(reading).hashes.sum()) == CHARS


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=80), max_size=4))
def test_any_text_will_do(texts: list[str]) -> None:
    """Also lone surrogates, NULs and signs that nobody knows."""
    reading = Reader(Recipe(words=3, skip=True)).read(texts)

    assert np.isfinite(reading.numbers).all()
    assert len(char_grams(reading).rows) == np.diff(reading.table.starts)[reading.ids].sum()


MIXED = 13757245211066428519
WORDS = [639350280561938692, 12237452128103623741, 12262725363975989402]
CHARS = 5323047554919682323

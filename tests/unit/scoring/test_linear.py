"""A trained model, as it serves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.domain.prediction import Task
from pipeline.errors import ScoringError
from pipeline.scoring.features import Vocabulary, document_frequencies, vectors, word_grams
from pipeline.scoring.linear import LinearModel
from pipeline.scoring.reading import NUMBERS, Reader, Recipe, reader_of

TEXTS = ["@united I'm NOT happy!!! :(", "", "so gooood 😀", "late again, thanks for nothing #fail", "bad bad bad"]
LABELS = ("negative", "neutral", "positive")


def model(task: Task = Task.SENTIMENT, labels: tuple[str, ...] = LABELS, recipe: Recipe = Recipe()) -> LinearModel:  # noqa: B008
    """A model with a weight of its own for each n-gram of `TEXTS`."""
    reading = Reader(recipe).read(TEXTS)
    hashes, _ = document_frequencies(reading, np.zeros(len(TEXTS), np.int64), 1)
    draw = np.random.default_rng(7)
    vocabulary = Vocabulary(hashes, draw.uniform(1, 9, len(hashes)))
    weights = draw.normal(size=(len(vocabulary) + len(NUMBERS), len(labels)))
    return LinearModel(task, "v1", labels, recipe, vocabulary, weights, draw.normal(size=len(labels)))


def by_hand(model: LinearModel, texts: list[str]) -> np.ndarray:
    """The probabilities by the vectors that training sees."""
    found = vectors(Reader(model.recipe).read(texts), model.vocabulary)
    scores = np.zeros((len(texts), len(model.labels))) + model.intercept
    for row, (start, end) in enumerate(zip(found.starts, found.starts[1:], strict=False)):
        scores[row] += found.values[start:end] @ model.weights[found.indices[start:end]]
    grown = np.exp(scores)
    return grown / grown.sum(axis=1, keepdims=True)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(TEXTS), st.text(max_size=60)), max_size=5))
def test_probabilities_are_a_softmax_of_sums(texts: list[str]) -> None:
    """The fast way gives what adding feature by feature gives, for known and unknown words."""
    found = MODEL.probabilities(texts)

    np.testing.assert_allclose(found, by_hand(MODEL, texts), atol=1e-12)
    assert found.shape == (len(texts), 3)


def test_a_prediction_is_the_most_probable_label() -> None:
    """With its probability and the model's version."""
    probabilities = MODEL.probabilities(TEXTS)

    for row, prediction in zip(probabilities, MODEL.predict(TEXTS), strict=True):
        assert (prediction.label, prediction.probability) == (LABELS[row.argmax()], row.max())
        assert prediction.version == "v1"


def test_models_of_a_recipe_share_what_is_read() -> None:
    """A tuple that was read is not read again by another model; it says what it says of the same texts read anew."""
    other = model(Task.COMPLAINT, ("complaint", "no_complaint"), MODEL.recipe)
    reader, texts = reader_of(MODEL.recipe), tuple(TEXTS)
    once = reader.read(texts)
    assert reader.read(texts) is once
    assert reader.read((*TEXTS,)) is not once
    assert (MODEL.predict(texts), other.predict(texts)) == (MODEL.predict(TEXTS), other.predict(TEXTS))


def test_a_model_survives_its_bytes() -> None:
    """All but its version, which the registry gives; and its bytes are always the same."""
    data = MODEL.dumps()
    back = LinearModel.loads(data)

    assert (back.task, back.version, back.labels, back.recipe) == (Task.SENTIMENT, "", LABELS, MODEL.recipe)
    np.testing.assert_array_equal(back.probabilities(TEXTS), MODEL.probabilities(TEXTS))
    assert back.dumps() == data
    assert replace(back, version="v2").predict(TEXTS[:1])[0].version == "v2"


def damaged(data: bytes) -> list[bytes]:
    other = replace(MODEL, weights=MODEL.weights[1:])
    endless = replace(MODEL, intercept=np.array([0, np.nan, 0]))
    strange = replace(MODEL, labels=("negative", "neutral", "angry"))
    return [b"", b"no model", data[:-100], data[: len(data) // 2], other.dumps(), endless.dumps(), strange.dumps()]


@pytest.mark.parametrize("number", range(7))
def test_what_is_no_model_is_refused(number: int) -> None:
    """In a line, and with nothing of it run or believed."""
    with pytest.raises(ScoringError, match="model"):
        LinearModel.loads(damaged(MODEL.dumps())[number])


def test_a_model_says_which_words_weighed() -> None:
    """A weight put on one word is told of that word, with its sign for the predicted label."""
    weights = np.zeros_like(MODEL.weights)
    reading = Reader(MODEL.recipe).read(["good"])
    _, places = MODEL.vocabulary.find(word_grams(reading).hashes)
    weights[places, 2] = 9.0
    flat = Vocabulary(MODEL.vocabulary.hashes, np.ones(len(MODEL.vocabulary)))
    plain = replace(MODEL, vocabulary=flat, weights=weights, intercept=np.zeros(3))
    text = "very good indeed"

    ((word, weight),) = plain.explain(text)

    assert (plain.predict([text])[0].label, word) == ("positive", "good")
    assert weight == pytest.approx(6)
    assert plain.explain("") == []
    assert len(MODEL.explain(TEXTS[3], top=2)) == 2


def test_what_words_weigh_adds_up() -> None:
    """All words and the numbers together are the label's lead over the average."""
    text = TEXTS[3]
    reading = Reader(MODEL.recipe).read([text])
    logits = np.log(MODEL.probabilities([text])[0])
    label = logits.argmax()
    rest = reading.numbers[0] @ MODEL.weights[len(MODEL.vocabulary) :] + MODEL.intercept

    words = sum(weight for _, weight in MODEL.explain(text, top=99))

    assert words == pytest.approx(logits[label] - logits.mean() - (rest[label] - rest.mean()))


def test_the_vocabulary_may_be_empty() -> None:
    """Then numbers alone decide."""
    bare = replace(MODEL, vocabulary=Vocabulary(*np.empty((2, 0))), weights=MODEL.weights[-len(NUMBERS) :])

    np.testing.assert_allclose(bare.probabilities(TEXTS), by_hand(bare, TEXTS), atol=1e-12)


MODEL = model()

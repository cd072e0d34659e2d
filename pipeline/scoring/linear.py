"""A trained model when it serves: a linear score for each label, whose probabilities are those of Spark's own."""

from __future__ import annotations

import io
import zipfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

import numpy as np
import orjson
from numpy.typing import NDArray

from pipeline.domain.prediction import TASK_LABELS, Prediction, Task
from pipeline.errors import ScoringError
from pipeline.scoring.features import (
    NUMBERS,
    Floats,
    Hashes,
    Places,
    Reading,
    Recipe,
    TokenTable,
    char_grams,
    reader_of,
    shares,
    word_grams,
    word_spans,
)

FORMAT = 1


@dataclass(eq=False)
class _Spelled:
    """What the characters of each token add to each label's score, as far as `table` was read."""

    table: TokenTable | None = None
    scores: Floats = field(default_factory=lambda: np.empty((0, 0)))


@dataclass(frozen=True, eq=False)
class LinearModel:
    """A model that says one of `labels`.

    Attributes:
        task: what it was trained for.
        version: in the registry; "" before it is there.
        labels: in the order of the probabilities.
        recipe: what it reads of a text.
        vocabulary: the hashes of the n-grams that it knows, sorted.
        weights: n-grams, then `NUMBERS` × labels.
        intercept: one for each label.
    """

    task: Task
    version: str
    labels: tuple[str, ...]
    recipe: Recipe
    vocabulary: Hashes = field(repr=False)
    weights: Floats = field(repr=False)
    intercept: Floats = field(repr=False)
    _spelled: _Spelled = field(default_factory=_Spelled, init=False, repr=False)

    def probabilities(self, texts: Sequence[str]) -> Floats:
        """Texts × labels; each row adds up to 1."""
        return self._probabilities(reader_of(self.recipe).read(texts))

    def predict(self, texts: Sequence[str]) -> list[Prediction]:
        """The most probable label of each text."""
        return self._predictions(reader_of(self.recipe).read(texts))

    def explain(self, text: str, top: int = 6) -> list[tuple[str, float]]:
        """The words that weighed most for the predicted label, or against it, the strongest first.

        A weight is what the word, its neighbours and its characters add to the label's score, above the
        average of all labels. Words are shown as written for n-grams: lower-case, names and links as signs.
        """
        reading = reader_of(self.recipe).read([text])
        scores = self._scores(reading)
        label = int(scores[0].argmax())
        advantage = self.weights[:, label] - self.weights.mean(axis=1)
        weights: dict[str, float] = defaultdict(float)
        for token, weight in zip(reading.ids, _by_token(self, reading, advantage), strict=True):
            weights[reading.table.tokens[token].word] += float(weight)
        strongest = sorted(weights.items(), key=lambda one: -abs(one[1]))[:top]
        return [(word, weight) for word, weight in strongest if weight]

    def dumps(self) -> bytes:
        """All of it but the version, which the registry gives; the same model gives the same bytes."""
        header = {"format": FORMAT, "task": self.task, "labels": self.labels, "recipe": asdict(self.recipe)}
        file = io.BytesIO()
        np.savez(
            file,
            header=np.frombuffer(orjson.dumps(header), np.uint8),
            vocabulary=self.vocabulary,
            weights=self.weights,
            intercept=self.intercept,
        )
        return file.getvalue()

    @classmethod
    def loads(cls, data: bytes) -> LinearModel:
        """What `dumps` wrote, with version "".

        Raises:
            ScoringError: it is something else, or damaged.
        """
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as file:
                header = orjson.loads(file["header"].tobytes())
                if header["format"] != FORMAT:
                    raise ScoringError(f"the model has format {header['format']}, not {FORMAT}: train it anew")
                recipe = header["recipe"] | {"chars": tuple(header["recipe"]["chars"])}
                model = cls(
                    Task(header["task"]), "", tuple(header["labels"]), Recipe(**recipe),
                    file["vocabulary"], file["weights"], file["intercept"],
                )  # fmt: skip
        except (ValueError, KeyError, TypeError, OSError, EOFError, zipfile.BadZipFile) as error:
            raise ScoringError(f"this is no trained model ({type(error).__name__}): publish it anew") from None
        model._check()
        return model

    def _check(self) -> None:
        shape = len(self.vocabulary) + len(NUMBERS), len(self.labels)
        whole = self.weights.shape == shape and self.intercept.shape == shape[1:]
        typed = self.vocabulary.dtype == np.uint64 and self.weights.dtype == self.intercept.dtype == np.float64
        if not (whole and typed and np.isfinite(self.weights).all() and np.isfinite(self.intercept).all()):
            raise ScoringError("this model's numbers do not fit together: publish it anew")
        if len(self.labels) < 2 or not set(self.labels) <= set(TASK_LABELS[self.task]):
            raise ScoringError(f"this model has labels that {self.task} does not know: train it anew")

    def _probabilities(self, reading: Reading) -> Floats:
        scores = self._scores(reading)
        grown = np.exp(scores - scores.max(axis=1, keepdims=True))
        probabilities: Floats = grown / grown.sum(axis=1, keepdims=True)
        return probabilities

    def _predictions(self, reading: Reading) -> list[Prediction]:
        probabilities = self._probabilities(reading)
        best = probabilities.argmax(axis=1)
        most = probabilities[np.arange(len(best)), best]
        return [
            Prediction(self.labels[label], probability, self.version)
            for label, probability in zip(best.tolist(), most.tolist(), strict=True)
        ]

    def _scores(self, reading: Reading) -> Floats:
        texts = len(reading.starts) - 1
        words = word_grams(reading)
        known, weights = looked_up(self.vocabulary, words.hashes, self.weights)
        scores = sums_by_row(words.rows[known], weights * words.values[known][:, None], texts)
        spelled = self._spelled_scores(reading.table)[reading.ids]
        counts = np.bincount(reading.rows, np.diff(reading.table.starts)[reading.ids], texts)
        scores += sums_by_row(reading.rows, spelled, texts) * shares(counts)[:, None]
        found: Floats = scores + reading.numbers @ self.weights[len(self.vocabulary) :] + self.intercept
        return found

    def _spelled_scores(self, table: TokenTable) -> Floats:
        """What each token's characters add: a token is looked up once, however often it comes."""
        if self._spelled.table is not table:
            self._spelled.table, self._spelled.scores = table, np.empty((0, len(self.labels)))
        before = len(self._spelled.scores)
        new = np.diff(table.starts)[before:]
        if len(new):
            known, weights = looked_up(self.vocabulary, table.grams[table.starts[before] :], self.weights)
            rows = np.repeat(np.arange(len(new)), new)[known]
            self._spelled.scores = np.concatenate([self._spelled.scores, sums_by_row(rows, weights, len(new))])
        return self._spelled.scores


def predict_all(models: Sequence[LinearModel], texts: Sequence[str]) -> list[list[Prediction]]:
    """What each model says of each text; what models of the same recipe read is read once."""
    readings = {recipe: reader_of(recipe).read(texts) for recipe in {model.recipe for model in models}}
    return [model._predictions(readings[model.recipe]) for model in models]


def places_of(vocabulary: Hashes, hashes: Hashes) -> tuple[NDArray[np.bool_], Places]:
    """Which of the hashes are in the vocabulary, and where those are."""
    if not len(vocabulary):
        return np.zeros(len(hashes), np.bool_), np.empty(0, np.int64)
    places = np.searchsorted(vocabulary, hashes)
    places[places == len(vocabulary)] = 0
    known = vocabulary[places] == hashes
    return known, places[known]


def looked_up(vocabulary: Hashes, hashes: Hashes, weights: Floats) -> tuple[NDArray[np.bool_], Floats]:
    """Which of the hashes are known, and the weights of those."""
    known, places = places_of(vocabulary, hashes)
    return known, weights[places]


def sums_by_row(rows: Places, values: Floats, count: int) -> Floats:
    """The sum of the values (n × k) of each row (count × k)."""
    sums: Floats = np.column_stack([np.bincount(rows, column, count) for column in values.T]).astype(np.float64)
    return sums


def _by_token(model: LinearModel, reading: Reading, weights: Floats) -> Floats:
    """What each token of one text adds: n-grams of words, shared among their words, and its characters."""
    found = np.zeros(len(reading.ids))
    spans = word_spans(reading)
    value = shares(np.array(sum(len(span.hashes) for span in spans)))
    for span in spans:
        known, added = looked_up(model.vocabulary, span.hashes, weights)
        for offset in span.offsets:
            np.add.at(found, span.starts[known] + offset, added * value / len(span.offsets))
    counts = np.diff(reading.table.starts)[reading.ids]
    grams = char_grams(reading)
    known, added = looked_up(model.vocabulary, grams.hashes, weights)
    owners = np.repeat(np.arange(len(counts)), counts)[known]
    return found + np.bincount(owners, added * grams.values[known], len(found))

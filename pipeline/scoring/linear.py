"""A trained model when it serves: a linear score for each label, whose probabilities are those of Spark's own."""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import ClassVar

import numpy as np
import orjson

from pipeline.domain.formats import check_format
from pipeline.domain.prediction import Prediction, Task, labels_fault
from pipeline.errors import ScoringError
from pipeline.scoring import arrays
from pipeline.scoring.features import Vocabulary, char_grams, lengths, sums, word_grams, word_spans
from pipeline.scoring.reading import NUMBERS, Floats, Places, Reading, Recipe, TokenTable, reader_of

FORMAT = 1


@dataclass(eq=False)
class _Spelled:
    """The contribution of each token's characters, for the tokens read so far (see `LinearModel._columns`)."""

    table: TokenTable | None = None
    sums: Floats = field(default_factory=lambda: np.empty((0, 0)))


@dataclass(frozen=True, eq=False)
class LinearModel:
    """A `Model`: says one of `labels`.

    Attributes:
        task: what it was trained for.
        version: in the registry; "" before it is there.
        labels: in the order of the probabilities.
        recipe: what it reads of a text.
        vocabulary: the n-grams that it knows.
        weights: n-grams, then `NUMBERS` × labels.
        intercept: one for each label.
    """

    task: Task
    version: str
    labels: tuple[str, ...]
    recipe: Recipe
    vocabulary: Vocabulary = field(repr=False)
    weights: Floats = field(repr=False)
    intercept: Floats = field(repr=False)
    languages: ClassVar[frozenset[str]] = frozenset({"en"})
    """Its numbers are VADER's, and its tokens English ones."""

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
        average of all labels; what `NUMBERS` add belongs to no word. Words are shown as they are read:
        lower-case, names and links as signs.
        """
        reading = reader_of(self.recipe).read([text])
        scores = self._scores(reading)
        label = int(scores[0].argmax())
        weights: dict[str, float] = defaultdict(float)
        for token, weight in zip(reading.ids, _by_token(self, reading, label), strict=True):
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
            hashes=self.vocabulary.hashes,
            scales=self.vocabulary.scales,
            weights=self.weights,
            intercept=self.intercept,
        )
        return file.getvalue()

    @classmethod
    def loads(cls, data: bytes) -> LinearModel:
        """The model that `dumps` wrote, with version "".

        Raises:
            ScoringError: it is something else, or damaged.
            NewerFormat: a newer version of this project wrote it.
        """
        try:
            file = arrays.archive_of(data)
            header = orjson.loads(file["header"].tobytes())
            check_format("the model", header["format"], FORMAT)
            if header["format"] != FORMAT:
                raise ScoringError(f"the model has format {header['format']}, not {FORMAT}: train it anew")
            recipe = header["recipe"] | {"chars": tuple(header["recipe"]["chars"])}
            model = cls(
                Task(header["task"]), "", tuple(header["labels"]), Recipe(**recipe),
                Vocabulary(file["hashes"], file["scales"]), file["weights"], file["intercept"],
            )  # fmt: skip
        except arrays.FAULTS as error:
            raise ScoringError(f"this is no trained model ({type(error).__name__}): publish it anew") from None
        model._check()
        return model

    def _check(self) -> None:
        known, shape = self.vocabulary, (len(self.vocabulary) + len(NUMBERS), len(self.labels))
        numbers = self.weights, self.intercept, known.scales
        whole = (self.weights.shape, self.intercept.shape, known.scales.shape) == (shape, shape[1:], known.hashes.shape)
        typed = known.hashes.dtype == np.uint64 and all(one.dtype == np.float64 for one in numbers)
        if not (whole and typed and all(np.isfinite(one).all() for one in numbers)):
            raise ScoringError("this model's numbers do not fit together: publish it anew")
        if fault := labels_fault(self.task, self.labels):
            raise ScoringError(f"{fault}: train it anew")

    @cached_property
    def _columns(self) -> Floats:
        """The contribution of each n-gram to each label's score, and, in a last column, to the squared length."""
        scales = self.vocabulary.scales[:, None]
        columns: Floats = np.hstack([self.weights[: len(scales)] * scales, scales**2])
        return columns

    def _probabilities(self, reading: Reading) -> Floats:
        scores = self._scores(reading)
        # Subtracting the largest score changes no probability, and keeps the exponentials from overflowing.
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
        texts, words = len(reading.starts) - 1, word_grams(reading)
        known, places = self.vocabulary.find(words.hashes)
        added = (
            sums_by_row(words.rows[known], self._columns[places], texts),
            sums_by_row(reading.rows, self._spelled_sums(reading.table)[reading.ids], texts),
        )
        scores: Floats = reading.numbers @ self.weights[len(self.vocabulary) :] + self.intercept
        for each in added:
            # Each kind of n-grams is normalised by itself, as in training; the last column is the squared length.
            scores += each[:, :-1] / lengths(each[:, -1])[:, None]
        return scores

    def _spelled_sums(self, table: TokenTable) -> Floats:
        """The contribution of each token's characters; a token is looked up once, however often it comes."""
        # When the reader has begun a new table, the same numbers stand for other tokens.
        if self._spelled.table is not table:
            self._spelled.table, self._spelled.sums = table, np.empty((0, len(self.labels) + 1))
        before = len(self._spelled.sums)
        new = np.diff(table.starts)[before:]
        if len(new):
            known, places = self.vocabulary.find(table.grams[table.starts[before] :])
            rows = np.repeat(np.arange(len(new)), new)[known]
            found = sums_by_row(rows, self._columns[places], len(new))
            self._spelled.sums = np.concatenate([self._spelled.sums, found])
        return self._spelled.sums


def sums_by_row(rows: Places, values: Floats, count: int) -> Floats:
    """The sum of the values (n × k) of each row (count × k)."""
    return np.column_stack([sums(rows, column, count) for column in values.T])


def _by_token(model: LinearModel, reading: Reading, label: int) -> Floats:
    """The contribution of each token of a text to a label's lead: its characters, and its share of n-grams."""
    added = model._columns.copy()
    added[:, :-1] -= added[:, :-1].mean(axis=1, keepdims=True)
    lead = added[:, [label, -1]]
    spelled, words = np.zeros((2, len(reading.ids), 2))
    for span in word_spans(reading):
        known, places = model.vocabulary.find(span.hashes)
        for offset in span.offsets:
            # Not `+=`, which adds only once where a token has several n-grams.
            np.add.at(words, span.starts[known] + offset, lead[places] / len(span.offsets))
    counts = np.diff(reading.table.starts)[reading.ids]
    known, places = model.vocabulary.find(char_grams(reading).hashes)
    np.add.at(spelled, np.repeat(np.arange(len(counts)), counts)[known], lead[places])
    found: Floats = words[:, 0] / lengths(words[:, 1].sum()) + spelled[:, 0] / lengths(spelled[:, 1].sum())
    return found

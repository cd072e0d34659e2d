"""The measures of a report on predictions. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.domain.prediction import COMPLAINT, NO_COMPLAINT, Task
from pipeline.scoring.reading import Floats
from pipeline.scoring.vader_scorer import VaderScorer
from pipeline.training.labelled import Row
from pipeline.training.promotion import length_of

BINS = 10
POINTS = 200
SLICE_ROWS = 50
"""A slice of fewer rows is not shown: its figures are chance."""


@dataclass(frozen=True, slots=True)
class LabelFigures:
    """One label: how often it is right where it is said, how often it is said where it is right; shares in 0…1."""

    precision: float
    recall: float
    f1: float
    rows: int


@dataclass(frozen=True, slots=True)
class Figures:
    """The measures of some predictions.

    Attributes:
        rows: how many.
        accuracy, macro_f1, macro_recall: 0…1; the means are over the labels that occur.
        labels: each label's own figures.
        confusion: true label → said label → rows.
    """

    rows: int
    accuracy: float
    macro_f1: float
    macro_recall: float
    labels: Mapping[str, LabelFigures]
    confusion: Mapping[str, Mapping[str, int]]

    def measures(self, prefix: str = "") -> dict[str, float]:
        """The three figures by name."""
        names = ("accuracy", "macro_f1", "macro_recall")
        return {f"{prefix}{name}": float(getattr(self, name)) for name in names}


@dataclass(frozen=True, slots=True)
class Bin:
    """Predictions whose probability lies between two: their mean probability, and how many are right."""

    low: float
    high: float
    rows: int
    probability: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """The calibration of probabilities. `error` is the expected calibration error (ECE), weighed by rows."""

    error: float
    bins: tuple[Bin, ...]


@dataclass(frozen=True, slots=True)
class Curve:
    """Precision over recall of one label, by falling probability, thinned; `average` is the average precision."""

    average: float
    recall: tuple[float, ...]
    precision: tuple[float, ...]


def figures(truth: Sequence[str], said: Sequence[str], labels: Sequence[str]) -> Figures:
    """Hold predictions to the truth.

    Args:
        truth: each row's label.
        said: what is predicted of each.
        labels: in the order in which they are shown; others of either side come after them.
    """
    names = list(dict.fromkeys([*labels, *sorted({*truth, *said})]))
    place = {name: number for number, name in enumerate(names)}
    cells = np.zeros((len(names), len(names)), np.int64)
    np.add.at(cells, ([place[one] for one in truth], [place[one] for one in said]), 1)
    hits, true, claimed = np.diagonal(cells), cells.sum(axis=1), cells.sum(axis=0)
    recall, precision = _share(hits, true), _share(hits, claimed)
    f1 = _share(2 * hits, true + claimed)
    occurs = true > 0
    return Figures(
        rows=len(truth),
        accuracy=float(_share(hits.sum(), cells.sum())),
        macro_f1=float(f1[occurs].mean()) if occurs.any() else 0.0,
        macro_recall=float(recall[occurs].mean()) if occurs.any() else 0.0,
        labels={
            name: LabelFigures(float(precision[at]), float(recall[at]), float(f1[at]), int(true[at]))
            for name, at in place.items()
        },
        confusion={name: dict(zip(names, row, strict=True)) for name, row in zip(names, cells.tolist(), strict=True)},
    )


def calibration(right: NDArray[np.bool_], probability: Floats) -> Calibration:
    """The distance between the predicted labels' probabilities and the share of them that is right."""
    bins = []
    # A probability of 1 belongs to the last bin.
    places = np.minimum((probability * BINS).astype(np.int64), BINS - 1)
    for number in range(BINS):
        inside = places == number
        if inside.any():
            means = float(probability[inside].mean()), float(right[inside].mean())
            bins.append(Bin(number / BINS, (number + 1) / BINS, int(inside.sum()), *means))
    error = sum(one.rows * abs(one.probability - one.accuracy) for one in bins) / max(len(right), 1)
    return Calibration(error, tuple(bins))


def curve(true: NDArray[np.bool_], probability: Floats) -> Curve:
    """Precision over recall for one label; of no true row there is none."""
    if not true.any():
        return Curve(0.0, (), ())
    order = np.argsort(-probability, kind="stable")
    hits = np.cumsum(true[order])
    # Rows of the same probability are said together or not at all.
    ends = np.flatnonzero(np.append(np.diff(probability[order]) != 0, True))
    precision, recall = hits[ends] / (ends + 1), hits[ends] / hits[-1]
    # A plain sum of steps: interpolating between them would be too favourable to the model.
    average = float(np.sum(np.diff(recall, prepend=0.0) * precision))
    shown = np.unique(np.linspace(0, len(ends) - 1, min(POINTS, len(ends))).astype(np.int64))
    return Curve(average, tuple(recall[shown].tolist()), tuple(precision[shown].tolist()))


def slices(rows: Sequence[Row], said: Sequence[str], labels: Sequence[str]) -> dict[str, dict[str, Figures]]:
    """The figures by entity, language and length of the text, the largest slice first; small ones are left out."""
    kinds = {
        "entity": [row.entity for row in rows],
        "language": [row.lang for row in rows],
        "length": [length_of(row.text) for row in rows],
    }
    found: dict[str, dict[str, Figures]] = {}
    for kind, names in kinds.items():
        places: dict[str, list[int]] = {}
        for place, name in enumerate(names):
            places.setdefault(name, []).append(place)
        large = sorted((item for item in places.items() if item[0] and len(item[1]) >= SLICE_ROWS), key=_by_size)
        found[kind] = {
            name: figures([rows[place].label for place in inside], [said[place] for place in inside], labels)
            for name, inside in large
        }
    return {kind: of_kind for kind, of_kind in found.items() if of_kind}


def untrained(task: Task, rows: Sequence[Row], most_frequent: str) -> tuple[str, list[str]]:
    """The predictions of a baseline that needs no training, and its name.

    VADER's label; for complaints, whether that is negative; for reasons, the most frequent one.
    """
    if task is Task.REASON:
        return "most_frequent", [most_frequent] * len(rows)
    said = [str(sentiment.label) for sentiment in VaderScorer().score([row.text for row in rows])]
    if task is Task.COMPLAINT:
        said = [COMPLAINT if label == "negative" else NO_COMPLAINT for label in said]
    return VaderScorer.name, said


def _by_size(item: tuple[str, list[int]]) -> tuple[int, str]:
    return -len(item[1]), item[0]


def _share(part: NDArray[np.int64], whole: NDArray[np.int64]) -> Floats:
    shares: Floats = np.divide(part, whole, out=np.zeros(np.shape(part)), where=np.asarray(whole) > 0)
    return shares

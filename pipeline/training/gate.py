"""Decides if a challenger replaces the champion: on the same held-out rows, by more than chance, and nowhere worse.

Pure: what both say of the rows comes in, a decision with its reason goes out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.domain.prediction import Task

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]

MEASURES: dict[Task, str] = {
    Task.SENTIMENT: "macro_recall",
    Task.COMPLAINT: "macro_f1",
    Task.REASON: "macro_f1",
}
"""The measure by which a task's models are compared."""

MINIMUM_ROWS, SLICE_ROWS = 200, 50
"""Fewer rows decide nothing; a slice of fewer is not looked at."""

RESAMPLES, SEED = 2_000, 20_261_121
CONFIDENCE = 0.95
MARGIN = 0.05


@dataclass(frozen=True, slots=True)
class Rows:
    """Held-out rows that neither model was trained on, and what both say of them; all of one length.

    Attributes:
        truth, champion, challenger: labels.
        slices: kind (`entity`, `language`, `length`) → each row's slice of that kind; "" is in none.
    """

    truth: Sequence[str]
    champion: Sequence[str]
    challenger: Sequence[str]
    slices: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class SliceFigures:
    """The measure on the rows of a slice, in 0…1."""

    kind: str
    name: str
    rows: int
    champion: float
    challenger: float

    @property
    def loss(self) -> float:
        """The challenger's loss against the champion; below 0 if the challenger is better."""
        return self.champion - self.challenger


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two models on the same rows.

    Attributes:
        measure: its name (see `MEASURES`).
        rows: how many.
        champion, challenger: the measure, 0…1.
        low, high: between them lies the difference, challenger − champion, in 90 % of the resamples: it is above
            `low` in 95 %.
        slices: those with enough rows, the largest loss first.
    """

    measure: str
    rows: int
    champion: float
    challenger: float
    low: float
    high: float
    slices: tuple[SliceFigures, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision to promote or not, and its reason in a line.

    Attributes:
        comparison: None where there is nothing to compare.
        held_to: the champion that it was compared with; None where there is none.
    """

    promote: bool
    why: str
    comparison: Comparison | None = None
    held_to: str | None = None


def decide(task: Task, rows: Rows, *, margin: float = MARGIN) -> Decision:
    """Hold a challenger to the champion: better by more than chance, and no slice worse by more than the margin."""
    if len(rows.truth) < MINIMUM_ROWS:
        return Decision(False, f"not enough rows that neither was trained on: {len(rows.truth)} of {MINIMUM_ROWS}")
    found = compare(task, rows)
    figures = (
        f"{found.measure} {found.challenger:.3f} against {found.champion:.3f} on {found.rows:,} rows, "
        f"difference at least {found.low:+.3f} with 95 % confidence"
    )
    # One-sided: 5 % of the resamples lie below `low`, so a model that is only equal is promoted once in twenty times.
    if found.low <= 0:
        return Decision(False, f"not better by more than chance: {figures}", found)
    worst = found.slices[0] if found.slices else None
    if worst is not None and worst.loss > margin:
        return Decision(
            False,
            f"better ({figures}), but worse than the margin of {margin:.2f} for {worst.kind} {worst.name}: "
            f"{worst.challenger:.3f} against {worst.champion:.3f} on {worst.rows:,} rows",
            found,
        )
    return Decision(True, f"better by more than chance: {figures}", found)


def decide_first(task: Task, metrics: Mapping[str, float]) -> Decision:
    """Hold a task's first model to what needs no training, by the metrics of its own manifest.

    Args:
        task: which one.
        metrics: the task's measure, and the same of at least one baseline as `<baseline>_<measure>`
            (`vader_macro_recall`, `most_frequent_macro_f1`).
    """
    measure = MEASURES[task]
    baselines = {name: value for name, value in metrics.items() if name.endswith(f"_{measure}")}
    if measure not in metrics or not baselines:
        return Decision(False, f"its manifest does not say what it and a baseline reached ({measure})")
    best = max(baselines, key=baselines.__getitem__)
    figures = f"{measure} {metrics[measure]:.3f} against {baselines[best]:.3f} of {best.removesuffix('_' + measure)}"
    if metrics[measure] > baselines[best]:
        return Decision(True, f"the first model of {task}: {figures}")
    return Decision(False, f"not better than what needs no training: {figures}")


def not_comparable(champion: Sequence[str], challenger: Sequence[str]) -> Decision | None:
    """A refusal where two models do not know the same labels, else None."""
    if set(champion) == set(challenger):
        return None
    return Decision(
        False,
        f"not comparable: it says {', '.join(sorted(challenger))}, the champion {', '.join(sorted(champion))}",
    )


def compare(task: Task, rows: Rows) -> Comparison:
    """The measure of both on all rows and on the slices, and the interval of the difference (paired bootstrap)."""
    cells = _cells(rows)
    champion, challenger = (float(one[0]) for one in _measures(task, cells[None]))
    # Paired: each resample has the same rows for both models, since what is hard for one is mostly hard for the other.
    drawn = np.random.default_rng(SEED).multinomial(cells.sum(), cells.ravel() / cells.sum(), size=RESAMPLES)
    before, after = _measures(task, drawn.reshape(RESAMPLES, *cells.shape))
    low, high = np.quantile(after - before, [1 - CONFIDENCE, CONFIDENCE])
    slices = sorted(_slices(task, rows), key=lambda one: -one.loss)
    return Comparison(MEASURES[task], len(rows.truth), champion, challenger, float(low), float(high), tuple(slices))


def _slices(task: Task, rows: Rows) -> list[SliceFigures]:
    found = []
    for kind, names in rows.slices.items():
        every = np.asarray(names, dtype=object)
        for name in sorted(set(names) - {""}):
            inside = np.flatnonzero(every == name)
            if len(inside) >= SLICE_ROWS:
                champion, challenger = (float(one[0]) for one in _measures(task, _cells(_only(rows, inside))[None]))
                found.append(SliceFigures(kind, name, len(inside), champion, challenger))
    return found


def _only(rows: Rows, places: NDArray[Any]) -> Rows:
    truth, champion, challenger = (
        [labels[place] for place in places] for labels in (rows.truth, rows.champion, rows.challenger)
    )
    return Rows(truth, champion, challenger, {})


def _cells(rows: Rows) -> Counts:
    """The number of rows with each triple of labels (truth × champion × challenger).

    Resampling rows in pairs is drawing from these counts: rows of the same triple can't be told apart.
    """
    labels = sorted({*rows.truth, *rows.champion, *rows.challenger})
    place = {label: number for number, label in enumerate(labels)}
    triples = [[place[label] for label in said] for said in (rows.truth, rows.champion, rows.challenger)]
    cells = np.zeros((len(labels),) * 3, dtype=np.int64)
    np.add.at(cells, tuple(np.asarray(one, dtype=np.intp) for one in triples), 1)
    return cells


def _measures(task: Task, cells: Counts) -> tuple[Floats, Floats]:
    """The task's measure of the champion and of the challenger, for each resample (resamples × k × k × k)."""
    measure = _macro_recall if MEASURES[task] == "macro_recall" else _macro_f1
    return measure(cells.sum(axis=3)), measure(cells.sum(axis=2))


def _macro_recall(confusion: Counts) -> Floats:
    """The mean recall over the labels that occur (resamples × truth × said)."""
    return _mean_over_occurring(_hits(confusion), confusion.sum(axis=2), confusion)


def _macro_f1(confusion: Counts) -> Floats:
    """The mean F1 over the labels that occur (resamples × truth × said)."""
    return _mean_over_occurring(2 * _hits(confusion), confusion.sum(axis=2) + confusion.sum(axis=1), confusion)


def _hits(confusion: Counts) -> Counts:
    return np.diagonal(confusion, axis1=1, axis2=2)


def _mean_over_occurring(part: Counts, whole: Counts, confusion: Counts) -> Floats:
    occurs = confusion.sum(axis=2) > 0
    # A label that a resample does not hold has no recall, so it is left out of the mean and does not count as 0.
    shares: Floats = np.divide(part, whole, out=np.zeros(part.shape), where=occurs)
    mean: Floats = shares.sum(axis=1) / occurs.sum(axis=1)
    return mean

"""The report on a version, for people (Markdown) and programs (JSON)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import orjson

from pipeline.domain.prediction import Task
from pipeline.ports import Model
from pipeline.training.evaluation import Calibration, Curve, Figures, calibration, curve, figures, slices, untrained
from pipeline.training.labelled import Row

VADER_NEGATIVE = "VADER (negative: a complaint)"
_TITLES = {
    "vader": "VADER",
    "most_frequent": "the most frequent label",
    "plain": "plain TF-IDF and logistic regression",
}


@dataclass(frozen=True)
class Report:
    """Everything that is said of a version on rows that training never saw.

    Attributes:
        task: what the model is for.
        split: how those rows were chosen, in words.
        rows: name (`training`, `held out`, ...) → how many; what was left out by reason among them.
        classes: side (`training`, `held out`) → label → rows.
        model: the model's figures.
        baselines: name → the figures of what is not ours, on the same rows.
        calibration, curves, slices: of the model; curves by label, slices by kind and name.
        parameters: with which it was trained.
        plots: file names of the pictures.
        note: what else is to be said of the figures.
    """

    task: Task
    split: str
    rows: Mapping[str, int]
    classes: Mapping[str, Mapping[str, int]]
    model: Figures
    baselines: Mapping[str, Figures]
    calibration: Calibration
    curves: Mapping[str, Curve]
    slices: Mapping[str, Mapping[str, Figures]]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    plots: Sequence[str] = ()
    note: str = ""

    def metrics(self) -> dict[str, float]:
        """The measures for the manifest: the model's, and those of the baselines."""
        found = self.model.measures()
        for name, one in self.baselines.items():
            # The gate compares a first version with these, and only with what needs no training.
            if name != "plain":
                found |= one.measures(f"{name}_")
        return found | {"calibration_error": self.calibration.error}


def report_of(
    model: Model, rows: Sequence[Row], *, split: str, training: Mapping[str, int], counts: Mapping[str, int]
) -> Report:
    """Measure a model on rows.

    Args:
        model: which one.
        rows: with the truth.
        split: how they were chosen, in words.
        training: label → rows that the model was trained on; empty where nobody knows.
        counts: what else is said of rows (see `Report.rows`).
    """
    truth = [row.label for row in rows]
    probabilities = _probabilities(model, [row.text for row in rows])
    best = probabilities.argmax(axis=1)
    said = [model.labels[place] for place in best]
    right = np.array([one == other for one, other in zip(truth, said, strict=True)], np.bool_)
    held_out = Counter(truth)
    name, guessed = untrained(model.task, rows, max(training or held_out, key=(training or held_out).__getitem__))
    sides = {"training": dict(training), "held out": {label: held_out[label] for label in sorted(held_out)}}
    return Report(
        task=model.task,
        split=split,
        rows=counts,
        classes={side: classes for side, classes in sides.items() if classes},
        model=figures(truth, said, model.labels),
        baselines={name: figures(truth, guessed, model.labels)},
        calibration=calibration(right, probabilities[np.arange(len(rows)), best]),
        curves={
            label: curve(np.array([one == label for one in truth], np.bool_), probabilities[:, place])
            for place, label in enumerate(model.labels)
        },
        slices=slices(rows, said, model.labels),
    )


def with_baseline(report: Report, name: str, rows: Sequence[Row], said: Sequence[str]) -> Report:
    """The report with one more baseline, on the same rows."""
    found = figures([row.label for row in rows], said, list(report.model.labels))
    return replace(report, baselines={name: found, **report.baselines})


def as_json(report: Report) -> bytes:
    """All of it."""
    return orjson.dumps(asdict(report), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def as_markdown(report: Report) -> str:
    """The same for people, with the pictures where there are any."""
    parts = [
        f"# Model of {report.task}",
        f"Held out {report.split}." + (f" {report.note}" if report.note else ""),
        _table(["rows", ""], [[name, f"{count:,}"] for name, count in report.rows.items()]),
        "## On rows that training never saw",
        _comparison(report),
        "## By label",
        _labels(report),
        "## Confusion",
        "Rows are what people said, columns what the model says.",
        _confusion(report.model),
        "## Calibration",
        f"Expected calibration error {report.calibration.error:.3f}: the distance between the probability that the "
        "model gives and how often it is right.",
        _table(
            ["probability", "rows", "mean", "right"],
            [
                [f"{one.low:.1f} to {one.high:.1f}", f"{one.rows:,}", f"{one.probability:.3f}", f"{one.accuracy:.3f}"]
                for one in report.calibration.bins
            ],
        ),
        *_slices(report),
        "## Pictures",
        *([f"![{name}]({name})" for name in report.plots] or [_WITHOUT_PLOTS]),
        "## Parameters",
        _table(["", ""], [[name, str(value)] for name, value in report.parameters.items()]),
    ]
    return "\n\n".join(parts) + "\n"


_WITHOUT_PLOTS = "Left out: matplotlib is not installed. `pip install 'tweetpulse[plots]'` brings it."


def title_of(task: Task, name: str) -> str:
    """A baseline's name for people."""
    return VADER_NEGATIVE if (task, name) == (Task.COMPLAINT, "vader") else _TITLES.get(name, name)


def _comparison(report: Report) -> str:
    named = {"this model": report.model, **{title_of(report.task, key): one for key, one in report.baselines.items()}}
    rows = [[name, *(f"{value:.3f}" for value in one.measures().values())] for name, one in named.items()]
    return _table(["", "accuracy", "macro-F1", "macro-recall"], rows)


def _labels(report: Report) -> str:
    trained = report.classes.get("training", {})
    rows = [
        [
            label, f"{trained.get(label, 0):,}" if trained else "", f"{one.rows:,}",
            f"{one.precision:.3f}", f"{one.recall:.3f}", f"{one.f1:.3f}",
        ]
        for label, one in report.model.labels.items()
    ]  # fmt: skip
    return _table(["label", "trained on", "measured on", "precision", "recall", "F1"], rows)


def _confusion(found: Figures) -> str:
    rows = [[label, *(f"{count:,}" for count in said.values())] for label, said in found.confusion.items()]
    return _table(["", *found.confusion], rows)


def _slices(report: Report) -> list[str]:
    parts = []
    for kind, of_kind in report.slices.items():
        rows = [
            [name, f"{one.rows:,}", *(f"{v:.3f}" for v in one.measures().values())] for name, one in of_kind.items()
        ]
        parts += [f"## By {kind}", _table([kind, "rows", "accuracy", "macro-F1", "macro-recall"], rows)]
    return parts


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["-"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _probabilities(model: Model, texts: Sequence[str]) -> Any:
    # In parts, because all n-grams of the texts are in memory at the same time.
    parts = [model.probabilities(texts[start : start + 2_500]) for start in range(0, len(texts), 2_500)]
    return np.concatenate([np.empty((0, len(model.labels))), *parts])

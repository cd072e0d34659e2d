"""The pictures of a report, drawn by matplotlib where it is installed (`tweetpulse[plots]`)."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from itertools import cycle
from typing import Any

import numpy as np

from pipeline.training.report import Report

CONFUSION, RELIABILITY, PRECISION_RECALL = "confusion.png", "reliability.png", "precision_recall.png"

_COLOURS = {
    "negative": "#d64545", "neutral": "#8a8f98", "positive": "#3a9d5d", "irrelevant": "#c9a227",
    "complaint": "#d64545", "no_complaint": "#8a8f98",
}  # fmt: skip
_OTHERS = ("#4269d0", "#efb118", "#ff725c", "#6cc5b0", "#3ca951", "#ff8ab7", "#a463f2", "#97bbf5", "#9c6b4e", "#9498a0")
_GREY = "#5f6670"


def plots_of(report: Report) -> dict[str, bytes]:
    """File name → PNG; none where matplotlib is not installed."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return {}
    drawn: Mapping[str, Callable[[Any, Report], None]] = {
        CONFUSION: _confusion,
        RELIABILITY: _reliability,
        PRECISION_RECALL: _precision_recall,
    }
    found = {}
    for name, draw in drawn.items():
        side = 5.2 if len(report.model.labels) <= 4 else 7.6
        # Not pyplot: it keeps figures, and may want a screen.
        figure = Figure(figsize=(side + 1.4 * (name == PRECISION_RECALL), side), layout="constrained", dpi=120)
        draw(figure, report)
        file = io.BytesIO()
        # Without the library's version the same figures give the same bytes.
        figure.savefig(file, format="png", metadata={"Software": None})
        found[name] = file.getvalue()
    return found


def _confusion(figure: Any, report: Report) -> None:
    axes = figure.subplots()
    labels = list(report.model.confusion)
    cells = np.array([[report.model.confusion[true][said] for said in labels] for true in labels])
    shares = cells / np.maximum(cells.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), share in np.ndenumerate(shares):
        count = f"{cells[row, column]:,}\n" if len(labels) <= 4 else ""
        colour = "white" if share > 0.55 else "#20242a"
        axes.text(column, row, f"{count}{share:.0%}", ha="center", va="center", color=colour, fontsize=9)
    names = [label.replace("_", " ") for label in labels]
    axes.set_xticks(
        range(len(labels)), names, rotation=0 if len(labels) <= 4 else 45, ha="center" if len(labels) <= 4 else "right"
    )
    axes.set_yticks(range(len(labels)), names)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set(xlabel="what the model says", ylabel="what people said", title=f"Model of {report.task}: rows by label")


def _reliability(figure: Any, report: Report) -> None:
    curve, share = figure.subplots(2, 1, height_ratios=(3, 1), sharex=True)
    bins = report.calibration.bins
    curve.plot([0, 1], [0, 1], color=_GREY, linestyle="--", linewidth=1)
    curve.annotate("as often right as it says", (0.12, 0.06), color=_GREY, fontsize=9)
    curve.plot([one.probability for one in bins], [one.accuracy for one in bins], "o-", color=_OTHERS[0])
    curve.set(ylabel="how often it is right", ylim=(0, 1), title=f"Calibration error {report.calibration.error:.3f}")
    middles = [(one.low + one.high) / 2 for one in bins]
    share.bar(middles, [one.rows / report.model.rows for one in bins], width=0.09, color=_OTHERS[7])
    share.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    share.set(xlabel="probability of the label that it says", ylabel="rows", xlim=(0, 1))
    _plain(curve, share)


def _precision_recall(figure: Any, report: Report) -> None:
    axes = figure.subplots()
    others = cycle(_OTHERS)
    for label, one in report.curves.items():
        if one.recall:
            colour = _COLOURS.get(label) or next(others)
            name = f"{label.replace('_', ' ')} ({one.average:.2f})"
            axes.step(one.recall, one.precision, where="post", color=colour, label=name, linewidth=1.6)
    axes.set(xlabel="recall", ylabel="precision", xlim=(0, 1), ylim=(0, 1.02), title="Precision over recall")
    figure.legend(
        *axes.get_legend_handles_labels(), loc="outside right upper", title="label (average precision)", frameon=False
    )
    _plain(axes)


def _plain(*all_axes: Any) -> None:
    for axes in all_axes:
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(color="#e6e8eb", linewidth=0.6)
        axes.set_axisbelow(True)

"""The measures of a report."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.domain.prediction import Task
from pipeline.training.evaluation import calibration, curve, figures, slices, untrained
from pipeline.training.labelled import Row

LABELS = ("negative", "neutral", "positive")


def test_figures_by_hand() -> None:
    """Counted on paper: three rows of one label, two of another, one of which is taken for the first."""
    found = figures(
        ["negative"] * 3 + ["positive"] * 2, ["negative", "negative", "positive", "positive", "negative"], LABELS
    )

    assert found.accuracy == pytest.approx(3 / 5)
    assert found.labels["negative"].precision == pytest.approx(2 / 3)
    assert found.labels["negative"].recall == pytest.approx(2 / 3)
    assert found.labels["positive"].f1 == pytest.approx(1 / 2)
    assert found.macro_recall == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert found.macro_f1 == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert found.confusion["negative"] == {"negative": 2, "neutral": 0, "positive": 1}


def test_a_label_that_does_not_occur_is_in_no_mean() -> None:
    """Else a test file without it would halve the figures; one that nobody knows counts as wrong."""
    found = figures(["negative", "irrelevant"], ["negative", "neutral"], LABELS)

    assert found.macro_recall == pytest.approx(1 / 2)
    assert found.labels["irrelevant"].recall == 0


def test_no_rows_are_no_error() -> None:
    """Figures of nothing are 0."""
    assert figures([], [], LABELS).macro_f1 == 0


def test_calibration_by_hand() -> None:
    """Said with 90 % and right every time: off by a tenth; said with 60 % and right half of the time: by as much."""
    right = np.array([True, True, True, False])

    found = calibration(right, np.array([0.9, 0.9, 0.6, 0.6]))

    assert found.error == pytest.approx(0.1)
    assert [(one.low, one.rows, one.accuracy) for one in found.bins] == [(0.6, 2, 0.5), (0.9, 2, 1.0)]
    assert calibration(np.array([True]), np.array([1.0])).error == 0


def test_a_curve_by_hand() -> None:
    """The two most probable rows are true, then a wrong one, then the last true one."""
    found = curve(np.array([True, False, True, True]), np.array([0.9, 0.7, 0.8, 0.1]))

    assert found.average == pytest.approx(1 / 3 + 1 / 3 + 1 / 4)
    assert (found.recall[-1], found.precision[-1]) == (1.0, 3 / 4)
    assert curve(np.array([False]), np.array([0.4])).recall == ()
    assert len(curve(np.ones(5_000, np.bool_), np.linspace(0, 1, 5_000)).recall) == 200


def test_slices_of_enough_rows() -> None:
    """By entity, language and length; small ones are left out."""
    rows = [Row(f"x:{n}", "", "late " * 12, "negative", "Acme" if n < 60 else "Globex", "en") for n in range(70)]

    found = slices(rows, ["negative"] * 70, LABELS)

    assert list(found["entity"]) == ["Acme"]
    assert (found["language"]["en"].rows, found["length"]["50 to 99"].accuracy) == (70, 1.0)


def test_what_needs_no_training() -> None:
    """VADER's label; for complaints, whether it is negative; for reasons, the most frequent one."""
    rows = [Row("x:1", "", "I hate it", "negative"), Row("x:2", "", "@united lovely", "positive")]

    assert untrained(Task.SENTIMENT, rows, "") == ("vader", ["negative", "positive"])
    assert untrained(Task.COMPLAINT, rows, "") == ("vader", ["complaint", "no_complaint"])
    assert untrained(Task.REASON, rows, "other") == ("most_frequent", ["other", "other"])

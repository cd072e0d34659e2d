"""The choices that training makes."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.domain.prediction import Task
from pipeline.training.train import PLANS, lessened, peak, plan_of, weights
from tests.builders import TASK_LABELS


def test_labels_are_balanced() -> None:
    """Fully, each label weighs the same; not at all, each row; 1 in the mean always."""
    truth = np.array([0, 0, 0, 1])

    assert weights(truth, 1.0).tolist() == pytest.approx([2 / 3, 2 / 3, 2 / 3, 2])
    assert weights(truth, 0.0).tolist() == [1, 1, 1, 1]
    assert weights(truth, 0.5).mean() == pytest.approx(1)


def test_four_labels_are_balanced_less() -> None:
    """They are measured by how many are right."""
    four = TASK_LABELS[Task.SENTIMENT]

    assert plan_of(Task.SENTIMENT, four).balance < plan_of(Task.SENTIMENT, four[:3]).balance
    assert plan_of(Task.REASON, TASK_LABELS[Task.REASON]) == PLANS[Task.REASON]


def test_more_rows_need_less_regularisation() -> None:
    """The prior stays, and the loss is a mean over rows."""
    assert lessened(3e-4, 1.0) == 3e-4
    assert lessened(4e-4, 1 / 4) == pytest.approx(1e-4)


@pytest.mark.parametrize(
    ("figures", "expected"),
    [
        ((0.60, 0.66, 0.60), 1e-3),
        ((0.64, 0.66, 0.66), 10**-2.5),
        ((0.50, 0.60, 0.69), 1e-2),
        ((0.60, 0.60, 0.65), 1e-2),
        ((0.66, 0.60, 0.60), 1e-4),
    ],
    ids=["the middle", "between", "not beyond", "no top: the last", "no top: the first"],
)
def test_regularisation_is_where_the_parabola_has_its_top(figures: tuple[float, ...], expected: float) -> None:
    """Neighbours that differ by chance do not decide."""
    assert peak(dict(zip((1e-4, 1e-3, 1e-2), figures, strict=True))) == pytest.approx(expected)


def test_two_that_were_tried_have_no_parabola() -> None:
    """The better one is taken."""
    assert peak({1e-4: 0.6, 1e-3: 0.7}) == 1e-3

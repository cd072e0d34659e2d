"""A report, for people and programs."""

from __future__ import annotations

import sys

import orjson
import pytest

from pipeline.domain.prediction import Task
from pipeline.training.labelled import Row
from pipeline.training.plots import plots_of
from pipeline.training.report import Report, as_json, as_markdown, report_of, with_baseline
from tests.builders import linear_model

TEXTS = {"negative": "I hate it", "neutral": "at the gate", "positive": "lovely crew"}
ROWS = [Row(f"x:{n}", f"x:{n}", TEXTS[label], label, "Acme", "en") for n in range(30) for label in TEXTS]


def report(task: Task = Task.SENTIMENT) -> Report:
    words = {"hate": {"negative": 3.0}, "lovely": {"positive": 3.0}}
    model = linear_model(task, {"neutral": 1.0}, words, labels=("negative", "neutral", "positive"))
    training = {"negative": 5, "neutral": 7, "positive": 6}
    found = report_of(model, ROWS, split="by time: the last 20%", training=training, counts={"measured on": 90})
    return with_baseline(found, "plain", ROWS, ["neutral"] * 90)


def test_the_model_and_its_baselines_are_measured_on_the_same_rows() -> None:
    """VADER, the plain model and ours; the manifest is told of ours and of what needs no training."""
    found = report()

    assert found.model.accuracy == 1.0
    assert {one.rows for one in (found.model, *found.baselines.values())} == {90}
    assert found.baselines["plain"].macro_recall == pytest.approx(1 / 3)
    assert set(found.metrics()) == {
        "accuracy", "macro_f1", "macro_recall", "vader_accuracy", "vader_macro_f1", "vader_macro_recall",
        "calibration_error",
    }  # fmt: skip
    assert found.slices["entity"]["Acme"].rows == 90
    assert found.curves["negative"].average == pytest.approx(1.0)


def test_programs_get_all_of_it() -> None:
    """As JSON, with what was trained on and measured on by label."""
    read = orjson.loads(as_json(report()))

    assert read["classes"] == {
        "training": {"negative": 5, "neutral": 7, "positive": 6},
        "held out": {"negative": 30, "neutral": 30, "positive": 30},
    }
    assert read["model"]["confusion"]["negative"] == {"negative": 30, "neutral": 0, "positive": 0}


def test_people_get_tables() -> None:
    """The split first, then ours beside VADER's and the plain model's; how to have pictures where there are none."""
    page = as_markdown(report())

    assert page.index("by time: the last 20%") < page.index("| this model | 1.000 |") < page.index("## Confusion")
    assert "| VADER |" in page
    assert "| plain TF-IDF and logistic regression | 0.333 |" in page
    assert "tweetpulse[plots]" in page


def test_pictures() -> None:
    """Three PNGs; the same figures give the same bytes."""
    pytest.importorskip("matplotlib")
    found = plots_of(report())

    assert set(found) == {"confusion.png", "reliability.png", "precision_recall.png"}
    assert all(picture.startswith(b"\x89PNG") for picture in found.values())
    assert plots_of(report()) == found


def test_pictures_are_left_out_without_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an extra: training works without."""
    for name in [name for name in sys.modules if name.split(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)

    assert plots_of(report()) == {}

"""The champions of all tasks together: each says what it would say alone, and reasons are of complaints."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.prediction import NO_OPINION, Opinion, Task
from pipeline.scoring.linear import LinearModel
from pipeline.scoring.opinions import opinions
from tests.builders import linear_model

MODELS = {
    Task.SENTIMENT: linear_model(Task.SENTIMENT, {"neutral": 1.0}, {"late": {"negative": 4.0}}),
    Task.COMPLAINT: linear_model(Task.COMPLAINT, {"no_complaint": 1.0}, {"late": {"complaint": 4.0}}),
    Task.REASON: linear_model(Task.REASON, {"other": 1.0}, {"flight": {"late_flight": 4.0}}),
}
TEXTS = ["late flight", "nice flight", "late", ""]


def test_all_tasks() -> None:
    """In the texts' order; a reason only where there is a complaint."""
    found = opinions(MODELS, TEXTS)
    said = [(one.sentiment, one.complaint, one.reason) for one in found]
    assert [[part.label if part else None for part in one] for one in said] == [
        ["negative", "complaint", "late_flight"],
        ["neutral", "no_complaint", None],
        ["negative", "complaint", "other"],
        ["neutral", "no_complaint", None],
    ]


@pytest.mark.parametrize("task", [Task.SENTIMENT, Task.COMPLAINT])
def test_one_task_alone(task: Task) -> None:
    """It says what it says beside the others; the others say nothing."""
    for together, alone in zip(opinions(MODELS, TEXTS), opinions({task: MODELS[task]}, TEXTS), strict=True):
        assert alone == Opinion(**{task: getattr(together, task)})


@pytest.mark.parametrize("models", [{}, {Task.REASON: MODELS[Task.REASON]}])
def test_nobody_to_ask(models: dict[Task, LinearModel]) -> None:
    """Without models nothing is said; a reason without a complaint neither."""
    assert opinions(models, TEXTS) == [NO_OPINION] * 4


def test_no_texts() -> None:
    """Nothing in, nothing out."""
    assert opinions(MODELS, []) == []


@given(st.lists(st.text(max_size=30), max_size=6))
def test_any_texts(texts: list[str]) -> None:
    """As many opinions as texts, each of its text alone, by models of another recipe too."""
    other = MODELS[Task.COMPLAINT].recipe
    models = MODELS | {Task.COMPLAINT: replace(MODELS[Task.COMPLAINT], recipe=replace(other, words=2), version="v2")}
    found = opinions(models, texts)
    assert [one.complaint.version for one in found if one.complaint] == ["v2"] * len(texts)
    labels = [(one.sentiment and one.sentiment.label, one.is_complaint) for one in found]
    alone = [opinions(models, [text])[0] for text in texts]
    assert labels == [(one.sentiment and one.sentiment.label, one.is_complaint) for one in alone]

"""Combines the predictions of all tasks' champions into one opinion for each text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.domain.prediction import NO_OPINION, Opinion, Prediction, Task
from pipeline.ports import Model

_OF_EVERY_TEXT = (Task.SENTIMENT, Task.COMPLAINT)


def opinions(models: Mapping[Task, Model], texts: Sequence[str]) -> list[Opinion]:
    """One opinion a text, in their order; a task without a model says nothing. A reason is only asked of complaints."""
    asked = [task for task in _OF_EVERY_TEXT if task in models]
    if not asked or not texts:
        return [NO_OPINION] * len(texts)
    # A tuple, of which models with the same recipe keep what they read.
    texts = tuple(texts)
    said = {task: models[task].predict(texts) for task in asked}
    silent: list[Prediction | None] = [None] * len(texts)
    pairs = zip(*(said.get(task, silent) for task in _OF_EVERY_TEXT), strict=True)
    found = [Opinion(sentiment, complaint) for sentiment, complaint in pairs]
    return _with_reasons(models[Task.REASON], texts, found) if Task.REASON in models else found


def _with_reasons(model: Model, texts: Sequence[str], found: Sequence[Opinion]) -> list[Opinion]:
    complaints = [place for place, opinion in enumerate(found) if opinion.is_complaint]
    reasons = dict(zip(complaints, model.predict([texts[place] for place in complaints]), strict=True))
    return [
        Opinion(opinion.sentiment, opinion.complaint, reasons[place]) if place in reasons else opinion
        for place, opinion in enumerate(found)
    ]

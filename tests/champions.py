"""Champions for a whole flow, made by hand: VADER's compound decides, where none of a few words does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipeline.domain.prediction import COMPLAINT, NO_COMPLAINT, Task
from pipeline.registry.registry import Registry
from pipeline.scoring.linear import LinearModel
from pipeline.scoring.reading import NUMBERS
from tests.builders import AIRLINE_REASONS, linear_model, published

STRONG = 60.0
"""Of a word: one of them in a tweet is enough."""

REASON_WORDS = {reason: f"because{reason.replace('_', '')}" for reason in AIRLINE_REASONS}
"""A word for each reason, that is in no other tweet."""

METRICS = {"accuracy": 0.7, "macro_f1": 0.66, "macro_recall": 0.68, "vader_macro_f1": 0.5, "vader_macro_recall": 0.55}


def sentiment(positive: Sequence[str] = ()) -> LinearModel:
    """As VADER, but for these words."""
    labels = ("negative", "neutral", "positive")
    words = {word: {"positive": STRONG} for word in positive}
    return _felt(linear_model(Task.SENTIMENT, {"neutral": 1.0}, words, labels), {"negative": -9.0, "positive": 9.0})


def complaints() -> LinearModel:
    """A model that calls a tweet a complaint if VADER finds it negative or if it has the word of a reason."""
    words = {word: {COMPLAINT: STRONG} for word in REASON_WORDS.values()}
    return _felt(linear_model(Task.COMPLAINT, {NO_COMPLAINT: 1.0}, words), {COMPLAINT: -9.0})


def reasons() -> LinearModel:
    """A model that finds a reason by its word."""
    words = {word: {reason: STRONG} for reason, word in REASON_WORDS.items()}
    return linear_model(Task.REASON, {"other": 1.0}, words)


def crowned(registry: Registry, model: LinearModel) -> str:
    """The version of a model that was just made the champion."""
    version = published(registry, model, model.task, metrics=METRICS)
    registry.promote(model.task, version, "made by hand")
    return version


def _felt(model: LinearModel, compound: Mapping[str, float]) -> LinearModel:
    weights = model.weights.copy()
    row = len(model.vocabulary) + NUMBERS.index("compound")
    weights[row] = [compound.get(label, 0.0) for label in model.labels]
    return replace(model, weights=weights)

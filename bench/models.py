"""Measures the cost of trained models: the same topic drained with VADER alone and with champions, in turns.

    python -m bench models

The champions are those of `TWEETPULSE_MODELS__REGISTRY`, where it is set. Else one of sentiment and one of complaints
are made up, with the n-grams of the tweets themselves for their vocabulary: what weights they have costs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from statistics import median

import numpy as np
from rich.console import Console

from bench.drain import COLD_BATCHES, drain, fill, full_batches, require_all
from bench.servers import named, running
from bench.tweets import tweets
from pipeline import bootstrap
from pipeline.cli.stack import progress
from pipeline.domain.prediction import CLOSED_LABELS, Task
from pipeline.embedded.info import StackInfo
from pipeline.registry.manifest import MODEL, Manifest
from pipeline.registry.registry import Registry
from pipeline.scoring.features import Vocabulary, document_frequencies, vocabulary_of
from pipeline.scoring.linear import LinearModel
from pipeline.scoring.reading import NUMBERS, Recipe, reader_of
from pipeline.settings import Settings
from pipeline.tell import Tell

ROUNDS = 2
MADE_UP = (Task.SENTIMENT, Task.COMPLAINT)
VOCABULARY_TWEETS = 20_000


@dataclass(frozen=True, slots=True)
class Figures:
    """Tweets per second of warm batches (medians), and the second as a share of the first.

    Attributes:
        batches: each warm batch's rate, by turn.
        champions: task → version.
    """

    vader: float
    models: float
    ratio: float
    batches: dict[str, list[float]]
    champions: dict[str, str]


def run() -> Figures:
    """Measure, print and return."""
    batches: dict[str, list[float]] = {"vader": [], "models": []}
    with progress() as tell, running(tell) as (info, settings):
        registry = _registry(settings, tell)
        fill(settings, tell)
        for turn in range(ROUNDS):
            # A folder that is not there: were it unset, the default one with the made-up champions would be used.
            for scorers, uri in (("vader", settings.state_dir / "none"), ("models", registry)):
                batches[scorers] += _rates(info, _turn(settings, f"{scorers}{turn}", str(uri)), tell)
        named_by = {str(task): Registry(registry).champion(task) for task in Task}
        champions = {task: version for task, version in named_by.items() if version}
    vader, models = median(batches["vader"]), median(batches["models"])
    figures = Figures(vader, models, models / vader, batches, champions)
    Console(highlight=False).print(
        f"VADER alone {vader:,.0f} tweets/s, with models of {' and '.join(champions)} {models:,.0f} tweets/s: "
        f"{figures.ratio:.2f} ×"
    )
    return figures


def _turn(settings: Settings, name: str, registry: str) -> Settings:
    """The same topic from its beginning, into data streams of that name."""
    return named(settings, name).model_copy(
        update={
            "models": settings.models.model_copy(update={"registry": registry}),
            "stream": settings.stream.model_copy(update={"checkpoint": settings.state_dir / f"checkpoint-{name}"}),
        }
    )


def _rates(info: StackInfo, settings: Settings, tell: Tell) -> list[float]:
    bootstrap.set_up(settings)
    _, finished, _ = drain(info, settings, tell)
    require_all(settings)
    full = full_batches(finished, settings)
    return [now.read / (now.when - before.when) for before, now in pairwise(full[COLD_BATCHES - 1 :])]


def _registry(settings: Settings, tell: Tell) -> str:
    """The registry of champions: as set, or made up here."""
    if settings.models.registry:
        return settings.models.registry
    tell("bench", "making champions up")
    vocabulary, registry = _vocabulary(), Registry(settings.registry)
    for seed, task in enumerate(MADE_UP):
        manifest = Manifest(task=task, labels=CLOSED_LABELS[task], created=datetime.now(UTC))
        version = registry.publish(manifest, {MODEL: _made_up(task, vocabulary, seed).dumps()}).version
        registry.promote(task, version, "a benchmark")
    return settings.registry


def _vocabulary() -> Vocabulary:
    """The n-grams that come in two tweets or more, as training keeps them."""
    reading = reader_of(Recipe()).read([tweet.text for tweet in tweets(VOCABULARY_TWEETS)])
    one_label = np.zeros(VOCABULARY_TWEETS, np.int64)
    return vocabulary_of(*document_frequencies(reading, one_label, 1), np.array([VOCABULARY_TWEETS]), at_least=2)


def _made_up(task: Task, vocabulary: Vocabulary, seed: int) -> LinearModel:
    drawn, labels = np.random.default_rng(seed), CLOSED_LABELS[task]
    weights = drawn.normal(size=(len(vocabulary) + len(NUMBERS), len(labels)))
    return LinearModel(task, "", labels, Recipe(), vocabulary, weights, np.zeros(len(labels)))

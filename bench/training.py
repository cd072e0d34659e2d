"""Measures training, and the cost of a trained model per tweet beside VADER.

    python -m bench training

50,000 rows: real ones where the test data have them, else invented ones. Memory and processor time are those of
this process with Spark's JVM and workers.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import cycle, islice
from pathlib import Path

from bench.usage import watched
from pipeline import bootstrap
from pipeline.domain.prediction import CLOSED_LABELS, Task
from pipeline.registry.manifest import MODEL
from pipeline.registry.registry import Registry
from pipeline.scoring.linear import LinearModel
from pipeline.scoring.names import scored_text
from pipeline.scoring.vader import Vader
from pipeline.settings import load
from pipeline.sources.synthetic import Synthetic
from pipeline.training.labelled import Labelled, Row, read
from pipeline.training.train import Request
from tests.datasets import tables
from tests.paths import data_folder

SEMEVAL = data_folder() / tables.SEMEVAL
ROWS, CHUNK, ROUNDS = 50_000, 2_500, 3


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures.

    Attributes:
        rows: trained and measured on together.
        seconds: of the clock, from the labelled rows to the published version.
        processor_seconds: by part (driver, jvm, workers).
        peak_bytes: by part, at the moment when they were most together (PSS).
        vader, sentiment, both: microseconds of one core a tweet: VADER alone; with a model; with two.
    """

    rows: int
    seconds: float
    processor_seconds: dict[str, float]
    peak_bytes: dict[str, int]
    vader: float
    sentiment: float
    both: float


def run() -> Figures:
    """Measure, print and return."""
    rows = labelled()
    with tempfile.TemporaryDirectory() as folder:
        settings = load(state_dir=Path(folder))
        registry = Registry(str(Path(folder) / "models"))
        with watched(os.getpid(), {}) as usage:
            began = time.monotonic()
            manifest = bootstrap.train(Request(task=Task.SENTIMENT, labelled=rows), registry, settings, print)
            ended = time.monotonic()
        model = LinearModel.loads(registry.read(Task.SENTIMENT, manifest.version, MODEL))
    texts = [row.text for row in rows.rows[:20_000]]
    labels = CLOSED_LABELS[Task.COMPLAINT]
    # Another model of the same recipe: what weights it has costs nothing.
    other = replace(
        model, task=Task.COMPLAINT, labels=labels, weights=model.weights[:, :2].copy(), intercept=model.intercept[:2]
    )
    scorer = Vader()
    vader = _microseconds(lambda chunk: [scorer.score(scored_text(text)) for text in chunk], texts)
    one = _microseconds(lambda chunk: model.predict(tuple(chunk)), texts)
    two = _microseconds(lambda chunk: _both(model, other, tuple(chunk)), texts)
    cpu = {part: seconds for part, seconds in usage.cpu(began, ended).items() if part not in ("all", "others")}
    figures = Figures(len(rows.rows), ended - began, cpu, usage.peak(), vader, vader + one, vader + two)
    print(
        f"trained on {figures.rows:,} rows in {figures.seconds:.0f} s ({sum(cpu.values()):.0f} s of processors), "
        f"{sum(figures.peak_bytes.values()) / 2**30:.1f} GiB at most"
    )
    print(
        f"a tweet, one core: VADER {vader:.0f} µs, with one model {vader + one:.0f} µs, with two {vader + two:.0f} µs"
    )
    return figures


def labelled() -> Labelled:
    """So many labelled rows, each with a key of its own."""
    if SEMEVAL.exists():
        found = read(Task.SENTIMENT, SEMEVAL)
        extra = tuple(
            replace(row, key=f"{row.key}-2", group=f"{row.key}-2") for row in found.rows[: ROWS - len(found.rows)]
        )
        return replace(found, rows=(*found.rows, *extra))
    source = Synthetic(start=datetime.now(UTC), count=ROWS)
    names = islice(cycle(CLOSED_LABELS[Task.SENTIMENT][:3]), ROWS)
    return Labelled(
        tuple(
            Row(tweet.id, tweet.id, tweet.text, name, written=tweet.written_at)
            for tweet, name in zip(source, names, strict=False)
        )
    )


def _microseconds(work: Callable[[Sequence[str]], object], texts: Sequence[str]) -> float:
    """Of processor time a text: the best of some rounds, the memories warm."""
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.process_time()
        for start in range(0, len(texts), CHUNK):
            work(texts[start : start + CHUNK])
        best = min(best, time.process_time() - began)
    return best / len(texts) * 1e6


def _both(model: LinearModel, other: LinearModel, texts: tuple[str, ...]) -> None:
    model.predict(texts)
    other.predict(texts)

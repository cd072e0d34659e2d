"""A version is held to the champion on rows that neither was trained on, out of the registry alone."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from pipeline.domain.prediction import Task
from pipeline.errors import ScoringError
from pipeline.registry.manifest import HELD_OUT, MODEL, SEEN
from pipeline.registry.registry import Registry
from pipeline.scoring.linear import LinearModel
from pipeline.training import seen
from pipeline.training.promotion import compare, length_of, rows_of, weigh
from tests.builders import linear_model, published

LABELS = ("negative", "neutral", "positive")
SENTIMENT = Task.SENTIMENT
WORDS = {"awful": {"negative": 4.0}, "table": {"neutral": 4.0}, "great": {"positive": 4.0}}
KNOWS_ALL = linear_model(SENTIMENT, {}, WORDS, LABELS)
KNOWS_TWO = linear_model(SENTIMENT, {"neutral": 1.0}, {name: WORDS[name] for name in ("table", "great")}, LABELS)
ROWS = [
    {
        "key": f"k{place}",
        "text": f"{word} thing number {place}",
        "label": label,
        "entity": "Acme" if place % 2 else None,
        "lang": "en",
    }
    for place in range(300)
    for word, label in [list(zip(WORDS, LABELS, strict=True))[place % 3]]
]


def held_out(rows: Sequence[dict[str, Any]]) -> bytes:
    file = BytesIO()
    parquet.write_table(pa.Table.from_pylist(list(rows)), file)
    return file.getvalue()


def seen_rows(rows: Sequence[dict[str, Any]]) -> bytes:
    return seen.dumps(seen.seen_of([row["key"] for row in rows], [row["text"] for row in rows]))


def publish(
    registry: Registry,
    model: LinearModel,
    rows: Sequence[dict[str, Any]] = ROWS,
    trained_on: Sequence[dict[str, Any]] = (),
    **metrics: float,
) -> str:
    files = {HELD_OUT: held_out(rows), SEEN: seen_rows(trained_on)}
    return published(registry, model, SENTIMENT, files=files, metrics=metrics)


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(str(tmp_path / "models"))


def test_a_better_model(registry: Registry) -> None:
    """It is promoted, with the measure of both on the same rows and on each slice."""
    champion, challenger = publish(registry, KNOWS_TWO), publish(registry, KNOWS_ALL)
    registry.promote(SENTIMENT, champion, "first")
    decision = weigh(registry, SENTIMENT, challenger)
    assert decision.promote
    assert decision.why.startswith("better by more than chance: macro_recall 1.000 against 0.667 on 300 rows")
    assert decision.comparison is not None
    assert {(one.kind, one.name, one.rows) for one in decision.comparison.slices} == {
        ("entity", "Acme", 150),
        ("language", "en", 300),
        ("length", "under 50", 300),
    }
    assert registry.champion(SENTIMENT) == champion


def test_a_worse_model(registry: Registry) -> None:
    """It is not."""
    champion, challenger = publish(registry, KNOWS_ALL), publish(registry, KNOWS_TWO)
    registry.promote(SENTIMENT, champion, "first")
    assert not weigh(registry, SENTIMENT, challenger).promote


def test_rows_that_either_was_trained_on_are_left_out(registry: Registry) -> None:
    """By key or by text; else the older one would shine with what it has learnt by heart."""
    by_key = [row | {"text": "something else"} for row in ROWS[:30]]
    by_text = [row | {"key": f"other {place}"} for place, row in enumerate(ROWS[30:50])]
    champion = publish(registry, KNOWS_TWO, trained_on=by_key)
    challenger = publish(registry, KNOWS_ALL, trained_on=by_text)
    rows = rows_of(registry, SENTIMENT, champion, challenger)
    assert rows.truth == [row["label"] for row in ROWS[50:]]
    assert rows.slices["entity"] == [row["entity"] or "" for row in ROWS[50:]]


def test_rows_without_a_key(registry: Registry) -> None:
    """They are told apart by their texts: an empty key is nobody's."""
    rows = [row | {"key": ""} for row in ROWS]
    champion, challenger = publish(registry, KNOWS_TWO, rows, rows[:10]), publish(registry, KNOWS_ALL, rows)
    assert len(rows_of(registry, SENTIMENT, champion, challenger).truth) == 290


def test_nothing_that_neither_was_trained_on(registry: Registry) -> None:
    """It is said, and nobody is promoted."""
    champion, challenger = publish(registry, KNOWS_TWO, trained_on=ROWS), publish(registry, KNOWS_ALL)
    registry.promote(SENTIMENT, champion, "first")
    assert weigh(registry, SENTIMENT, challenger).why == "not enough rows that neither was trained on: 0 of 200"
    with pytest.raises(ScoringError, match="no row that neither was trained on"):
        compare(registry, SENTIMENT, champion, challenger)


def test_the_first_model(registry: Registry) -> None:
    """There is no champion: what needs no training stands in, by the manifest."""
    good = publish(registry, KNOWS_ALL, macro_recall=0.65, vader_macro_recall=0.57)
    assert weigh(registry, SENTIMENT, good).promote
    assert not weigh(
        registry, SENTIMENT, publish(registry, KNOWS_TWO, macro_recall=0.5, vader_macro_recall=0.57)
    ).promote


def test_other_labels(registry: Registry) -> None:
    """Four classes can't be held to three: the reason says which."""
    champion = publish(registry, KNOWS_ALL)
    challenger = publish(registry, linear_model(SENTIMENT, {}))
    registry.promote(SENTIMENT, champion, "first")
    assert weigh(registry, SENTIMENT, challenger).why.startswith("not comparable: it says irrelevant, negative")
    with pytest.raises(ScoringError, match="not comparable"):
        compare(registry, SENTIMENT, champion, challenger)


def test_the_champion_itself(registry: Registry) -> None:
    """It has nobody to be held to."""
    version = publish(registry, KNOWS_ALL)
    registry.promote(SENTIMENT, version, "first")
    with pytest.raises(ScoringError, match="is the champion of sentiment already"):
        weigh(registry, SENTIMENT, version)


@pytest.mark.parametrize("name", [HELD_OUT, SEEN, MODEL])
@pytest.mark.parametrize("data", [None, b"", b"odd"])
def test_files_that_can_not_be_read(registry: Registry, name: str, data: bytes | None) -> None:
    """One line, whatever is missing or is something else."""
    champion = publish(registry, KNOWS_TWO)
    files = {MODEL: KNOWS_ALL.dumps(), HELD_OUT: held_out(ROWS), SEEN: seen_rows([])}
    if data is not None or name == MODEL:
        files[name] = data or b""
    else:
        del files[name]
    challenger = published(registry, files.pop(MODEL), SENTIMENT, files=files, labels=LABELS)
    registry.promote(SENTIMENT, champion, "first")
    with pytest.raises(ScoringError):
        weigh(registry, SENTIMENT, challenger)


@pytest.mark.parametrize(
    ("length", "name"), [(0, "under 50"), (49, "under 50"), (50, "50 to 99"), (99, "50 to 99"), (100, "100 and more")]
)
def test_slices_by_length(length: int, name: str) -> None:
    """In characters."""
    assert length_of("x" * length) == name

"""A Spark to train with, and rows to learn from."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from pipeline.jvm.java import find_java
from pipeline.registry.manifest import Data
from pipeline.training import session
from pipeline.training.labelled import Labelled, Row
from tests.sparks import Sparks
from tests.stacks import stack_settings

FELT = {
    "negative": ("awful", "late again", "worst", "never again :(", "no help at all", "not good", "😡"),
    "neutral": ("on the way", "tomorrow at the gate", "which desk", "see the timetable", "two seats", "from the hall"),
    "positive": ("lovely", "thank you", "great crew", "so kind :)", "best ever", "no problem at all", "😀"),
}
PLAIN = ("plane", "seat", "gate", "crew", "bag", "desk", "queue", "hour", "flight", "phone", "food", "ticket")


def generated(count: int, seed: int = 3) -> list[Row]:
    """Rows whose words tell the label in most of them, each an hour after the other."""
    choose = random.Random(seed)
    return [_row(number, choose) for number in range(count)]


def _row(number: int, choose: random.Random) -> Row:
    label = choose.choice(tuple(FELT))
    told = label if choose.random() < 0.85 else choose.choice(tuple(FELT))
    letters = "".join(choose.choices("abcdefghijklmnopqrstuvwxyz", k=12))
    words = [*choose.choices(PLAIN, k=5), choose.choice(FELT[told]), letters, *choose.choices(PLAIN, k=3)]
    choose.shuffle(words)
    written = datetime(2015, 2, 16, tzinfo=UTC) + timedelta(hours=number)
    key = f"x:{900_000_000 + number}"
    return Row(key, key, " ".join(words), label, ("Acme", "Globex")[number % 2], "en", written, "made.csv")


@pytest.fixture
def labelled() -> Labelled:
    """600 generated rows."""
    return Labelled(tuple(generated(600)), {"no text": 2}, (Data("made.csv", "0" * 64, 600),))


@pytest.fixture
def training_spark(sparks: Sparks, tmp_path: Path) -> SparkSession:
    """The session that training starts."""
    return sparks.of("training", lambda: session.running(stack_settings(tmp_path), None, find_java().home))


@pytest.fixture
def open_spark(training_spark: SparkSession) -> Callable[[], AbstractContextManager[SparkSession]]:
    """As training is given it."""
    return partial(_lent, training_spark)


@pytest.fixture
def registry_folder(tmp_path: Path) -> str:
    """An empty registry."""
    return str(tmp_path / "models")


@contextmanager
def _lent(spark: SparkSession) -> Iterator[SparkSession]:
    yield spark

"""Scoring on one core: the reference, our exact VADER, and all that the stream asks of a tweet.

    python -m bench.scoring [FILE.csv]

FILE has a column `text`; without one, the texts are generated.
"""

from __future__ import annotations

import csv
import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from pipeline.domain.tweet import Tweet
from pipeline.scoring.analysis import Analyzer
from pipeline.scoring.vader import Vader
from pipeline.settings import ScoringSettings
from tests.datasets import tables
from tests.paths import data_folder

T = TypeVar("T")

AIRLINE = data_folder() / tables.AIRLINE
ENTITIES = {name: (name.lower(), f"@{name.lower()}") for name in ("United", "Delta", "Acme", "Globex", "Initech")}
MANY_BRANDS = ENTITIES | {f"Brand {n}": (f"brand{n} love", f"@brand{n}") for n in range(995)}
PLAIN = "the my a plane bag gate crew seat to from at is was late hour again today with you we they need call"
FELT = "love hate great worst awful thanks amazing delayed cancelled not never very so but good bad :) 😡"
DRESSED = "@united @delta #fail http://t.co/abc123 WHY REALLY!!! please? &amp; 2.5 don't"


@dataclass(frozen=True, slots=True)
class Speeds:
    """Texts per second of processor time, on one core."""

    reference: float
    exact: float
    analysis: float
    many_brands: float

    @property
    def ratio(self) -> float:
        """The speed against the reference for the same numbers, as a ratio."""
        return self.exact / self.reference


def run(texts: list[str] | None = None) -> Speeds:
    """Measure, print and return the speeds: each the best of three, the scorers' memories warm.

    Args:
        texts: the real airline tweets where the test data have them, else 10,000 generated ones.
    """
    texts = texts or (_column(AIRLINE) if AIRLINE.exists() else generated(10_000))
    tweets = [Tweet(id="bench:1", text=text, source="bench", lang="en") for text in texts]
    speeds = Speeds(
        reference=_speed(SentimentIntensityAnalyzer().polarity_scores, texts),
        exact=_speed(Vader().score, texts),
        analysis=_speed(Analyzer(ScoringSettings(entities=ENTITIES)).analyze, tweets),
        many_brands=_speed(Analyzer(ScoringSettings(entities=MANY_BRANDS)).analyze, tweets),
    )
    print(f"scoring, {len(texts):,} texts, one core")
    print(f"  vaderSentiment 3.3.2  {speeds.reference:>9,.0f}/s")
    print(f"  the same numbers      {speeds.exact:>9,.0f}/s  {speeds.ratio:.1f}×")
    print(f"  the whole analysis    {speeds.analysis:>9,.0f}/s  {speeds.analysis / speeds.reference:.1f}×")
    print(f"  for 1,000 brands      {speeds.many_brands:>9,.0f}/s  {speeds.many_brands / speeds.reference:.1f}×")
    return speeds


def generated(count: int, seed: int = 7) -> list[str]:
    """Texts of 5 to 28 words, with the shares of feelings, names and links that tweets have."""
    choose = random.Random(seed)
    words = PLAIN.split() * 4 + FELT.split() + DRESSED.split()
    new = [f"word{number}" for number in range(count)]
    return [
        " ".join([*choose.choices(words, k=choose.randint(4, 26)), *choose.choices(new, k=2)]) for _ in range(count)
    ]


def _speed(work: Callable[[T], object], items: list[T]) -> float:
    best = float("inf")
    for _ in range(3):
        start = time.process_time()
        for item in items:
            work(item)
        best = min(best, time.process_time() - start)
    return len(items) / best


def _column(path: Path) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return [row["text"] for row in csv.DictReader(file)]


if __name__ == "__main__":
    run(_column(Path(sys.argv[1])) if sys.argv[1:] else None)

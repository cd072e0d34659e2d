"""Every text of the shared data, whatever file it is in."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.paths import shared_data


def all_texts() -> Iterator[str]:
    """The texts of all the sets, one after the other: some 160,000."""
    yield from column("airline/tweets_first80pct_by_time.csv", "text")
    yield from column("semeval2017/train_2013_2016.csv", "text")
    yield from column("complaints/complaints.csv", "text")
    yield from column("complaints/asos.csv", "text")
    for name in ("training", "validation"):
        yield from (row[3] for row in rows(f"kaggle_entity/twitter_{name}.csv"))
    for line in _lines(shared_data("vader/tweets_GroundTruth.txt")):
        yield line.split("\t", 2)[2]
    for path in sorted(shared_data("xlmt_umsab").glob("*/*_text.txt")):
        yield from _lines(path)
    for path in sorted(shared_data("twitter_v2").glob("*.json*")):
        for line in _lines(path):
            yield from _texts_in(_parsed(line))


def rows(name: str) -> Iterator[list[str]]:
    """The rows of a CSV file, its header among them."""
    with shared_data(name).open(encoding="utf-8", newline="") as file:
        yield from csv.reader(file)


def column(name: str, heading: str) -> Iterator[str]:
    """One column of a CSV file with a header."""
    table = rows(name)
    place = next(table).index(heading)
    yield from (row[place] for row in table)


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8", errors="replace").rstrip("\n").split("\n")


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return line


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (text for name, text in value.items() if name in ("text", "description") and isinstance(text, str))
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from _texts_in(part)

"""Every text of the real tweets, whatever file it is in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.datasets import tables
from tests.paths import data_folder, real_data

COLUMNS = ((tables.AIRLINE, "text"), (tables.SEMEVAL, "text"), (tables.COMPLAINTS, "text"), (tables.ASOS, "text"))


def all_texts() -> Iterator[str]:
    """VADER's own texts and those of all other sets that are there, one after the other: 160,000, if all are."""
    for line in _lines(real_data(tables.VADER)):
        yield line.split("\t", 2)[2]
    folder = data_folder()
    for name, heading in COLUMNS:
        if (folder / name).exists():
            yield from column(folder / name, heading)
    for path in sorted(folder.glob("kaggle_entity/*.csv")):
        yield from (row[3] for row in tables.rows_of(path))
    for path in sorted(folder.glob("xlmt_umsab/*/*_text.txt")):
        yield from _lines(path)
    for path in sorted(folder.glob("twitter_v2/*.json*")):
        for line in _lines(path):
            yield from _texts_in(_parsed(line))


def column(path: Path, heading: str) -> Iterator[str]:
    """One column of a CSV file with a header."""
    rows = tables.rows_of(path)
    place = next(rows).index(heading)
    yield from (row[place] for row in rows)


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

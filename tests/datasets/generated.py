"""The generated data sets: tables and answers of X's API, in the layouts of the real ones."""

from __future__ import annotations

from pathlib import Path

from tests.datasets import responses, tables


def write(folder: Path) -> None:
    """Write them into a folder; always the same bytes."""
    tables.write(folder)
    responses.write(folder)

"""The table of faults in `docs/deploy/compose.md`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.containers.stack import Books
from tests.paths import ROOT

PAGE = ROOT / "docs/deploy/compose.md"
BEGIN, END = "<!-- table of faults: written by `make test-compose ARGS=--write-table` -->", "<!-- end of the table -->"
_HEAD = "| fault | tweets | lost | twice | seconds to recover |\n| - | -: | -: | -: | -: |"


def write(rows: Mapping[str, tuple[Books, float]], page: Path = PAGE) -> None:
    """Put the rows into the page."""
    page.write_text(with_rows(page.read_text(encoding="utf-8"), rows), encoding="utf-8")


def with_rows(text: str, rows: Mapping[str, tuple[Books, float]]) -> str:
    """The page with these rows instead of those that it has. Pure."""
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    lines = [
        f"| {name} | {books.records:,} | {books.lost:,} | {books.twice:,} | {seconds:.0f} |"
        for name, (books, seconds) in rows.items()
    ]
    return "\n".join((before + BEGIN, "", _HEAD, *lines, "", END + after))

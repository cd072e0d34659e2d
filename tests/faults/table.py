"""The results of the cases, and the table in `docs/reliability.md` that is written from them."""

from __future__ import annotations

import fcntl
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.faults.case import Case
from tests.paths import ROOT

PAGE = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- table of faults: written by `make test-faults ARGS=--write-table` -->", "<!-- end of the table -->"

_HEAD = (
    "| fault | what is done | produced | indexed | already there | rejected | lost | twice | seconds to recover |\n"
    "| - | - | -: | -: | -: | -: | -: | -: | -: |"
)


@dataclass(frozen=True, slots=True)
class Row:
    """The result of a case: produced = indexed + already there + rejected, unless something is wrong.

    Attributes:
        seconds: from the end of the fault until all that Kafka had then was committed; None: it took too long.
        wrong: what was not as promised.
    """

    group: str
    name: str
    what: str
    produced: int
    indexed: int
    already_there: int
    rejected: int
    lost: int
    twice: int
    seconds: float | None
    wrong: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """True if everything is as promised."""
        return not (self.lost or self.twice or self.wrong)

    @property
    def line(self) -> str:
        """The row in Markdown."""
        took = "never" if self.seconds is None else f"{self.seconds:.0f}"
        numbers = (self.produced, self.indexed, self.already_there, self.rejected, self.lost, self.twice)
        return " | ".join(("", self.name, self.what, *(f"{number:,}" for number in numbers), took, "")).strip()


def write(rows: Iterable[Row], cases: Sequence[Case], page: Path = PAGE) -> None:
    """Put the rows into the page; those of cases that did not run stay, and those of another process of the run."""
    with page.open("r+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        text = merged(file.read(), rows, cases)
        file.seek(0)
        file.truncate()
        file.write(text)


def merged(text: str, rows: Iterable[Row], cases: Sequence[Case]) -> str:
    """The page with these rows, in the cases' order; a row of a case that is no more is dropped. Pure.

    >>> merged(f"a {BEGIN} {END} b", (), ()).splitlines()[0]
    'a <!-- table of faults: written by `make test-faults ARGS=--write-table` -->'
    """
    before, rest = text.split(BEGIN)
    old, after = rest.split(END)
    lines = {_name(line): line for line in old.splitlines() if line.startswith("| ")}
    lines |= {row.name: row.line for row in rows}
    ordered = [lines[case.name] for case in cases if case.name in lines]
    return "\n".join((before + BEGIN, "", _HEAD, *ordered, "", END + after))


def _name(line: str) -> str:
    return re.split(r"\s*\|\s*", line)[1]

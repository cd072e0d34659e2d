"""Every kind of fault on the real servers: nothing lost, nothing twice, and the stream's own counts are true."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.faults.case import Case
from tests.faults.cases import collected
from tests.faults.running import Worlds
from tests.faults.table import BEGIN, END, PAGE, Row, merged

CASES = collected()
# Those that can share a world stand together: each start of a stream takes half a minute.
SHORT = sorted((case for case in CASES if case.short is not None), key=lambda case: (case.fresh, case.setup.proxied))
ROW = Row("processes", "a fault", "It is done.", 10, 7, 2, 1, 0, 0, 3.4)


def _id(case: Case) -> str:
    return f"{case.group}: {case.name}"


@pytest.mark.faults
@pytest.mark.timeout(1_200)
@pytest.mark.parametrize("case", CASES, ids=_id)
def test_fault(case: Case, worlds: Worlds, keep: Callable[[Row], None], capsys: pytest.CaptureFixture[str]) -> None:
    """The promise in the case's row of `docs/reliability.md` holds."""
    row = worlds.done(case, case.seconds)
    keep(row)
    said = "\n".join((row.line, *row.wrong))
    with capsys.disabled():
        # It takes an hour: whoever waits sees how it goes.
        sys.stdout.write(f"\n{said}\n")
        sys.stdout.flush()
    assert row.ok, said


@pytest.mark.timeout(1_200)
@pytest.mark.parametrize("case", SHORT, ids=_id)
def test_short_cut(case: Case, worlds: Worlds) -> None:
    """The same for a moment."""
    row = worlds.done(case, case.short or 0.0)
    assert row.ok, "\n".join((row.line, *row.wrong))


def test_every_case_has_a_name_of_its_own_and_each_group_a_short_cut() -> None:
    """Rows are found by name; and no group is left to those who have an hour."""
    assert len({case.name for case in CASES}) == len(CASES)
    assert {case.group for case in SHORT} == {case.group for case in CASES}


def test_the_table_has_no_row_that_nobody_measured() -> None:
    """Each row of the page is of a case that there is, and none says that something was lost or twice."""
    table = PAGE.read_text().split(BEGIN)[1].split(END)[0]
    rows = [line.split(" | ") for line in table.splitlines() if line.startswith("| ")][2:]
    assert {row[0].removeprefix("| ") for row in rows} <= {case.name for case in CASES}
    assert all(row[6:8] == ["0", "0"] for row in rows)


def test_rows_are_put_into_the_table() -> None:
    """A row takes the place of its older one, the others stay, in the cases' order; what is no case any more goes."""
    cases = [replace(SHORT[0], name=name) for name in ("a fault", "another fault")]
    page = merged(
        f"before\n{BEGIN}\n{END}\nafter\n", [replace(ROW, name="another fault"), replace(ROW, name="x")], cases
    )
    page = merged(page, [ROW], cases)
    page = merged(page, [replace(ROW, produced=11)], cases)
    table = page.split(BEGIN)[1].split(END)[0].strip().splitlines()
    assert table[2:] == [
        "| a fault | It is done. | 11 | 7 | 2 | 1 | 0 | 0 | 3 |",
        "| another fault | It is done. | 10 | 7 | 2 | 1 | 0 | 0 | 3 |",
    ]
    assert (page.startswith("before\n"), page.endswith("\nafter\n")) == (True, True)


def test_what_is_wrong_makes_a_row_wrong() -> None:
    """One document lost, one twice, or one difference, is enough."""
    assert ROW.ok
    assert not any(one.ok for one in (replace(ROW, lost=1), replace(ROW, twice=1), replace(ROW, wrong=("x",))))

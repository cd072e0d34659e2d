"""One stack for all faults that leave it whole, and the rows of what came of them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import asdict

import pytest

from bench.soak import RESULTS
from tests.conftest import running_stack
from tests.faults import table
from tests.faults.cases import collected
from tests.faults.running import Worlds
from tests.faults.table import Row


@pytest.fixture(scope="session")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worlds]:
    """The worlds in which cases run."""
    found = Worlds(running_stack, tmp_path_factory.mktemp("faults"))
    yield found
    found.close()


@pytest.fixture(scope="session")
def rows(request: pytest.FixtureRequest) -> Iterator[list[Row]]:
    """What came of the cases; at the end it is kept in a file, and put into the table where that was asked for."""
    found: list[Row] = []
    yield found
    full = [row for row in found if not row.short]
    if full:
        RESULTS.mkdir(exist_ok=True)
        path = RESULTS / f"faults-{time.strftime('%Y%m%dT%H%M%S')}.json"
        path.write_text(json.dumps({"bench": "faults", "figures": [asdict(row) for row in full]}, indent=2) + "\n")
    if request.config.getoption("--write-table"):
        table.write(full, collected())

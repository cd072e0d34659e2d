"""One stack for all faults that leave it intact, and the rows of their results."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
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
def keep(request: pytest.FixtureRequest) -> Callable[[Row], None]:
    """Saves the result of a case in a file, and in the table if that was asked for."""
    found: list[Row] = []
    path = RESULTS / f"faults-{time.strftime('%Y%m%dT%H%M%S')}-{os.getpid()}.json"

    def keep(row: Row) -> None:
        found.append(row)
        RESULTS.mkdir(exist_ok=True)
        path.write_text(json.dumps({"bench": "faults", "figures": [asdict(one) for one in found]}, indent=2) + "\n")
        if request.config.getoption("--write-table"):
            table.write([row], collected())

    return keep

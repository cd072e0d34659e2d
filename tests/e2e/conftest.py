"""One flow for all of these tests: it takes minutes to bring it into every state."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pipeline.embedded.guard import guarded
from tests.e2e.flow import Flow, flowing
from tests.stacks import state_folder


@pytest.fixture(scope="package")
def flow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flow]:
    """A flow with a stack of its own: its tweets are behind the alias that all boards read."""
    logs = tmp_path_factory.mktemp("flow")
    with state_folder() as folder, guarded(folder, delete_data=True), flowing(folder, logs) as found:
        yield found

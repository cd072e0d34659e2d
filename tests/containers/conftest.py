"""One engine with one stack for all tests here, which come one after another."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.containers import programs
from tests.containers.engine import Engine
from tests.containers.stack import Stack

KEPT = "TWEETPULSE_TEST_ENGINE"
"""Names a folder in which images and programs are kept for the next run."""


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """The engine, with the images that can't be built by Compose alone."""
    programs.require_an_engine()
    kept = os.environ.get(KEPT)
    folder = Path(kept or tempfile.mkdtemp(prefix="tweetpulse-engine-", dir="/var/tmp"))
    folder.mkdir(exist_ok=True)
    try:
        with Engine(folder) as found:
            found.make_base()
            yield found
    finally:
        if not kept:
            shutil.rmtree(folder)


@pytest.fixture(scope="session")
def stack(engine: Engine) -> Iterator[Stack]:
    """The stack, up and healthy, and gone afterwards."""
    found = Stack(engine, programs.compose(engine.folder))
    found.make_secrets()
    found.compose("down", "--volumes", "--remove-orphans")
    found.compose("build", "certificates")
    engine.make_stand_ins()
    try:
        found.up()
        yield found
    finally:
        found.compose("down", "--volumes", "--remove-orphans")

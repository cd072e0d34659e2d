"""The real servers: one stack for the whole session, data of their own for every test."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import pytest

from pipeline.embedded.guard import guarded
from pipeline.embedded.info import StackInfo
from pipeline.embedded.stack import start, stop
from pipeline.errors import SetupError
from pipeline.jvm.java import ensure_java
from pipeline.settings import Settings
from tests.datasets import generated
from tests.paths import ROOT, Data, data_folder, kinds
from tests.sparks import Sparks
from tests.stacks import MakeStack, settings_of, stack_settings, state_folder


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of this project's tests."""
    parser.addoption(
        "--write-table", action="store_true", help="put what came of the faults into docs/reliability.md (-m faults)"
    )


def pytest_configure() -> None:
    """Let Ctrl-C reach the processes that tests start: in a background shell they ignore it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _tell(part: str, what: str) -> None:
    sys.stderr.write(f"{part}: {what}\n")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Make sure of a Java, where tests need one: as root on Debian it is installed, and that is said."""
    unit = ROOT / "tests/unit"
    if session.config.option.collectonly or all(unit in item.path.parents for item in session.items):
        return
    # Without one, each test that needs it says so.
    with suppress(SetupError):
        ensure_java(_tell)


@pytest.fixture(scope="session")
def generated_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The generated data sets."""
    folder = tmp_path_factory.mktemp("generated")
    generated.write(folder)
    return folder


@pytest.fixture(params=kinds())
def data(request: pytest.FixtureRequest, generated_folder: Path) -> Data:
    """Data sets in their layouts: generated ones, and then the real ones where there are any."""
    return Data(request.param, generated_folder if request.param == "generated" else data_folder())


@pytest.fixture(scope="session")
def stack() -> Iterator[StackInfo]:
    """A broker and an Elasticsearch on free ports, shared by all tests of the session: never stop or kill it."""
    with running_stack() as info:
        yield info


@pytest.fixture(scope="session")
def sparks() -> Iterator[Sparks]:
    """The Spark of this process, in whatever order tests want which."""
    found = Sparks()
    yield found
    found.close()


@pytest.fixture
def make_stack() -> Iterator[MakeStack]:
    """Makes stacks for this test alone, which it may stop, kill and repair."""
    with ExitStack() as running:
        yield lambda: running.enter_context(running_stack())


@pytest.fixture
def settings(stack: StackInfo, tmp_path: Path) -> Settings:
    """Settings of the shared stack with topics, a namespace and a checkpoint that no other test has."""
    return settings_of(stack, mark=uuid4().hex[:12], folder=tmp_path)


@pytest.fixture
def state_dir() -> Iterator[Path]:
    """An empty state folder that the servers' unprivileged user can reach, which pytest's own is not."""
    with state_folder() as folder:
        yield folder
        stop(folder)


@contextmanager
def running_stack() -> Iterator[StackInfo]:
    """A broker and an Elasticsearch on free ports, ended with the block."""
    with state_folder() as folder, guarded(folder, delete_data=True):
        yield start(stack_settings(folder))

"""Property tests without wall-clock luck, and tests of settings and logs that see and leave nothing of this machine."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import settings

settings.register_profile("unit", deadline=None, database=None, max_examples=60)
settings.load_profile("unit")


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The working folder, which is empty; no TWEETPULSE_* in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in os.environ:
        if name.upper().startswith("TWEETPULSE_"):
            monkeypatch.delenv(name)
    return tmp_path


@pytest.fixture
def logging_restored() -> Iterator[None]:
    """The configuration of the log is restored after the test."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.fixture(autouse=True)
def threads_ended() -> Iterator[None]:
    """A thread that a test leaves behind would log, or count, in the next one."""
    before = {*threading.enumerate()}
    yield
    left = [one for one in threading.enumerate() if one not in before and not _waits_for_a_client(one)]
    for one in left:
        one.join(20)
    assert [one.name for one in left if one.is_alive()] == []


def _waits_for_a_client(thread: threading.Thread) -> bool:
    """A server's thread of a connection that a client keeps for later: nothing comes of it."""
    return thread.name.endswith("(process_request_thread)")

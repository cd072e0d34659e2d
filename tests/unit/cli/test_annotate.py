"""When an annotated event began and ended."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from pipeline.cli.annotate import annotate, moments
from pipeline.errors import ConfigError

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def in_berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose clock is an hour ahead of UTC in winter."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_now_is_the_default() -> None:
    """Nothing said is now, without an end."""
    assert moments(None, None, now=NOW) == (NOW, None)


@pytest.mark.usefixtures("in_berlin")
def test_times_without_an_offset() -> None:
    """They are what this machine's clock shows; an offset that is said is kept to."""
    began, ended = moments("2026-03-01T09:00", "2026-03-01T11:00+02:00", now=NOW)
    assert (began, ended) == (datetime(2026, 3, 1, 8, tzinfo=UTC), datetime(2026, 3, 1, 9, tzinfo=UTC))


@pytest.mark.parametrize("at", ["soon", "9:00", "2026-13-01", "0001-01-01T00:00+14:00"])
def test_no_time(at: str) -> None:
    """One line shows how to write it."""
    with pytest.raises(ConfigError, match="--at is not a time: write it as 2026-03-01T09:00"):
        moments(at, None, now=NOW)


def test_an_end_before_the_beginning() -> None:
    """It is refused."""
    with pytest.raises(ConfigError, match="--end is before --at"):
        moments("2026-03-01T09:00+00:00", "2026-03-01T08:00+00:00", now=NOW)


@pytest.mark.parametrize("message", ["", "  \n"])
def test_nothing_to_note(message: str) -> None:
    """It is refused before any server is asked."""
    with pytest.raises(ConfigError, match="say what happened"):
        annotate(message)

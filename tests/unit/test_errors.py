"""The exception tree: exit codes, and the way from a worker to the driver."""

from __future__ import annotations

import pickle

import pytest

from pipeline import errors
from pipeline.errors import PipelineError, SinkUnavailable
from pipeline.stream.batch import Stopping

CLASSES = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, PipelineError)]
PLAIN = [kind for kind in CLASSES if not issubclass(kind, SinkUnavailable)]


@pytest.mark.parametrize("kind", [*PLAIN, Stopping])
def test_pickling(kind: type[PipelineError]) -> None:
    """Class, message and what is printed are the same afterwards."""
    there = pickle.loads(pickle.dumps(kind("say so")))
    assert (type(there), there.message, str(there), there.args) == (kind, "say so", "say so", ("say so",))


def test_pickling_keeps_attributes() -> None:
    """The attributes of an error survive pickling."""
    away = pickle.loads(pickle.dumps(SinkUnavailable("wait", reason="timeout")))
    assert (away.message, away.reason) == ("wait", "timeout")


def test_exit_codes() -> None:
    """They are those that the tree in the docstring draws, and no error ends with 0."""
    drawn = {
        words[0]: int(words[2])
        for line in (errors.__doc__ or "").splitlines()
        if len(words := line.strip(" │├└─").split()) > 2 and words[1] == "exit"
    }
    codes = {kind.__name__: kind.exit_code for kind in CLASSES}
    assert {name: codes[name] for name in drawn} == drawn
    assert (codes["SinkUnavailable"], drawn["SinkAway"]) == (drawn["SinkError"], drawn["SetupError"])
    assert sorted({*drawn.values()}) == [1, 2, 3, 4, 5, 6, 7, 8, 9]

"""An ordinary small HTTP server that speaks X's API v2 as documented: rules, filtered stream, recent search, counts.

A script says what happens on each connection of the stream; the server remembers what it has written and sent, so
that tests can compare that with what was indexed.
"""

from tests.fake_x.script import (
    Cut,
    CutInside,
    Disconnect,
    End,
    Follow,
    Malformed,
    Missed,
    Pause,
    Refuse,
    Repeat,
    Send,
    Silence,
    Step,
)
from tests.fake_x.server import FakeX, serving

__all__ = [
    "Cut", "CutInside", "Disconnect", "End", "FakeX", "Follow", "Malformed", "Missed", "Pause", "Refuse", "Repeat",
    "Send", "Silence", "Step", "serving",
]  # fmt: skip

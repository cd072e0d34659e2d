"""Timing of a connection, with a socket whose waits are scripted."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from pipeline.sources.twitter.api import Connection

OPENED = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Socket:
    """Gives chunks, each after so many seconds of waiting; it is the answer and its raw part."""

    chunks: list
    seconds: float = 100.0
    headers: dict = field(default_factory=dict)

    @property
    def raw(self):
        return self

    def read1(self, size, decode_content):
        if not self.chunks:
            return b""
        waited, chunk = self.chunks.pop(0)
        self.seconds += waited
        return chunk

    def monotonic(self):
        return self.seconds


def connection(*chunks):
    socket = Socket(list(chunks))
    answer: Any = socket
    return socket, Connection(answer, now=lambda: OPENED, monotonic=socket.monotonic)


def test_a_keep_alive_that_was_waited_for_says_that_all_was_read():
    """Up to when the wait for it began; before the first one, up to the opening."""
    _, stream = connection((0, b"a\n"), (20, b"\n"), (20, b"\n"))
    assert [(line, (stream.read_until - OPENED).total_seconds()) for line in stream.lines()] == [
        (b"a", 0.0), (b"", 0.0), (b"", 20.0),
    ]  # fmt: skip


def test_one_that_lay_there_says_nothing():
    """Whoever takes the lines was away for ten minutes: behind this keep-alive there may be more that is as old."""
    socket, stream = connection((5, b"a\n"), (0, b"\n"), (0, b"b\n"), (3, b"\n"))
    lines = stream.lines()
    next(lines)
    socket.seconds += 600
    assert (next(lines), stream.read_until) == (b"", OPENED)
    assert (next(lines), stream.read_until) == (b"b", OPENED)
    assert (next(lines), stream.read_until) == (b"", OPENED + timedelta(seconds=605))

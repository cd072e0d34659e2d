"""A terminal of a given size: a command runs in it, and what stood on its screen in the end is read."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import termios
from collections.abc import Callable, Mapping, Sequence

import pyte

LINES = 200
"""More than any screen that is looked at fills, so that nothing scrolls away."""

Seen = Callable[[subprocess.Popen[bytes], str], object]


def screen_of(
    command: Sequence[str], columns: int, environment: Mapping[str, str] | None = None, seen: Seen = lambda _, __: None
) -> tuple[list[str], int]:
    """The lines that a command leaves on a terminal's screen, and its exit code.

    Args:
        command: what runs; its standard streams are the terminal.
        columns: how wide the terminal is.
        environment: set beside this process's own.
        seen: called with the process and the screen's text whenever something was drawn, for example to interrupt it.
    """
    screen = pyte.Screen(columns, LINES)
    stream = pyte.ByteStream(screen)
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, columns, 0, 0))
    variables = os.environ | {"TERM": "xterm-256color"} | dict(environment or {})
    variables = {name: value for name, value in variables.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=variables)
    os.close(theirs)
    try:
        while drawn := _read(ours):
            stream.feed(drawn)
            seen(process, "\n".join(_lines(screen)))
        return _lines(screen), process.wait(timeout=60)
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def _lines(screen: pyte.Screen) -> list[str]:
    lines = [line.rstrip() for line in screen.display]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65_536)
    except OSError:
        # Linux says so that nobody holds the other end any more.
        return b""

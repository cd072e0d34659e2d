"""Standard output and standard error as whatever they are when a line is written."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import Any, TextIO


class StandardOutput:
    """Whatever standard output is when a line is written: at a terminal, the live display that is shown there.

    Rich's consoles write past the display of another console, and spoil it. A display of this one's own must leave
    `sys.stdout` alone (`redirect_stdout=False`). A pipe or a file gets everything itself.
    """

    @property
    def rich_proxied_file(self) -> StandardOutput:
        """What stands for the file itself: not what is behind the display."""
        return self

    def write(self, text: str) -> int:
        return self._file().write(text)

    def flush(self) -> None:
        self._file().flush()

    def _file(self) -> TextIO:
        shown = sys.stdout
        return shown if shown.isatty() else getattr(shown, "rich_proxied_file", shown)

    def __getattr__(self, name: str) -> Any:
        return getattr(sys.stdout, name)


class StandardError:
    """Whatever standard error is when a line is written: a logger outlives what stood there when it was made.

    What can't be written, since the disk of the log is full, is left out: nobody ends for want of a line.
    """

    def write(self, text: str) -> int:
        with suppress(OSError):
            sys.stderr.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            sys.stderr.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(sys.stderr, name)

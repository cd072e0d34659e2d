"""Bytes as they come → whole lines: never cut inside a character, never held back. Pure."""

from __future__ import annotations

LONGEST_LINE = 4_000_000
"""Bytes after which a line without an end is given up: no tweet with all that it refers to is so long."""


class Lines:
    """Puts lines together again. What is left when the connection ends was cut, and is no line."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, chunk: bytes) -> list[bytes]:
        """The lines that are whole now, without their ends; an empty one is a keep-alive.

        A line ends with a line feed, which stands inside no character of UTF-8; the carriage return before it goes.
        """
        if b"\n" not in chunk:
            self._rest += chunk
            if len(self._rest) <= LONGEST_LINE:
                return []
            # The line is handed on as far as it has come, and whoever reads it finds that it is no JSON.
            chunk = b"\n"
        *lines, rest = (bytes(self._rest) + chunk).split(b"\n")
        self._rest = bytearray(rest)
        return [line.removesuffix(b"\r") for line in lines]

"""Server-sent events: bytes as they come → events, wherever they are cut. Pure.

As https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream has it, but for `id` and
`retry`, which Mastodon does not send.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

MAX_EVENT_BYTES = 4_000_000
"""An event that is longer is left out: it is no status, and the memory is bounded."""


@dataclass(frozen=True, slots=True)
class Event:
    """An event of the server: its kind, and its data as UTF-8; None if the data was too long to be kept."""

    kind: str
    data: bytes | None


class Parser:
    """Takes chunks in order, and gives the events that they complete."""

    def __init__(self, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        self._most = max_event_bytes
        self._line = bytearray()
        self._data: list[bytes] = []
        self._size = 0
        self._kind = ""
        self._too_long = False
        self._ended_in_cr = False

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """The events that end within this chunk. Lines are cut as bytes: a character may come in two parts."""
        for line in self._lines(chunk):
            if line:
                self._take(line)
            else:
                event = self._event()
                if event.data != b"":
                    yield event

    def _lines(self, chunk: bytes) -> Iterator[bytes]:
        if not chunk:
            return
        if self._ended_in_cr:
            # The two bytes of a line end may come in two chunks, and the second one is then no empty line.
            chunk = chunk.removeprefix(b"\n")
        self._ended_in_cr = chunk.endswith(b"\r")
        *whole, rest = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        for part in whole:
            self._keep(part)
            line = bytes(self._line)
            self._line.clear()
            yield line
        self._keep(rest)

    def _keep(self, part: bytes) -> None:
        if len(self._line) + len(part) + self._size > self._most:
            self._too_long = True
            # The beginning is kept, because it names the field of the line.
            part = part[: max(0, 6 - len(self._line))]
        self._line += part

    def _take(self, line: bytes) -> None:
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"event":
            self._kind = value.decode("utf-8", "replace")
        elif field == b"data" and not self._too_long:
            self._data.append(value)
            # With the line end, because empty lines take memory, too.
            self._size += len(value) + 1

    def _event(self) -> Event:
        event = Event(self._kind or "message", None if self._too_long else b"\n".join(self._data))
        self._data, self._size, self._kind, self._too_long = [], 0, "", False
        return event

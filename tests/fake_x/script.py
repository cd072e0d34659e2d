"""A script of the events on the stream's connections, one step after the other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Send:
    """Write tweets and stream them. `fields` are laid over each; `raw` are whole messages instead, as recorded."""

    count: int = 1
    text: str = "acme is late again"
    fields: dict[str, Any] = field(default_factory=dict)
    raw: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Missed:
    """Write tweets that no stream shows: nobody is connected, or a message gets lost. The search has them."""

    count: int = 1
    text: str = "acme is late again"


@dataclass(frozen=True)
class Follow:
    """Stream for so many seconds what others write meanwhile (see `write_steadily`)."""

    seconds: float


@dataclass(frozen=True)
class Repeat:
    """Stream the last tweets once more."""

    count: int


@dataclass(frozen=True)
class Malformed:
    """A line that is no JSON."""

    line: bytes = b'{"data": {"id": "1", "te'


@dataclass(frozen=True)
class Pause:
    """Keep-alives for so many seconds."""

    seconds: float


@dataclass(frozen=True)
class Silence:
    """No byte at all, until the client gives up."""


@dataclass(frozen=True)
class Cut:
    """Close the socket in the middle of the answer, without its end; a part of a line may go before."""

    after: bytes = b""


@dataclass(frozen=True)
class End:
    """End the answer as HTTP has it."""


@dataclass(frozen=True)
class Disconnect:
    """The message with which X ends a stream, and its end."""

    title: str = "operational-disconnect"
    kind: str = "UpstreamOperationalDisconnect"


@dataclass(frozen=True)
class CutInside:
    """Stream a tweet in two chunks, cut inside a character of several bytes, with a pause between."""

    text: str = "acme ist spät dran: \u00e4\U0001f600"


@dataclass(frozen=True)
class Refuse:
    """Answer the next request for the stream with a status of 400 and more; `reset` in seconds sends the limits."""

    status: int
    body: dict[str, Any] = field(default_factory=dict)
    reset: float | None = None


Step = (
    Send | Missed | Follow | Repeat | Malformed | Pause | Silence | Cut | End | Disconnect | CutInside | Refuse
)  # fmt: skip

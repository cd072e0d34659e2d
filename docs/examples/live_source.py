"""A live source of your own that loses nothing: lines of a server that hangs up from time to time.

    cd docs/examples && tweetpulse collect --source live_source:Ticker

The server takes `follow`, and sends each new line as `<number> <text>`; or `since <number>`, and sends all lines after
it. The source says how to connect, what it reads and where it is, how to refill a gap, and how long to wait after a
fault. The runtime reads it, reconnects, notices silence, remembers how far Kafka has it, and refills what was missed.
"""

from __future__ import annotations

import socket
from collections.abc import Generator, Iterator

from tenacity.wait import wait_exponential

from pipeline.domain.faults import Fault
from pipeline.domain.identity import event_id
from pipeline.domain.tweet import Tweet
from pipeline.sources.live.feed import Ask, Gap, Interrupted, Lost, Message, Position, Read, Waits

ADDRESS = ("127.0.0.1", 7070)


class Following:
    """An open connection."""

    begins = until = backfilled_after = None

    def __init__(self, request: str) -> None:
        try:
            self._socket = socket.create_connection(ADDRESS, timeout=10)
            self._socket.sendall(f"{request}\n".encode())
        except OSError:
            raise Interrupted(Fault.NETWORK) from None
        self._socket.settimeout(None)

    def __iter__(self) -> Generator[Message, None, None]:
        """Yield what comes, until the server hangs up."""
        with self._socket, self._socket.makefile("rb") as lines:
            try:
                for line in lines:
                    number, _, text = line.decode().strip().partition(" ")
                    tweet = Tweet(id=event_id("ticker", number), text=text, source="ticker")
                    yield Read(tweet, Position(number)) if text else None
            except OSError:
                raise Interrupted(Fault.NETWORK) from None

    def close(self) -> None:
        """Called from another thread: the read that blocks ends."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            return


class Lines:
    """The only feed."""

    name = "lines"
    stall_seconds = 60.0
    is_polled = False

    def connect(self, reached: Position | None) -> Following:
        """Connect, once."""
        return Following("follow")

    def before(self, position: Position) -> Position:
        """No line comes late, so that a gap begins where the last one was."""
        return position

    def is_due(self, gap: Gap) -> bool:
        """The server knows its lines at once."""
        return True

    def refill(self, gap: Gap, ask: Ask) -> Iterator[Read | Lost]:
        """Ask for what was missed."""
        for found in ask(lambda: list(Following(f"since {gap.after.id}"))):
            if isinstance(found, Read):
                yield found


class Ticker:
    """What `--source` names."""

    name = state = "ticker"
    feeds = (Lines(),)
    waits = Waits({Fault.OTHER: wait_exponential(multiplier=0.5, max=30)}, refused={}, longest_told=60.0)

    def close(self) -> None:
        """Nothing is open but the connections, and those were closed before."""

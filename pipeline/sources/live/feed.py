"""What a live source says of itself: how to connect, what it reads, where it is, how to refill a gap, its faults."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from tenacity.wait import wait_base

from pipeline.domain.faults import Fault
from pipeline.sources.source import Item

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a feed: a tweet's id there, as its server has it (a number, or text of one length), and a time."""

    id: str
    at: datetime | None = None

    @property
    def order(self) -> tuple[int, str]:
        """By which positions of one feed are compared."""
        # Among numbers as text, the longer one is greater.
        return len(self.id), self.id


@dataclass(frozen=True, slots=True)
class Gap:
    """What was written after one position and before another; `until` is None where that end is not known."""

    after: Position
    until: Position | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """Something came.

    Attributes:
        item: a tweet, or what could not be read; None for a tweet that is not for us.
        position: of that tweet, if the feed has positions. Tweets with one are handed on once each, by their `id`.
    """

    item: Item | None
    position: Position | None = None


@dataclass(frozen=True, slots=True)
class Alive:
    """All that is not newer than this position has been read."""

    position: Position


@dataclass(frozen=True, slots=True)
class Span:
    """A gap to be refilled, of a feed that is asked again and again instead of streamed.

    Attributes:
        gap: both its ends are known.
        is_routine: nothing was missed, so that it is not told as a gap.
    """

    gap: Gap
    is_routine: bool


@dataclass(frozen=True, slots=True)
class Lost:
    """A part of a gap is not to be had, from a position on; the rest is."""

    after: Position


Message = Read | Alive | Span | None
"""What a connection yields. None: something came that is nothing, such as a keep-alive."""


class Interrupted(Exception):
    """Something that passes: worth another attempt.

    Args:
        fault: its kind, which decides how long to wait.
        wait: seconds after which the server says to come again.
        refused: an attempt to connect was refused by the server, as opposed to a connection that was lost.
        host: the server that could not be reached.
    """

    def __init__(self, fault: Fault, wait: float | None = None, *, refused: bool = False, host: str = "") -> None:
        super().__init__(str(fault))
        self.fault = fault
        self.wait = wait
        self.refused = refused
        self.host = host


class GivenUp(Exception):
    """The rest of a gap can't be had.

    Args:
        after: where the rest begins.
        fault: why, if something went wrong.
    """

    def __init__(self, after: Position, fault: Fault | None = None) -> None:
        super().__init__(str(fault or "too long"))
        self.after = after
        self.fault = fault


class Finished(Exception):
    """There is nothing more, ever: the feed is not connected anew."""


class Stopped(Exception):
    """The source is being closed; what was under way is not done."""


@dataclass(frozen=True, slots=True)
class Waits:
    """How long to wait after each fault, as the server's owner documents it.

    Attributes:
        lost: by fault; `OTHER` stands for those that are not named.
        refused: the same where the server refused to connect, if that differs.
        longest_told: seconds that the server itself may ask for at most.
    """

    lost: Mapping[Fault, wait_base]
    refused: Mapping[Fault, wait_base]
    longest_told: float

    def of(self, why: Interrupted) -> wait_base:
        """By what the wait grows."""
        named = self.refused.get(why.fault) if why.refused else None
        return named or self.lost.get(why.fault) or self.lost[Fault.OTHER]


class Ask(Protocol):
    """Asks a server until it answers."""

    def __call__(self, question: Callable[[], T]) -> T:
        """The answer; a question that raises `Interrupted` is asked again after its wait.

        Raises:
            Stopped: the source is being closed.
        """
        ...


class Connection(Protocol):
    """An open connection. It is iterated once, by the thread that opened it.

    Attributes:
        begins: where a source begins that has never run; None where it has no positions before the first tweet.
        until: what is newer than this comes by itself; None where that is only known when the gap is refilled.
        backfilled_after: what is newer than this comes by itself although it was missed; None where nothing does.
    """

    @property
    def begins(self) -> Position | None: ...
    @property
    def until(self) -> Position | None: ...
    @property
    def backfilled_after(self) -> Position | None: ...

    def __iter__(self) -> Generator[Message, None, None]:
        """What comes, until the server ends it. Whatever was opened is let go when the iterator is closed.

        Raises:
            Interrupted: the connection is lost.
            Finished: there is nothing more.
            PipelineError: connecting again is of no use.
        """
        ...

    def close(self) -> None:
        """End a read that blocks; called from another thread, also more than once."""


class Feed(Protocol):
    """What is read over one connection: X's stream, a timeline of Mastodon. Each is read in a thread of its own.

    Attributes:
        name: its key in the resume file.
        stall_seconds: silence after which the connection counts as lost; None where silence means nothing.
        is_polled: it has no stream: its connection yields spans, and is up when a question is answered.
    """

    @property
    def name(self) -> str: ...
    @property
    def stall_seconds(self) -> float | None: ...
    @property
    def is_polled(self) -> bool: ...

    def connect(self, reached: Position | None) -> Connection:
        """Connect, once.

        Args:
            reached: up to where all was read, the gaps aside; None before the first time.

        Raises:
            Interrupted: it can't be had now.
            PipelineError: trying again is of no use.
        """
        ...

    def before(self, position: Position) -> Position:
        """Where a gap begins after this was the newest that came: as much earlier as a tweet may come late."""
        ...

    def is_due(self, gap: Gap) -> bool:
        """True if the server surely lists all of a gap by now."""
        ...

    def refill(self, gap: Gap, ask: Ask) -> Iterator[Read | Lost]:
        """What was missed, in any order. Called from the thread that refills; gaps come one after another.

        Raises:
            GivenUp: the rest can't be had.
            PipelineError: the source can't go on.
        """
        ...


class LiveSource(Protocol):
    """A source that goes on: feeds, which the runtime connects, reads, reconnects and refills.

    Attributes:
        name: the `source` of its tweets and the label of its metrics.
        state: the name of its resume file, without `.json`.
        feeds: at least one.
        waits: after which fault how long.
    """

    @property
    def name(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def feeds(self) -> Sequence[Feed]: ...
    @property
    def waits(self) -> Waits: ...

    def close(self) -> None:
        """Let go of everything; safe to repeat. Connections were closed before."""

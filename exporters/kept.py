"""A client that is kept open between scrapes, and opened anew after it has failed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Generic, Protocol, TypeVar


class Closable(Protocol):
    """Anything that can be let go of."""

    def close(self) -> object:
        """Let go of it."""


Client = TypeVar("Client", bound=Closable)


class Kept(Generic[Client]):
    """Opens a client when it is first used. For one thread at a time.

    Args:
        connect: opens one.
    """

    def __init__(self, connect: Callable[[], Client]) -> None:
        self._connect = connect
        self._client: Client | None = None

    @contextmanager
    def use(self) -> Iterator[Client]:
        """The client; whatever goes wrong in the block closes it, so that the next use finds a fresh one."""
        client = self._client = self._client or self._connect()
        try:
            yield client
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the client, if there is one; a broken one may fail at that too."""
        client, self._client = self._client, None
        if client is not None:
            with suppress(Exception):
                client.close()

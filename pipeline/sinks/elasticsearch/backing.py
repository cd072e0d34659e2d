"""The backing indices of a data stream: which one is written, and which older ones may hold an id that comes again.

A data stream de-duplicates by `_id` only inside its write index. After a rollover a repeat would be indexed
a second time, so the ids are looked up in the older indices. These are sealed first: nothing is added to them any more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise

from elasticsearch import Elasticsearch, NotFoundError

from pipeline.errors import SinkUnavailable

INDICES_PER_REQUEST = 50
"""An HTTP request line may have 4,096 bytes (`http.max_initial_line_length`), and the indices are named in it."""


@dataclass(frozen=True, slots=True)
class Backing:
    """The write index, and the older ones that a repeated id could be in, oldest first."""

    write: str
    older: tuple[str, ...] = ()


def resolve(client: Elasticsearch, stream: str, *, since: float = 0.0) -> Backing:
    """The backing indices of a data stream; `older` are those that were written to after `since` (epoch seconds).

    An index that is closed or red is one of them: what it holds can't be seen now, but it holds it.

    Raises:
        SinkUnavailable: the data stream is not there; whoever waits for it may make it.
    """
    try:
        answer = client.indices.get_settings(
            index=stream,
            name="index.creation_date",
            expand_wildcards="all",
            filter_path="*.settings.index.creation_date",
        )
    except NotFoundError:
        raise SinkUnavailable(f"the data stream {stream} is not there", reason="index_missing") from None
    created = {name: int(found["settings"]["index"]["creation_date"]) / 1000 for name, found in answer.items()}
    if not created:
        raise SinkUnavailable(f"Elasticsearch names no index of {stream}", reason="malformed")
    return backing_of(created, since=since)


def backing_of(created: Mapping[str, float], *, since: float) -> Backing:
    """From the indices' times of creation. An index was written to until the next one was made.

    >>> backing_of({"ds-000001": 10.0, "ds-000002": 20.0, "ds-000003": 30.0}, since=25.0)
    Backing(write='ds-000003', older=('ds-000002',))
    """
    names = sorted(created, key=generation)
    closed = {name: created[successor] for name, successor in pairwise(names)}
    return Backing(names[-1], tuple(name for name, end in closed.items() if end > since))


class Seals:
    """Seals older backing indices, each once: what is found in a sealed index is all that it will ever hold.

    A bulk request that was sent before a rollover may still be under way after it, for example when its sender gave
    up waiting or was killed. Elasticsearch puts a write block on an index only after all writes under way are done,
    and refuses what comes later, so a look-up behind the block misses nothing.
    """

    def __init__(self, client: Elasticsearch) -> None:
        self._client = client
        self._sealed: set[str] = set()

    def seal(self, backing: Backing) -> None:
        """Block writes to each older index and refresh it, so that a search sees all of it.

        Raises:
            SinkUnavailable: an index is gone, or can't be sealed now.
            ApiError, TransportError: Elasticsearch refuses or does not answer.
        """
        # A data stream that was deleted and created again begins with the same names.
        self._sealed.discard(backing.write)
        for index in backing.older:
            if index not in self._sealed:
                # In this order: what is written after a refresh and before the block is in no search.
                block_writes(self._client, index)
                self._refresh(index)
                self._sealed.add(index)

    def _refresh(self, index: str) -> None:
        with index_errors():
            shards = self._client.indices.refresh(index=index)["_shards"]
        # Shards that are assigned to no node count neither as failed nor as successful.
        if shards["failed"] or not shards["successful"]:
            raise SinkUnavailable(f"the index {index} can't be refreshed", reason="unavailable")


def block_writes(client: Elasticsearch, index: str) -> None:
    """Put a write block on an index, once all writes under way are done; one that has it keeps it.

    Raises:
        SinkUnavailable: the index is gone, or not all of its shards have taken the block.
    """
    with index_errors():
        answer = client.indices.add_block(index=index, block="write")
    # The answer leaves out an index that has the block already, or is closed, which the look-up finds.
    if not all(found.get("blocked") for found in answer.get("indices", ())):
        raise SinkUnavailable(f"the index {index} can't be blocked for writing now", reason="unavailable")


@contextmanager
def writable(client: Elasticsearch, index: str) -> Iterator[None]:
    """While something is deleted from an older index: its write block, if it has one, is lifted and then put back.

    Raises:
        SinkUnavailable: as `block_writes`.
    """
    with index_errors():
        found = client.indices.get_settings(index=index, name="index.blocks.write", flat_settings=True)
    if found.get(index, {}).get("settings", {}).get("index.blocks.write") != "true":
        yield
        return
    with index_errors():
        client.indices.put_settings(index=index, settings={"index.blocks.write": None})
    try:
        yield
    finally:
        # Also after an error: whoever has sealed the index does not look at the block again.
        block_writes(client, index)


@contextmanager
def index_errors() -> Iterator[None]:
    """A backing index that is gone means that the data stream has changed: it is resolved anew and tried again.

    Raises:
        SinkUnavailable: in place of NotFoundError.
    """
    try:
        yield
    except NotFoundError:
        raise SinkUnavailable("a backing index has gone meanwhile", reason="index_missing") from None


def generation(name: str) -> int:
    """The number that ends the name of a backing index; 0 of one that somebody added, which is never written to."""
    number = name.rpartition("-")[2]
    return int(number) if number.isdecimal() else 0

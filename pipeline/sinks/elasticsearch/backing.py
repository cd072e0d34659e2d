"""The backing indices of a data stream, and which of them may hold an id that comes again.

A data stream de-duplicates by `_id` only inside its write index. After a rollover a repeat would be indexed
a second time, so the ids are looked up in the older indices that are young enough to hold one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from elasticsearch import Elasticsearch, NotFoundError

from pipeline.errors import SinkUnavailable

IDS_PER_QUERY = 5_000
"""An `ids` query takes any number, but its answer stops at 10,000 hits."""


@dataclass(frozen=True, slots=True)
class Backing:
    """The write index, and the older ones that a repeated id could be in."""

    write: str
    older: tuple[str, ...] = ()


def resolve(client: Elasticsearch, stream: str, *, since: float) -> Backing:
    """The backing indices of a data stream; `older` are those that were written to after `since` (epoch seconds).

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
    return backing_of(created, since=since)


def backing_of(created: Mapping[str, float], *, since: float) -> Backing:
    """From the indices' times of creation. An index was written to until the next one was made.

    >>> backing_of({"ds-000001": 10.0, "ds-000002": 20.0, "ds-000003": 30.0}, since=25.0)
    Backing(write='ds-000003', older=('ds-000002',))
    """
    names = sorted(created, key=_generation)
    closed = {name: created[successor] for name, successor in pairwise(names)}
    return Backing(names[-1], tuple(name for name, end in closed.items() if end > since))


def present(client: Elasticsearch, indices: Sequence[str], ids: Collection[str]) -> set[str]:
    """Which of these ids the indices hold. An index that has gone meanwhile holds none."""
    if not indices:
        return set()
    found: set[str] = set()
    for chunk in _chunks(list(ids), IDS_PER_QUERY):
        answer = client.search(
            index=list(indices),
            query={"ids": {"values": chunk}},
            size=min(len(chunk) * len(indices), 10_000),
            source=False,
            ignore_unavailable=True,
            track_total_hits=False,
            filter_path="hits.hits._id",
        )
        found.update(hit["_id"] for hit in answer.get("hits", {}).get("hits", ()))
    return found


def held(client: Elasticsearch, index: str, ids: Collection[str]) -> set[str]:
    """Which of these ids one index holds, also what was written to it this moment."""
    if not ids:
        return set()
    answer = client.mget(index=index, ids=list(ids), source=False, filter_path="docs._id,docs.found")
    return {found["_id"] for found in answer["docs"] if found.get("found")}


def _generation(name: str) -> int:
    return int(name.rsplit("-", 1)[1])


def _chunks(ids: list[str], size: int) -> Iterable[list[str]]:
    return (ids[start : start + size] for start in range(0, len(ids), size))

"""Finds the indices that hold given ids, and deletes all copies of a document but the oldest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from datetime import datetime
from typing import Any, NamedTuple

from elasticsearch import Elasticsearch

from pipeline.errors import ConfigError, SinkUnavailable
from pipeline.sinks.elasticsearch.backing import INDICES_PER_REQUEST, Backing, index_errors, writable

IDS_PER_QUERY = 5_000
MOST_HITS = 10_000
"""The most hits that a search returns (`index.max_result_window`)."""


class Written(NamedTuple):
    """From which record (topic, partition, offset) a document was made, and when, by its writer's clock."""

    record: tuple[str, int, int]
    ingested: datetime


def find(client: Elasticsearch, backing: Backing, ids: Collection[str]) -> dict[str, list[str]]:
    """The indices that hold each id, oldest first; an id that no older index holds is not in it.

    The older indices must be sealed. The write index is asked only for ids that an older one holds, and in real time.

    Raises:
        SinkUnavailable: an index can't be asked now, so what it holds is not known.
        ApiError, TransportError: Elasticsearch refuses or does not answer.
    """
    places: dict[str, list[str]] = defaultdict(list)
    for index, id_ in holding(client, backing.older, list(ids)):
        places[id_].append(index)
    # By id and not by a search, which misses what is not refreshed yet. Ids that only the write index may hold need no
    # look-up, because `create` answers them with a conflict.
    for id_ in _held(client, backing.write, places):
        places[id_].append(backing.write)
    age = {index: place for place, index in enumerate((*backing.older, backing.write))}
    return {id_: sorted(indices, key=age.__getitem__) for id_, indices in places.items()}


def holding(client: Elasticsearch, indices: Sequence[str], ids: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(index, id) of all that indices, or data streams, hold of these ids and have made visible.

    Raises:
        SinkUnavailable: an index can't be asked now, so what it holds is not known.
        ApiError, TransportError: Elasticsearch refuses or does not answer.
    """
    for names in _parts(indices, INDICES_PER_REQUEST):
        for chunk in _parts(ids, IDS_PER_QUERY):
            yield from _search(client, names, chunk)


def written(client: Elasticsearch, index: str, ids: Collection[str]) -> dict[str, Written]:
    """From which records an index's documents were made, in real time.

    An id that the index does not hold is not in it, nor one whose document somebody else has made in another way.

    Raises:
        SinkUnavailable: the index can't be asked now.
        ApiError, TransportError: Elasticsearch refuses or does not answer.
    """
    documents = _mget(client, index, ids, source=["kafka", "event.ingested"])
    said = {found["_id"]: _written(found.get("_source", {})) for found in documents if found.get("found")}
    return {id_: one for id_, one in said.items() if one is not None}


def keep_oldest(client: Elasticsearch, backing: Backing, places: Mapping[str, Sequence[str]]) -> None:
    """Of each id that several indices hold, delete all copies but the oldest.

    Raises:
        SinkUnavailable: it can't be done now.
        ConfigError: the user may not delete.
    """
    # Every attempt must choose the same copy: two attempts that kept different ones would delete both.
    surplus: dict[str, list[str]] = defaultdict(list)
    for id_, indices in places.items():
        for index in indices[1:]:
            surplus[index].append(id_)
    for index, ids in surplus.items():
        # Only older indices are sealed; the write index takes deletions as it is.
        with nullcontext() if index == backing.write else writable(client, index):
            _delete(client, index, ids)


def _search(client: Elasticsearch, indices: Sequence[str], ids: Sequence[str]) -> Iterator[tuple[str, str]]:
    with index_errors():
        answer = client.search(
            index=list(indices),
            query={"ids": {"values": list(ids)}},
            size=MOST_HITS,
            source=False,
            allow_partial_search_results=False,
            track_total_hits=False,
            filter_path="timed_out,_shards.failed,hits.hits._index,hits.hits._id",
        )
    # An absent field counts as a failure: an incomplete answer would look like "not there" and allow a second document.
    if answer.get("timed_out", True) or answer.get("_shards", {}).get("failed", 1):
        raise SinkUnavailable("not all shards of an older index answer", reason="unavailable")
    hits = answer.get("hits", {}).get("hits", ())
    if len(hits) == MOST_HITS:
        # There may be more: an id can be in several indices.
        middle = len(ids) // 2
        yield from _search(client, indices, ids[:middle])
        yield from _search(client, indices, ids[middle:])
    else:
        yield from ((hit["_index"], hit["_id"]) for hit in hits)


def _held(client: Elasticsearch, index: str, ids: Collection[str]) -> set[str]:
    return {found["_id"] for found in _mget(client, index, ids, source=False) if found.get("found")}


def _mget(client: Elasticsearch, index: str, ids: Collection[str], source: Any) -> list[dict[str, Any]]:
    if not ids:
        return []
    with index_errors():
        answer = client.mget(
            index=index,
            ids=list(ids),
            source=source,
            filter_path="docs._id,docs.found,docs._source,docs.error.type",
        )
    documents: list[dict[str, Any]] = answer["docs"]
    for found in documents:
        # In this API a closed index answers with status 200 and an error for each document.
        if "error" in found:
            closed = found["error"]["type"] == "index_closed_exception"
            reason = "index_closed" if closed else "unavailable"
            raise SinkUnavailable(f"the index {index} can't be asked ({found['error']['type']})", reason=reason)
    return documents


def _delete(client: Elasticsearch, index: str, ids: Iterable[str]) -> None:
    deletions = [{"delete": {"_index": index, "_id": id_}} for id_ in ids]
    answer = client.bulk(operations=deletions, filter_path="items.delete.status,items.delete.error.type")
    items = answer.get("items", ())
    for item in items:
        status = item["delete"]["status"]
        if status in (401, 403) and item["delete"]["error"]["type"] != "cluster_block_exception":
            raise ConfigError("Elasticsearch does not let this user delete, which takes back a repeat: grant it")
        # 404: an earlier attempt has deleted it.
        if status not in (200, 404):
            raise SinkUnavailable("Elasticsearch could not take back a repeat", reason="unavailable")
    if len(items) != len(deletions):
        raise SinkUnavailable("Elasticsearch did not say whether a repeat was taken back", reason="malformed")


def _written(source: dict[str, Any]) -> Written | None:
    try:
        kafka = source["kafka"]
        record = kafka["topic"], kafka["partition"], kafka["offset"]
        return Written(record, datetime.fromisoformat(source["event"]["ingested"]))
    except (KeyError, TypeError, ValueError):
        return None


def _parts(values: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (values[start : start + size] for start in range(0, len(values), size))

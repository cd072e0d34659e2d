"""Indices as `forget` finds them: closed ones are opened for it, write blocks are lifted, and both are put back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_random_exponential

from pipeline.errors import ConfigError, SinkUnavailable
from pipeline.sinks.elasticsearch.client import WAIT_STATUSES, Elasticsearch, NotFoundError

IDS_PER_REQUEST = 5_000
RETRY_SECONDS = 30.0
"""Seconds that a busy server is asked again."""

_PAGE = 1_000
_BY = ("event.id",)


@dataclass(frozen=True, slots=True)
class Index:
    """An index, and whether somebody has closed it."""

    name: str
    closed: bool


def indices_of(client: Elasticsearch, pattern: str) -> list[Index]:
    """All indices behind a name or a pattern, backing indices and closed ones too; none where there is nothing."""
    try:
        found: Any = client.cat.indices(index=pattern, expand_wildcards="all", format="json", h="index,status")
    except NotFoundError:
        return []
    return sorted((Index(one["index"], one["status"] == "close") for one in found), key=lambda one: one.name)


@contextmanager
def opened(client: Elasticsearch, index: Index) -> Iterator[None]:
    """While an index can be searched; one that was closed is closed again."""
    if not index.closed:
        yield
        return
    # An index can't be searched before its shards have started.
    client.indices.open(index=index.name, wait_for_active_shards=1)
    try:
        yield
    finally:
        client.indices.close(index=index.name)


def delete(client: Elasticsearch, index: str, ids: Sequence[str]) -> int:
    """Delete documents; how many were there. They are gone from searches once this returns.

    Raises:
        SinkUnavailable: the server does not take it now; some may be deleted.
        ConfigError: this user may not delete.
    """
    deleted = sum(_delete(client, index, chunk) for chunk in chunks(ids, IDS_PER_REQUEST))
    client.indices.refresh(index=index)
    return deleted


def hits(
    client: Elasticsearch, index: str, query: Mapping[str, Any], *, source: str | None = None, by: Sequence[str] = _BY
) -> Iterator[dict[str, Any]]:
    """All documents that a query finds in an index, with this field of theirs, or none; `by` tells any two apart.

    Raises:
        SinkUnavailable: a part of the index can't be searched now.
    """
    after: Any = None
    while True:
        answer = client.search(
            index=index,
            query=query,
            size=_PAGE,
            source={"includes": [source]} if source else False,
            # Somebody may have added an index that is none of ours, or is empty and unmapped.
            sort=[{field: {"order": "asc", "unmapped_type": "keyword"}} for field in by],
            search_after=after,
            allow_partial_search_results=False,
            track_total_hits=False,
        )
        if answer["timed_out"] or answer["_shards"]["failed"]:
            raise SinkUnavailable(f"a part of {index} can't be searched now", reason="unavailable")
        found = answer["hits"]["hits"]
        yield from found
        if len(found) < _PAGE:
            return
        after = found[-1]["sort"]


def chunks(values: Iterable[str], size: int) -> Iterator[list[str]]:
    """The values, in lists of at most `size`."""
    listed = list(values)
    return (listed[start : start + size] for start in range(0, len(listed), size))


def _delete(client: Elasticsearch, index: str, ids: list[str]) -> int:
    """One request, sent again for those that a busy server did not take."""
    deleted = 0
    for attempt in Retrying(
        retry=retry_if_exception_type(SinkUnavailable),
        wait=wait_random_exponential(multiplier=0.1, max=2),
        stop=stop_after_delay(RETRY_SECONDS),
        reraise=True,
    ):
        with attempt:
            statuses = _statuses(client, index, ids)
            deleted += sum(status == 200 for status in statuses)
            ids = [id_ for id_, status in zip(ids, statuses, strict=True) if status not in (200, 404)]
            if ids:
                raise SinkUnavailable(f"{index} takes no deletions now", reason="unavailable")
    return deleted


def _statuses(client: Elasticsearch, index: str, ids: list[str]) -> list[int]:
    if not ids:
        return []
    operations = [{"delete": {"_index": index, "_id": id_}} for id_ in ids]
    wanted = "items.delete.status,items.delete.error.type"
    items = client.bulk(operations=operations, filter_path=wanted).get("items", [])
    if len(items) != len(ids):
        raise SinkUnavailable(f"Elasticsearch did not answer for every deletion in {index}", reason="malformed")
    answered = [item["delete"] for item in items]
    for one in answered:
        kind = one.get("error", {}).get("type", "")
        if one["status"] in (401, 403) and kind != "cluster_block_exception":
            raise ConfigError("Elasticsearch does not let this user delete: grant `delete` on the data streams")
        if kind == "cluster_block_exception":
            raise SinkUnavailable(f"{index} is read-only: is the disk full?", reason="read_only")
        if one["status"] not in (200, 404) and one["status"] not in WAIT_STATUSES and one["status"] < 500:
            raise SinkUnavailable(f"{index} refuses a deletion ({kind})", reason="unavailable")
    return [one["status"] for one in answered]

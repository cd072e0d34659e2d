"""Writes what is found into the index of topics; the same question again replaces what was there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pipeline.domain.document import Document
from pipeline.errors import SinkError
from pipeline.sinks.elasticsearch.client import Elasticsearch
from pipeline.topics.documents import NEWEST, about, documents, run_id
from pipeline.topics.found import Found

MOST = 10_000
"""Documents of a question: more than there can be, and what a search gives at once."""

_CHUNK = 1_000


def store(client: Elasticsearch, index: str, found: Found, namespace: str, made: datetime) -> int:
    """Write the documents of a question, and delete those that an earlier answer to it left; how many are there now.

    If no other question about the same tweets ends later, it is the newest, and no other is so any more.

    Args:
        client: errors are to be mapped by whoever brings it (`elasticsearch_errors`).
        index: its name, from the settings.
        found: what is written.
        namespace: of the tweets.
        made: when it was found.

    Raises:
        SinkError: the index refuses a document.
    """
    run = run_id(found.question, namespace)
    is_newest = not client.count(index=index, query=_others(found, namespace, _later(found)))["count"]
    written = dict(documents(found, namespace, made, is_newest=is_newest))
    operations = [
        line for id_, document in written.items() for line in ({"index": {"_index": index, "_id": id_}}, document)
    ]
    _bulk(client, operations, 2 * _CHUNK)
    client.indices.refresh(index=index)
    query = {"term": {"run.id": run}}
    there = client.search(index=index, query=query, size=MOST, source=False)["hits"]["hits"]
    stale = [{"delete": {"_index": index, "_id": hit["_id"]}} for hit in there if hit["_id"] not in written]
    _bulk(client, stale, _CHUNK)
    if is_newest:
        _make_older(client, index, _others(found, namespace, {"term": {"run.names": NEWEST}}))
    client.indices.refresh(index=index)
    return len(written)


def _make_older(client: Elasticsearch, index: str, query: Document) -> None:
    hits = client.search(index=index, query=query, size=MOST, source_includes=["run.names"])["hits"]["hits"]
    operations: list[Document] = []
    for hit in hits:
        names = [name for name in hit["_source"]["run"]["names"] if name != NEWEST]
        operations += [{"update": {"_index": index, "_id": hit["_id"]}}, {"doc": {"run": {"names": names}}}]
    _bulk(client, operations, 2 * _CHUNK)


def _later(found: Found) -> Document:
    return {"range": {"event.end": {"gt": found.question.period.until.isoformat()}}}


def _others(found: Found, namespace: str, condition: Document) -> Document:
    """Other questions about the same tweets."""
    same = [{"term": {"run.about": about(found.question)}}, {"term": {"run.namespace": namespace}}]
    own = {"term": {"run.id": run_id(found.question, namespace)}}
    return {"bool": {"filter": [*same, condition], "must_not": [own]}}


def _bulk(client: Elasticsearch, operations: Sequence[Document], size: int) -> None:
    for start in range(0, len(operations), size):
        answer = client.bulk(operations=operations[start : start + size])
        if answer["errors"]:
            failed = [one for item in answer["items"] for one in item.values() if "error" in one]
            # `forget` has deleted an example meanwhile.
            failed = [one for one in failed if one["error"]["type"] != "document_missing_exception"]
            if not failed:
                continue
            kinds = sorted({one["error"]["type"] for one in failed})
            raise SinkError(
                f"the index of topics refuses {len(failed):,} documents ({', '.join(kinds)}): run `tweetpulse setup`"
            )

"""Writes what is found into the index of topics; the same question again replaces what was there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pipeline.domain.document import Document
from pipeline.errors import SinkError
from pipeline.sinks.elasticsearch.client import Elasticsearch

MOST = 10_000
"""Documents of a question: more than there can be, and what a search gives at once."""

_CHUNK = 1_000


def store(client: Elasticsearch, index: str, run: str, documents: Iterable[tuple[str, Document]]) -> int:
    """Write the documents of a question, and delete those that an earlier answer to it left; how many are there now.

    Args:
        client: errors are to be mapped by whoever brings it (`elasticsearch_errors`).
        index: its name, from the settings.
        run: the question's id.
        documents: with their ids.

    Raises:
        SinkError: the index refuses a document.
    """
    written = dict(documents)
    operations = [
        line for id_, document in written.items() for line in ({"index": {"_index": index, "_id": id_}}, document)
    ]
    _bulk(client, operations, 2 * _CHUNK)
    client.indices.refresh(index=index)
    query = {"term": {"run.id": run}}
    there = client.search(index=index, query=query, size=MOST, source=False)["hits"]["hits"]
    stale = [{"delete": {"_index": index, "_id": hit["_id"]}} for hit in there if hit["_id"] not in written]
    _bulk(client, stale, _CHUNK)
    client.indices.refresh(index=index)
    return len(written)


def _bulk(client: Elasticsearch, operations: Sequence[Document], size: int) -> None:
    for start in range(0, len(operations), size):
        answer = client.bulk(operations=operations[start : start + size])
        if answer["errors"]:
            failed = [one for item in answer["items"] for one in item.values() if "error" in one]
            kinds = sorted({one["error"]["type"] for one in failed})
            raise SinkError(
                f"the index of topics refuses {len(failed):,} documents ({', '.join(kinds)}): run `tweetpulse setup`"
            )

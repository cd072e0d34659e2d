"""Writes windows: each replaces its older state, and never a newer one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import orjson
from elastic_transport import TransportError
from elasticsearch import ApiError, Elasticsearch

from pipeline.domain.parts import parts
from pipeline.errors import ConfigError, SinkError, SinkUnavailable
from pipeline.sinks.elasticsearch.client import as_sink_error, wait_reason
from pipeline.sinks.elasticsearch.settings import ElasticsearchSettings

WRITTEN, FULLER, EXPIRED = "written", "fuller", "expired"
RESULTS = (WRITTEN, FULLER, EXPIRED)
"""What becomes of a window: a closed list, values of a metric's label.

* written: it is in the index
* fuller: a state with more tweets is there, and stays
* expired: it is older than windows of its length are kept, so it is not written
"""

_FILTER_PATH = "items.index.status,items.index.error.type,items.index.error.reason"


class Window(NamedTuple):
    """A window to be written.

    Attributes:
        target: its index.
        id: its `_id`.
        version: the number of tweets in it.
        body: its document, as JSON.
    """

    target: str
    id: str
    version: int
    body: bytes


class WindowStore:
    """Writes to the indices of windows, for one thread at a time.

    Args:
        client: of the server.
        settings: how much a request may hold.
    """

    def __init__(self, client: Elasticsearch, settings: ElasticsearchSettings) -> None:
        self._client = client
        self._settings = settings

    def write(self, windows: Sequence[Window]) -> Counter[str]:
        """Write each, unless a state with more tweets is there; counts of `WRITTEN` and `FULLER`.

        A window only grows, so the number of its tweets tells an older state from a newer one: also the state of a
        killed process, whose last request may reach the server after the first one of its successor.

        Raises:
            SinkUnavailable: the environment does not let it be done now; some may have been written.
            ConfigError: a privilege is missing.
            SinkError: the server refuses a document.
        """
        results: Counter[str] = Counter()
        for some in parts(windows, lambda window: len(window.body), self._settings.bulk_bytes):
            for batch in _chunks(some, self._settings.bulk_documents):
                results.update(self._send(batch))
        return results

    def _send(self, windows: Sequence[Window]) -> Iterator[str]:
        lines: Any = list(_lines(windows))
        try:
            answer: Any = self._client.bulk(operations=lines, filter_path=_FILTER_PATH)
        except (TransportError, ApiError) as error:
            raise as_sink_error(error, self._settings) from None
        items = (answer.body or {}).get("items", []) if isinstance(answer.body, dict) else []
        if len(items) != len(windows):
            raise SinkUnavailable("Elasticsearch did not answer for every window", reason="malformed")
        return (_result(item["index"]) for item in items)


def _chunks(windows: Sequence[Window], size: int) -> Iterator[Sequence[Window]]:
    return (windows[start : start + size] for start in range(0, len(windows), size))


def _lines(windows: Iterable[Window]) -> Iterator[bytes]:
    for target, id_, version, body in windows:
        # `gte`: a repeated batch has the same state again, and is no conflict.
        meta = {"_index": target, "_id": id_, "version": version, "version_type": "external_gte"}
        yield orjson.dumps({"index": meta})
        yield body


def _result(item: dict[str, Any]) -> str:
    status, error = item["status"], item.get("error", {})
    kind = str(error.get("type", "unknown"))
    if status in (200, 201):
        return WRITTEN
    if status == 409:
        return FULLER
    if (reason := wait_reason(status, kind)) is not None:
        raise SinkUnavailable(f"Elasticsearch asks to wait ({reason})", reason=reason)
    if status == 404:
        raise SinkUnavailable("an index of windows was deleted meanwhile", reason="index_missing")
    if status in (401, 403):
        raise ConfigError(f"Elasticsearch does not let this user write windows ({kind}): grant it")
    raise SinkError(f"Elasticsearch refuses a window ({kind}): run `tweetpulse setup`")

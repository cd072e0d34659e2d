"""Metrics of the data streams: documents, bytes, and the newest time at which a document was sent to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from prometheus_client.core import GaugeMetricFamily, Metric

from exporters.kept import Kept
from exporters.store import Answers, Store

LABELS = ["data_stream"]


@dataclass(frozen=True, slots=True)
class Stored:
    """The contents of one data stream.

    Attributes:
        documents: not counting replicas.
        size_bytes: on disk, counting replicas.
        newest_ingested: seconds of the epoch; None while it is empty.
    """

    documents: int
    size_bytes: int
    newest_ingested: float | None


class DataStreams:
    """The data streams `logs-tweets.*` of a namespace.

    Args:
        namespace: the end of their names.
        connect: opens a client.
    """

    name = "data_streams"

    def __init__(self, namespace: str, connect: Callable[[], Store]) -> None:
        self._pattern = f"logs-tweets.*-{namespace}"
        self._store = Kept(connect)

    def describe(self) -> Sequence[Metric]:
        """The families, empty."""
        return families({})

    def collect(self) -> Sequence[Metric]:
        """The stored documents at this moment.

        Raises:
            PipelineError: Elasticsearch does not answer, or refuses.
        """
        with self._store.use() as store:
            answers = store.data_streams(self._pattern)
        return families(stored(answers) if answers else {})

    def close(self) -> None:
        """Let go of the client."""
        self._store.close()


def stored(answers: Answers) -> dict[str, Stored]:
    """Data stream → what it holds."""
    return {
        stream["name"]: _one(stream["backing_indices"], answers.stats["indices"], newest)
        for stream, newest in zip(answers.resolved["data_streams"], answers.newest["responses"], strict=True)
    }


def families(streams: Mapping[str, Stored]) -> tuple[Metric, ...]:
    """The families of data stream → what it holds."""
    documents = GaugeMetricFamily(
        "tweetpulse_data_stream_documents", "Documents in the data stream, without replicas.", labels=LABELS
    )
    size = GaugeMetricFamily(
        "tweetpulse_data_stream_size_bytes", "Disk space of the data stream, with replicas.", labels=LABELS
    )
    newest = GaugeMetricFamily(
        "tweetpulse_data_stream_newest_ingested_timestamp_seconds",
        "When the newest document of the data stream was sent to Elasticsearch (event.ingested).",
        labels=LABELS,
    )
    for name, held in sorted(streams.items()):
        documents.add_metric([name], held.documents)
        size.add_metric([name], held.size_bytes)
        if held.newest_ingested is not None:
            newest.add_metric([name], held.newest_ingested)
    return documents, size, newest


def _one(backing: Sequence[str], indices: Mapping[str, Any], newest: Any) -> Stored:
    # An index may have gone between the two answers.
    found = [indices[name] for name in backing if name in indices]
    milliseconds = newest["aggregations"]["newest"]["value"]
    return Stored(
        documents=sum(index["primaries"]["docs"]["count"] for index in found),
        size_bytes=sum(index["total"]["store"]["size_in_bytes"] for index in found),
        newest_ingested=None if milliseconds is None else milliseconds / 1000,
    )

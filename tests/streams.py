"""The stream in tests: drained in this process on the session's Spark, or run as a process that may be killed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

from prometheus_client import CollectorRegistry
from pyspark.sql import SparkSession

from pipeline.components import scorers_of, sinks_of
from pipeline.domain.document import REJECTED, SCORED, data_stream
from pipeline.domain.outcome import Outcome
from pipeline.kafka.publisher import Published, Publisher
from pipeline.kafka.topics import ensure_topics
from pipeline.registry.registry import Registry
from pipeline.settings import Settings
from pipeline.sinks.elasticsearch.client import connect
from pipeline.sinks.elasticsearch.setup import set_up
from pipeline.sources.source import Item, Unreadable
from pipeline.stream.champions import Champions
from pipeline.stream.run import Run
from pipeline.telemetry.events import StreamEvents
from pipeline.telemetry.metrics import StreamMetrics


@dataclass(frozen=True, slots=True)
class Drained:
    """The result of a drain: the sum of its outcomes, and its metrics."""

    outcome: Outcome
    registry: CollectorRegistry
    settings: Settings

    def metric(self, name: str, **labels: str) -> float:
        """A sample's value; 0 if there is none."""
        return self.registry.get_sample_value(name, labels) or 0.0

    def counts(self) -> dict[str, float]:
        """The accounting, from the metrics alone."""
        stream = scored_stream(self.settings)
        return {
            "read": self.metric("tweetpulse_records_read_total", topic=self.settings.kafka.tweets_topic),
            "indexed": self.metric("tweetpulse_documents_indexed_total", data_stream=stream),
            "already there": self.metric("tweetpulse_documents_duplicate_total", data_stream=stream),
            "rejected": self.total("tweetpulse_records_rejected_total"),
        }

    def total(self, name: str) -> float:
        """The sum of a metric's samples."""
        return sum(s.value for family in self.registry.collect() for s in family.samples if s.name == name)


def champions_of(settings: Settings, events: StreamEvents) -> Champions:
    """Those of the test's own registry."""
    return Champions(Registry(settings.registry), events)


def events_of(settings: Settings, registry: CollectorRegistry | None = None) -> StreamEvents:
    """The events that write to the log and to the metrics of a registry."""
    registry = CollectorRegistry() if registry is None else registry
    return StreamEvents(StreamMetrics(registry, settings, sinks_of(settings)))


@contextmanager
def run_of(
    spark: SparkSession,
    settings: Settings,
    events: StreamEvents,
    *,
    champions: Champions | None = None,
    stop: threading.Event | None = None,
    ensures: bool = True,
) -> Iterator[Run]:
    """A run of the stream with the scorers and sinks that settings name; the sinks are closed at the end."""
    sinks = sinks_of(settings)
    champions = champions or champions_of(settings, events)
    try:
        yield Run(spark, settings, scorers_of(settings), sinks, events, champions, stop or threading.Event(), ensures)
    finally:
        for sink in sinks:
            sink.close()


def drain(
    spark: SparkSession, settings: Settings, champions: Callable[[Settings, StreamEvents], Champions] = champions_of
) -> Drained:
    """Read, score and index all that is in Kafka now; the accounting must balance."""
    registry = CollectorRegistry()
    events = events_of(settings, registry)
    with closing(connect(settings.elasticsearch)) as client:
        set_up(client, settings.elasticsearch)
    ensure_topics(settings.kafka)
    with run_of(spark, settings, events, champions=champions(settings, events)) as run:
        outcome = run.until_ended(once=True)
    drained = Drained(outcome, registry, settings)
    counts = drained.counts()
    assert counts["read"] == counts["indexed"] + counts["already there"] + counts["rejected"]
    assert outcome.accounting(scored_stream(settings)).missing == 0
    return drained


def publish(settings: Settings, items: Iterable[Item]) -> Published:
    """Publish items to the test's own topic."""
    ensure_topics(settings.kafka)
    with Publisher(settings.kafka) as publisher:
        return publisher.publish(items)


def raw(*values: bytes) -> list[Unreadable]:
    """Records as they are."""
    return [Unreadable(value, "a test", "as it is") for value in values]


def scored_stream(settings: Settings) -> str:
    return data_stream(SCORED, settings.elasticsearch.namespace)


def rejected_stream(settings: Settings) -> str:
    return data_stream(REJECTED, settings.elasticsearch.namespace)


def documents(settings: Settings, stream: str, size: int = 100) -> dict[str, Mapping[str, Any]]:
    """`_id` → `_source` of a data stream."""
    with closing(connect(settings.elasticsearch)) as client:
        client.indices.refresh(index=stream)
        hits = client.search(index=stream, size=size, track_total_hits=True)["hits"]["hits"]
    return {hit["_id"]: hit["_source"] for hit in hits}


def count(settings: Settings, stream: str | None = None) -> int:
    """The number of documents in a data stream; by default the scored one."""
    name = stream or scored_stream(settings)
    with closing(connect(settings.elasticsearch)) as client:
        client.indices.refresh(index=name)
        return int(client.count(index=name)["count"])


def distinct_ids(settings: Settings) -> int:
    """The exact number of distinct tweets in the scored data stream, by reading all of their ids."""
    return len({fields["event.id"] for fields in every_document(settings, "event.id")})


def every_document(settings: Settings, *fields: Any) -> Iterator[dict[str, Any]]:
    """These fields of each document of the scored data stream, however many there are; None where one has not."""
    stream = scored_stream(settings)
    with closing(connect(settings.elasticsearch)) as client:
        client.indices.refresh(index=stream)
        after: Any = None
        while True:
            page = client.search(
                index=stream,
                size=10_000,
                source=False,
                sort=[{"event.id": "asc"}, {"_doc": "asc"}],
                search_after=after,
                docvalue_fields=fields,
            )["hits"]["hits"]
            if not page:
                return
            yield from ({name: hit["fields"].get(name, [None])[0] for name in fields} for hit in page)
            after = page[-1]["sort"]


def roll_over(settings: Settings) -> None:
    """Give the scored data stream a new write index."""
    with closing(connect(settings.elasticsearch)) as client:
        client.indices.rollover(alias=scored_stream(settings))

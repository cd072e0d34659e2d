"""The stream's metrics. They live on the driver; executors return counts (`pipeline.domain.outcome`).

Series of closed sets exist from the start, at 0, so that a rate over them is never missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import product

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.core import HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from pipeline.domain.document import REJECTED, SCORED, data_stream
from pipeline.domain.names import OTHER, QUERY
from pipeline.domain.outcome import EDGES, FAILURES, WAIT_REASONS, Durations, Outcome
from pipeline.domain.record import Reason
from pipeline.domain.sentiment import Label
from pipeline.settings import Settings

disable_created_metrics()  # type: ignore[no-untyped-call]

PHASES = ("latestOffset", "getBatch", "queryPlanning", "walCommit", "addBatch", "commitOffsets")
"""What Spark's query progress tells the duration of."""
_SINKS = ("elasticsearch", "kafka")


class DurationsCollector(Collector):
    """A histogram whose observations come counted, from the tasks."""

    def __init__(self, name: str, documentation: str, labels: dict[str, str] | None = None) -> None:
        self._name, self._documentation, self._labels = name, documentation, labels or {}
        self._durations = Durations()

    def add(self, durations: Durations) -> None:
        """Add a task's observations."""
        self._durations.add(durations)

    def collect(self) -> Iterable[Metric]:
        """The family with cumulative buckets, as the exposition format wants them."""
        family = HistogramMetricFamily(self._name, self._documentation, labels=list(self._labels))
        family.add_metric(list(self._labels.values()), list(self._buckets()), self._durations.total)
        yield family

    def _buckets(self) -> Iterator[tuple[str, float]]:
        seen = 0
        for edge, count in zip((*map(str, EDGES), "+Inf"), self._durations.counts, strict=True):
            seen += count
            yield edge, seen


class StreamMetrics:
    """Everything on the stream's /metrics but what the process says of itself."""

    def __init__(self, registry: CollectorRegistry, settings: Settings) -> None:
        self._streams = [data_stream(dataset, settings.elasticsearch.namespace) for dataset in (SCORED, REJECTED)]

        def counter(name: str, documentation: str, *labels: str) -> Counter:
            return Counter(f"tweetpulse_{name}", documentation, labels, registry=registry)

        def gauge(name: str, documentation: str, *labels: str) -> Gauge:
            return Gauge(f"tweetpulse_{name}", documentation, labels, registry=registry)

        def durations(name: str, documentation: str, **labels: str) -> DurationsCollector:
            collector = DurationsCollector(f"tweetpulse_{name}", documentation, labels)
            registry.register(collector)
            return collector

        self.read = counter("records_read", "Records read from Kafka, of finished batches.", "topic")
        self.rejected = counter("records_rejected", "Records that are not tweets, by reason.", "reason")
        self.scored = counter("tweets_scored", "Tweets scored, by sentiment.", "sentiment")
        self.entities = counter("entity_tweets", "Tweets that name an entity, by sentiment.", "entity", "sentiment")
        self.indexed = counter("documents_indexed", "Documents created in Elasticsearch.", "data_stream")
        self.duplicate = counter("documents_duplicate", "Documents that were already there.", "data_stream")
        self.failed = counter(
            "documents_failed", "Documents that Elasticsearch refused for their own fault.", "data_stream", "reason"
        )
        self.retries = counter("bulk_retries", "Bulk requests or batches sent again, by reason.", "reason")
        self.batch_duration = Histogram(
            "tweetpulse_batch_duration_seconds",
            "From trigger to commit of a micro-batch.",
            ("query",),
            buckets=EDGES,
            registry=registry,
        )
        self.bulk = durations("bulk_request_duration_seconds", "A bulk request, until answered.")
        self.delay = durations("ingest_delay_seconds", "From Kafka's time to acknowledged by Elasticsearch.")
        self.scoring = durations("scoring_duration_seconds", "Scoring a chunk of records.", scorer="vader")
        self.phase = gauge("batch_phase_seconds", "Where the last micro-batch spent its time.", "phase")
        self.newest = gauge("event_newest_timestamp_seconds", "The newest event time seen.", "query")
        self.last_seen = gauge("query_last_seen_timestamp_seconds", "When the query last gave a sign of life.", "query")
        self.active = gauge("query_active", "1 while the query runs.", "query")
        self.waiting = gauge("sink_waiting", "1 while a sink waits for its environment.", "sink", "reason")
        self.trigger = gauge("trigger_interval_seconds", "How often a micro-batch is started at most.", "query")
        self._start_series(settings)

    def count(self, outcome: Outcome) -> None:
        """Add what became of a finished batch."""
        _add(self.read, outcome.read)
        _add(self.rejected, outcome.rejected)
        _add(self.scored, outcome.scored)
        _add(self.indexed, outcome.indexed)
        _add(self.duplicate, outcome.already_there)
        _add(self.retries, outcome.retries)
        _add(self.entities, outcome.entities)
        _add(self.failed, outcome.failed)
        self.bulk.add(outcome.bulk)
        self.delay.add(outcome.delay)
        self.scoring.add(outcome.scoring)
        if outcome.newest is not None:
            self.newest.labels(QUERY).set(outcome.newest)

    def _start_series(self, settings: Settings) -> None:
        _start(self.read, [settings.kafka.tweets_topic])
        _start(self.indexed, self._streams)
        _start(self.duplicate, self._streams)
        _start(self.failed, self._streams, FAILURES)
        _start(self.rejected, Reason)
        _start(self.scored, Label)
        _start(self.entities, (*settings.scoring.entities, OTHER), Label)
        _start(self.retries, WAIT_REASONS)
        _start(self.waiting, _SINKS, WAIT_REASONS)
        _start(self.phase, PHASES)
        _start(self.batch_duration, [QUERY])
        _start(self.active, [QUERY])
        self.trigger.labels(QUERY).set(settings.stream.trigger_seconds)


def _start(metric: Counter | Gauge | Histogram, *labels: Iterable[str]) -> None:
    for values in product(*labels):
        metric.labels(*values)


def _add(metric: Counter, counts: Mapping[str, int] | Mapping[tuple[str, str], int]) -> None:
    for labels, times in counts.items():
        metric.labels(*([labels] if isinstance(labels, str) else labels)).inc(times)

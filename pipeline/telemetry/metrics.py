"""The stream's metrics. They live on the driver; executors return counts (`pipeline.domain.outcome`).

Series of closed sets exist from the start, at 0, so that a rate over them is never missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from pipeline.domain.document import REJECTED, SCORED
from pipeline.domain.names import OTHER, QUERY
from pipeline.domain.outcome import EDGES, Durations, Outcome
from pipeline.domain.prediction import CLOSED_LABELS, Task
from pipeline.domain.record import Reason
from pipeline.domain.sentiment import Label
from pipeline.ports import Sink
from pipeline.settings import Settings

PHASES = ("latestOffset", "getBatch", "queryPlanning", "walCommit", "addBatch", "commitOffsets")
"""The phases whose duration Spark's query progress tells."""
DOCUMENTS, MODELS = "documents", "models"
"""The steps of a chunk: decoding, scoring and making documents; asking the champions of all tasks together."""
KAFKA = "kafka"
"""The stream writes to Kafka too, and waits for it: a value of the labels `sink` and `reason`."""


class DurationsCollector(Collector):
    """A histogram whose observations come counted, from the tasks.

    Args:
        name: of the family.
        documentation: what it says of itself.
        label: what tells its series apart, if it has several.
        series: the label's values.
    """

    def __init__(self, name: str, documentation: str, label: str | None = None, series: Iterable[str] = ("",)) -> None:
        self._name, self._documentation = name, documentation
        self._labels = [label] if label else []
        self._series = {one: Durations() for one in series}

    def add(self, durations: Durations, series: str = "") -> None:
        """Add a task's observations."""
        self._series[series].add(durations)

    def collect(self) -> Iterable[Metric]:
        """The family with cumulative buckets, as the exposition format wants them."""
        family = HistogramMetricFamily(self._name, self._documentation, labels=self._labels)
        for one, durations in self._series.items():
            family.add_metric([one] if self._labels else [], list(_buckets(durations)), durations.total)
        yield family


class StreamMetrics:
    """Everything on the stream's /metrics but what the process says of itself."""

    def __init__(self, registry: CollectorRegistry, settings: Settings, sinks: Sequence[Sink]) -> None:
        self._sinks = sinks
        # The log has the numbers of the first sink, and the metrics those of all.
        self.scored_target = sinks[0].target(SCORED)

        def counter(name: str, documentation: str, *labels: str) -> Counter:
            return Counter(f"tweetpulse_{name}", documentation, labels, registry=registry)

        def gauge(name: str, documentation: str, *labels: str) -> Gauge:
            return Gauge(f"tweetpulse_{name}", documentation, labels, registry=registry)

        def durations(name: str, documentation: str, *series: Any) -> DurationsCollector:
            collector = DurationsCollector(f"tweetpulse_{name}", documentation, *series)
            registry.register(collector)
            return collector

        self.read = counter("records_read", "Records read from Kafka in finished batches.", "topic")
        self.rejected = counter("records_rejected", "Rejected records, by reason.", "reason")
        self.scored = counter("tweets_scored", "Tweets scored, by sentiment.", "sentiment")
        self.entities = counter("entity_tweets", "Tweets about an entity, by sentiment.", "entity", "sentiment")
        self.indexed = counter("documents_indexed", "Documents created in a sink.", "data_stream")
        self.duplicate = counter(
            "documents_duplicate",
            "Documents not created, because their id was indexed before from another record.",
            "data_stream",
        )
        self.failed = counter(
            "documents_failed",
            "Documents that a sink refused because of the document itself, by reason.",
            "data_stream",
            "reason",
        )
        self.retries = counter("bulk_retries", "Bulk requests or batches sent again, by reason.", "reason")
        self.truncated = counter(
            "messages_truncated", "Messages too large for their topic, of which only the head was written.", "topic"
        )
        self.batch_duration = Histogram(
            "tweetpulse_batch_duration_seconds",
            "Seconds from the trigger to the commit of a micro-batch.",
            ("query",),
            buckets=EDGES,
            registry=registry,
        )
        self.bulk = durations("bulk_request_duration_seconds", "Seconds from sending a bulk request to its response.")
        self.delay = durations(
            "ingest_delay_seconds", "Seconds from a record's Kafka timestamp to its acknowledgement by Elasticsearch."
        )
        self.chunk = durations(
            "chunk_duration_seconds",
            "Seconds of a Spark task for a chunk, by step: documents (decode, score, make documents), models.",
            "step",
            (DOCUMENTS, MODELS),
        )
        self.phase = gauge("batch_phase_seconds", "Seconds that each phase of the last micro-batch took.", "phase")
        self.newest = gauge("event_newest_timestamp_seconds", "The newest event time among the tweets scored.", "query")
        self.last_seen = gauge(
            "query_last_seen_timestamp_seconds",
            "When the query last reported progress, or that it is idle or waiting.",
            "query",
        )
        self.active = gauge("query_active", "1 while the query runs.", "query")
        self.waiting = gauge("sink_waiting", "1 while a sink waits for its environment.", "sink", "reason")
        self.trigger = gauge(
            "trigger_interval_seconds", "Shortest interval in seconds between the starts of two micro-batches.", "query"
        )
        self.model = gauge("model_info", "1 for the champion in use.", "task", "version")
        self.trained = gauge("model_trained_timestamp_seconds", "When the champion was trained.", "task", "version")
        self.evaluation = gauge(
            "model_evaluation_ratio", "The champion's measures on held-out rows, 0 to 1.", "task", "version", "measure"
        )
        self.load_errors = counter("model_load_errors", "Failed attempts to load a champion.", "task")
        self.load_failed = gauge(
            "model_load_failed",
            "1 while the champion can't be loaded; the previous one stays in use, or none.",
            "task",
        )
        self.compared = counter(
            "scorer_compared", "Tweets whose labels by VADER and by the champion can be compared.", "task"
        )
        self.disagreements = counter(
            "scorer_disagreements", "Compared tweets to which VADER and the champion gave different labels.", "task"
        )
        self.predictions = counter("predictions", "Tweets that a champion gave a label, by label.", "task", "label")
        self._start_series(settings)

    def serve(self, task: Task, version: str, trained: float, evaluation: Mapping[str, float]) -> None:
        """A task's model in use, when it was trained (seconds of the epoch), what it reached; the old series go."""
        for metric in (self.model, self.trained, self.evaluation):
            metric.remove_by_labels({"task": task})
        self.model.labels(task, version).set(1)
        self.trained.labels(task, version).set(trained)
        for measure, value in evaluation.items():
            self.evaluation.labels(task, version, measure).set(value)

    def may_predict(self, task: Task, labels: Iterable[str]) -> None:
        """Begin the series of each label that a task's model may say; those that it does not know go.

        So there are as many series as the model has labels (`MOST_LABELS`), however many models there have been.
        """
        may = {*CLOSED_LABELS.get(task, ()), *labels}
        # The library lists the series of a metric in no other way.
        (family,) = self.predictions.collect()
        there = {sample.labels["label"] for sample in family.samples if sample.labels["task"] == task}
        for label in there - may:
            self.predictions.remove(task, label)
        _start(self.predictions, [task], may)

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
        _add(self.truncated, outcome.truncated)
        _add(self.predictions, outcome.predictions)
        _add(self.compared, outcome.compared)
        _add(self.disagreements, outcome.disagreements)
        self.bulk.add(outcome.bulk)
        self.delay.add(outcome.delay)
        self.chunk.add(outcome.scoring, DOCUMENTS)
        self.chunk.add(outcome.predicting, MODELS)
        if outcome.newest is not None:
            self.newest.labels(QUERY).set(outcome.newest)

    def _start_series(self, settings: Settings) -> None:
        _start(self.read, [settings.kafka.tweets_topic])
        for sink in self._sinks:
            targets = [sink.target(dataset) for dataset in (SCORED, REJECTED)]
            _start(self.indexed, targets)
            _start(self.duplicate, targets)
            _start(self.failed, targets, sink.failures)
            _start(self.retries, sink.waits)
            _start(self.waiting, [sink.name], sink.waits)
        _start(self.retries, [KAFKA])
        _start(self.waiting, [KAFKA], [KAFKA])
        _start(self.rejected, Reason)
        _start(self.scored, Label)
        _start(self.entities, (*settings.scoring.entities, OTHER), Label)
        kafka = settings.kafka
        _start(self.truncated, (kafka.scored_topic, kafka.rejected_topic, kafka.assistance_topic))
        _start(self.phase, PHASES)
        _start(self.batch_duration, [QUERY])
        _start(self.active, [QUERY])
        for task, labels in CLOSED_LABELS.items():
            _start(self.predictions, [task], labels)
        _start(self.load_errors, Task)
        _start(self.load_failed, Task)
        _start(self.compared, [Task.SENTIMENT])
        _start(self.disagreements, [Task.SENTIMENT])
        self.trigger.labels(QUERY).set(settings.stream.trigger_seconds)


def _buckets(durations: Durations) -> Iterator[tuple[str, float]]:
    seen = 0
    for edge, count in zip((*map(str, EDGES), "+Inf"), durations.counts, strict=True):
        seen += count
        yield edge, seen


def _start(metric: Counter | Gauge | Histogram, *labels: Iterable[str]) -> None:
    for values in product(*labels):
        metric.labels(*values)


def _add(metric: Counter, counts: Mapping[str, int] | Mapping[tuple[str, str], int]) -> None:
    for labels, times in counts.items():
        metric.labels(*([labels] if isinstance(labels, str) else labels)).inc(times)

"""The stream's metrics: their names, the series that exist from the start, and what an outcome adds."""

from __future__ import annotations

from collections import Counter
from itertools import product

import pytest
from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from pipeline.components import sinks_of
from pipeline.domain.outcome import EDGES, Durations, Outcome
from pipeline.domain.prediction import CLOSED_LABELS, Task
from pipeline.domain.record import Reason
from pipeline.domain.sentiment import Label
from pipeline.settings import ScoringSettings, Settings
from pipeline.sinks.elasticsearch.bulk import FAILURES
from pipeline.sinks.elasticsearch.client import WAITS
from pipeline.telemetry.metrics import PHASES, DurationsCollector, StreamMetrics
from pipeline.telemetry.process import MemoryCollector

SCORED, REJECTED = "logs-tweets.scored-default", "logs-tweets.rejected-default"
SETTINGS = Settings.model_construct(scoring=ScoringSettings(entities={"Acme": ("acme",)}))


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def metrics(registry: CollectorRegistry) -> StreamMetrics:
    return StreamMetrics(registry, SETTINGS, sinks_of(SETTINGS))


def series(registry: CollectorRegistry, name: str) -> dict[tuple[str, ...], float]:
    """Label values, by their labels' names, → value, of a sample as it is on the page."""
    page = generate_latest(registry).decode()
    return {
        tuple(sample.labels.values()): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
        if sample.name == name
    }


def histogram(registry: CollectorRegistry, name: str) -> str:
    return "".join(line for line in generate_latest(registry).decode().splitlines(True) if name in line)


def test_names_and_types(registry: CollectorRegistry, metrics: StreamMetrics) -> None:
    """The page has exactly these families: what boards and alerts ask for. No `_created` among their samples."""
    registry.register(MemoryCollector(lambda: {"driver": 1}))
    page = generate_latest(registry).decode()
    families = dict(line.split()[2:4] for line in page.splitlines() if line.startswith("# TYPE"))
    assert families == {
        "tweetpulse_records_read_total": "counter",
        "tweetpulse_records_rejected_total": "counter",
        "tweetpulse_tweets_scored_total": "counter",
        "tweetpulse_entity_tweets_total": "counter",
        "tweetpulse_documents_indexed_total": "counter",
        "tweetpulse_documents_duplicate_total": "counter",
        "tweetpulse_documents_failed_total": "counter",
        "tweetpulse_bulk_retries_total": "counter",
        "tweetpulse_bulk_request_duration_seconds": "histogram",
        "tweetpulse_batch_duration_seconds": "histogram",
        "tweetpulse_batch_phase_seconds": "gauge",
        "tweetpulse_ingest_delay_seconds": "histogram",
        "tweetpulse_event_newest_timestamp_seconds": "gauge",
        "tweetpulse_query_last_seen_timestamp_seconds": "gauge",
        "tweetpulse_query_active": "gauge",
        "tweetpulse_sink_waiting": "gauge",
        "tweetpulse_trigger_interval_seconds": "gauge",
        "tweetpulse_chunk_duration_seconds": "histogram",
        "tweetpulse_model_info": "gauge",
        "tweetpulse_model_trained_timestamp_seconds": "gauge",
        "tweetpulse_model_evaluation_ratio": "gauge",
        "tweetpulse_model_load_errors_total": "counter",
        "tweetpulse_messages_truncated_total": "counter",
        "tweetpulse_model_load_failed": "gauge",
        "tweetpulse_scorer_compared_total": "counter",
        "tweetpulse_scorer_disagreements_total": "counter",
        "tweetpulse_predictions_total": "counter",
        "tweetpulse_process_memory_bytes": "gauge",
    }
    assert "_created" not in page


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("records_read_total", [("tweets",)]),
        ("records_rejected_total", [(reason,) for reason in Reason]),
        ("tweets_scored_total", [(label,) for label in Label]),
        ("entity_tweets_total", list(product(("Acme", "other"), Label))),
        ("documents_indexed_total", [(SCORED,), (REJECTED,)]),
        ("documents_duplicate_total", [(SCORED,), (REJECTED,)]),
        ("documents_failed_total", list(product((SCORED, REJECTED), FAILURES))),
        ("bulk_retries_total", [(reason,) for reason in (*WAITS, "kafka")]),
        ("sink_waiting", [*product(WAITS, ["elasticsearch"]), ("kafka", "kafka")]),
        ("batch_phase_seconds", [(phase,) for phase in PHASES]),
        ("batch_duration_seconds_count", [("score",)]),
        ("chunk_duration_seconds_count", [("documents",), ("models",)]),
        ("model_load_errors_total", [(task,) for task in Task]),
        ("model_load_failed", [(task,) for task in Task]),
        ("scorer_compared_total", [("sentiment",)]),
        ("scorer_disagreements_total", [("sentiment",)]),
        ("predictions_total", [(label, task) for task, labels in CLOSED_LABELS.items() for label in labels]),
        ("bulk_request_duration_seconds_count", [()]),
        ("ingest_delay_seconds_count", [()]),
        ("query_active", [("score",)]),
    ],
)
@pytest.mark.usefixtures("metrics")
def test_series_exist_from_the_start(registry: CollectorRegistry, name: str, labels: list[tuple[str, ...]]) -> None:
    """Each series of a closed set is there at 0 before anything has happened."""
    assert series(registry, f"tweetpulse_{name}") == dict.fromkeys(labels, 0.0)


@pytest.mark.usefixtures("metrics")
def test_no_time_before_anything_happened(registry: CollectorRegistry) -> None:
    """A time of 1970 would be an alarm: these have no series yet. The trigger's interval is known."""
    assert series(registry, "tweetpulse_event_newest_timestamp_seconds") == {}
    assert series(registry, "tweetpulse_query_last_seen_timestamp_seconds") == {}
    assert series(registry, "tweetpulse_model_info") == {}
    assert series(registry, "tweetpulse_model_trained_timestamp_seconds") == {}
    assert series(registry, "tweetpulse_trigger_interval_seconds") == {("score",): 1.0}


def test_counting_an_outcome(registry: CollectorRegistry, metrics: StreamMetrics) -> None:
    """Twice the same batch is twice its numbers, each in its own series."""
    delay = Durations()
    delay.observe(0.2, times=4)
    outcome = Outcome(
        read=Counter(tweets=7),
        rejected=Counter({Reason.BAD_ID: 1, Reason.MAPPING: 1}),
        scored=Counter({Label.NEGATIVE: 5}),
        entities=Counter({("Acme", Label.NEGATIVE): 2, ("other", Label.NEUTRAL): 1}),
        indexed=Counter({SCORED: 4, REJECTED: 2}),
        already_there=Counter({SCORED: 1}),
        failed=Counter({(SCORED, "mapping"): 1}),
        retries=Counter(timeout=3),
        predictions=Counter({("complaint", "no_complaint"): 5}),
        compared=Counter(sentiment=4),
        disagreements=Counter(sentiment=1),
        delay=delay,
        predicting=delay,
        newest=1_500.5,
    )
    metrics.count(outcome)
    metrics.count(outcome)
    found = {
        name: {labels: value for labels, value in series(registry, f"tweetpulse_{name}").items() if value}
        for name in (
            "records_read_total",
            "records_rejected_total",
            "tweets_scored_total",
            "entity_tweets_total",
            "documents_indexed_total",
            "documents_duplicate_total",
            "documents_failed_total",
            "bulk_retries_total",
            "predictions_total",
            "scorer_compared_total",
            "scorer_disagreements_total",
            "chunk_duration_seconds_count",
            "ingest_delay_seconds_count",
            "bulk_request_duration_seconds_count",
            "event_newest_timestamp_seconds",
        )
    }
    assert found == {
        "records_read_total": {("tweets",): 14},
        "records_rejected_total": {("bad_id",): 2, ("mapping",): 2},
        "tweets_scored_total": {("negative",): 10},
        "entity_tweets_total": {("Acme", "negative"): 4, ("other", "neutral"): 2},
        "documents_indexed_total": {(SCORED,): 8, (REJECTED,): 4},
        "documents_duplicate_total": {(SCORED,): 2},
        "documents_failed_total": {(SCORED, "mapping"): 2},
        "bulk_retries_total": {("timeout",): 6},
        "predictions_total": {("no_complaint", "complaint"): 10},
        "scorer_compared_total": {("sentiment",): 8},
        "scorer_disagreements_total": {("sentiment",): 2},
        "chunk_duration_seconds_count": {("models",): 8},
        "ingest_delay_seconds_count": {(): 8},
        "bulk_request_duration_seconds_count": {},
        "event_newest_timestamp_seconds": {("score",): 1_500.5},
    }


def test_a_batch_without_tweets_keeps_the_newest_time(registry: CollectorRegistry, metrics: StreamMetrics) -> None:
    """Nothing accepted says nothing of event time."""
    metrics.count(Outcome(newest=7.0))
    metrics.count(Outcome())
    assert series(registry, "tweetpulse_event_newest_timestamp_seconds") == {("score",): 7.0}


def test_a_promotion_takes_the_old_series_away(registry: CollectorRegistry, metrics: StreamMetrics) -> None:
    """One model of a task is in use: what was said of the one before it goes, that of other tasks stays."""
    metrics.serve(Task.SENTIMENT, "v1", 100.0, {"macro_recall": 0.5, "accuracy": 0.6})
    metrics.serve(Task.COMPLAINT, "v1", 200.0, {"macro_f1": 0.8})
    metrics.serve(Task.SENTIMENT, "v2", 300.0, {"macro_recall": 0.7})
    assert series(registry, "tweetpulse_model_info") == {("complaint", "v1"): 1, ("sentiment", "v2"): 1}
    assert series(registry, "tweetpulse_model_trained_timestamp_seconds") == {
        ("complaint", "v1"): 200.0,
        ("sentiment", "v2"): 300.0,
    }
    assert series(registry, "tweetpulse_model_evaluation_ratio") == {
        ("macro_f1", "complaint", "v1"): 0.8,
        ("macro_recall", "sentiment", "v2"): 0.7,
    }


def test_reasons_are_counted_by_the_model_in_use(registry: CollectorRegistry, metrics: StreamMetrics) -> None:
    """Its labels are series from when it is in use, at 0; what it does not know goes, so that they do not pile up."""
    metrics.may_predict(Task.REASON, ("late_parcel", "other"))
    metrics.count(Outcome(predictions=Counter({("reason", "late_parcel"): 3, ("reason", "other"): 1})))
    metrics.may_predict(Task.REASON, ("broken", "other"))
    found = series(registry, "tweetpulse_predictions_total")
    closed = [(label, task) for task, labels in CLOSED_LABELS.items() for label in labels]
    assert found == dict.fromkeys(closed, 0.0) | {("broken", "reason"): 0.0, ("other", "reason"): 1.0}


def test_closed_labels_stay(registry: CollectorRegistry, metrics: StreamMetrics) -> None:
    """Also where a model does without one of them."""
    before = series(registry, "tweetpulse_predictions_total")
    metrics.may_predict(Task.SENTIMENT, ("negative", "neutral", "positive"))
    assert series(registry, "tweetpulse_predictions_total") == before


@pytest.mark.parametrize("series", [(), ("vader", "models")])
def test_durations_are_exposed_as_a_histogram(series: tuple[str, ...]) -> None:
    """The page is, letter by letter, that of prometheus-client's own histogram."""
    observed = (0.0, 0.01, 0.0101, 0.3, 10.0, 600.0, 601.0)
    theirs, ours = CollectorRegistry(), CollectorRegistry()
    own = Histogram("seconds", "Told.", ["scorer"] if series else [], buckets=EDGES, registry=theirs)
    collector = DurationsCollector("seconds", "Told.", *(("scorer", series) if series else ()))
    ours.register(collector)
    for count, one in enumerate(series or ("",)):
        durations = Durations()
        for seconds in observed[count:]:
            (own.labels(one) if series else own).observe(seconds)
            durations.observe(seconds)
        collector.add(durations, one)
    assert generate_latest(ours) == generate_latest(theirs)

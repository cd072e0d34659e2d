"""An event is a log line and its metrics; they agree."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from pipeline import log
from pipeline.components import sinks_of
from pipeline.domain.outcome import Outcome
from pipeline.domain.prediction import Task
from pipeline.errors import ScoringError, SinkUnavailable
from pipeline.settings import LogSettings, Settings
from pipeline.telemetry.events import StreamEvents
from pipeline.telemetry.metrics import StreamMetrics

pytestmark = pytest.mark.usefixtures("logging_restored")
SCORED, REJECTED = "logs-tweets.scored-default", "logs-tweets.rejected-default"
Captured = pytest.CaptureFixture[str]
READ_ONLY = SinkUnavailable("a disk", reason="read_only")
TIMEOUT = SinkUnavailable("a silence", reason="timeout")


class Watched:
    """A registry, and the events that fill it; the clock shows one second more at each look."""

    def __init__(self) -> None:
        log.configure(LogSettings())
        self.registry, self.seconds = CollectorRegistry(), 1_000.0
        self.events = StreamEvents(
            StreamMetrics(self.registry, Settings.model_construct(), sinks_of(Settings.model_construct())), self.clock
        )

    def clock(self) -> float:
        self.seconds += 1
        return self.seconds

    def value(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(f"tweetpulse_{name}", labels)

    def waiting(self) -> dict[tuple[str, str], float]:
        """The waits that are on."""
        return {
            (sample.labels["sink"], sample.labels["reason"]): sample.value
            for family in self.registry.collect()
            for sample in family.samples
            if sample.name == "tweetpulse_sink_waiting" and sample.value
        }


def lines(capsys: Captured) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def actions(capsys: Captured) -> list[str]:
    return [line["event"]["action"] for line in lines(capsys)]


def outcome() -> Outcome:
    """Of a batch with one rejected record, whose document is none of those that count as indexed."""
    indexed, already_there = Counter({SCORED: 3, REJECTED: 1}), Counter({SCORED: 1})
    return Outcome(
        read=Counter(tweets=5), indexed=indexed, already_there=already_there, rejected=Counter(bad_id=1), invalid=1
    )


def test_a_wait(capsys: Captured) -> None:
    """The gauge is 1, the retries count, and a line says the sink, the reason and which attempt it was."""
    watched = Watched()
    watched.events.waiting("elasticsearch", READ_ONLY, 3)
    (line,) = lines(capsys)
    assert watched.waiting() == {("elasticsearch", "read_only"): 1.0}
    assert watched.value("bulk_retries_total", reason="read_only") == 1.0
    assert (
        line["event"]["action"],
        line["error"]["type"],
        line["tweetpulse"]["attempt"],
        line["tweetpulse"]["sink"],
    ) == (
        "sink-waits",
        "read_only",
        3,
        "elasticsearch",
    )


def test_a_wait_ends(capsys: Captured) -> None:
    """A finished batch sets the gauge back, and one line says that the sink answers."""
    watched = Watched()
    watched.events.waiting("elasticsearch", READ_ONLY, 1)
    watched.events.finished(0, outcome())
    watched.events.finished(1, outcome())
    assert watched.waiting() == {}
    assert actions(capsys) == ["sink-waits", "sink-answers", "batch-finished", "batch-finished"]


def test_an_idle_query_waits_for_nothing(capsys: Captured) -> None:
    """A broker that is back on a quiet night is not waited for until the next tweet."""
    watched = Watched()
    watched.events.waiting("kafka", SinkUnavailable("away", reason="kafka"), 1)
    watched.events.idle()
    watched.events.idle()
    assert watched.waiting() == {}
    assert actions(capsys) == ["sink-waits", "sink-answers"]


def test_another_reason_replaces_the_first() -> None:
    """One wait is on at a time; each attempt counts for its own reason."""
    watched = Watched()
    for error in (READ_ONLY, TIMEOUT, TIMEOUT):
        watched.events.waiting("elasticsearch", error, 1)
    assert watched.waiting() == {("elasticsearch", "timeout"): 1.0}
    assert watched.value("bulk_retries_total", reason="timeout") == 2.0


def test_log_and_counters_agree(capsys: Captured) -> None:
    """The numbers in the lines add up to those of the metrics, and to the run's total; each line balances."""
    watched = Watched()
    for batch in range(3):
        watched.events.finished(batch, outcome())
    told = lines(capsys)
    assert [line["tweetpulse"]["batch"] for line in told] == [0, 1, 2]
    for name, metric, labels in (
        ("read", "records_read_total", {"topic": "tweets"}),
        ("indexed", "documents_indexed_total", {"data_stream": SCORED}),
        ("already_there", "documents_duplicate_total", {"data_stream": SCORED}),
        ("rejected", "records_rejected_total", {"reason": "bad_id"}),
    ):
        assert sum(line["tweetpulse"][name] for line in told) == watched.value(metric, **labels)
    for line in (one["tweetpulse"] for one in told):
        assert line["read"] == line["indexed"] + line["already_there"] + line["rejected"]
    assert (watched.events.total.read.total(), watched.events.total.accounting(SCORED).missing) == (15, 0)


def test_whoever_watches_is_told_the_total() -> None:
    """`on_batch` gets what became of all batches so far."""
    watched = Watched()
    seen: list[int] = []
    watched.events.on_batch = lambda total: seen.append(total.indexed.total())
    watched.events.finished(0, outcome())
    watched.events.finished(1, outcome())
    assert seen == [4, 8]


def test_start_and_end(capsys: Captured) -> None:
    """The query is active in between."""
    watched = Watched()
    watched.events.started()
    active = watched.value("query_active", query="score")
    watched.events.ended()
    assert (active, watched.value("query_active", query="score")) == (1.0, 0.0)
    assert actions(capsys) == ["stream-started", "stream-ended"]


def test_signs_of_life() -> None:
    """Start, progress, idleness, a wait and a finished batch all are; an end is not."""
    watched = Watched()
    events = watched.events
    seen = []
    for act in (
        events.started,
        lambda: events.progressed({}),
        events.idle,
        lambda: events.waiting("elasticsearch", TIMEOUT, 1),
        lambda: events.finished(0, Outcome()),
        events.ended,
    ):
        act()
        seen.append(watched.value("query_last_seen_timestamp_seconds", query="score"))
    assert seen == [1_001.0, 1_002.0, 1_003.0, 1_004.0, 1_005.0, 1_005.0]


def test_progress() -> None:
    """Milliseconds become seconds; a phase that was not told is 0, not what it was before."""
    watched = Watched()
    watched.events.progressed({"triggerExecution": 1_500, "addBatch": 900, "walCommit": 40})
    watched.events.progressed({"triggerExecution": 500, "addBatch": 300})
    assert watched.value("batch_phase_seconds", phase="addBatch") == 0.3
    assert watched.value("batch_phase_seconds", phase="walCommit") == 0.0
    assert watched.value("batch_duration_seconds_sum", query="score") == 2.0
    assert watched.value("batch_duration_seconds_bucket", query="score", le="0.5") == 1.0


def test_no_line_is_a_secret(capsys: Captured) -> None:
    """A wait's line has its reason, not the server's words."""
    watched = Watched()
    watched.events.waiting("elasticsearch", SinkUnavailable("some words", reason="timeout"), 1)
    assert "some words" not in capsys.readouterr().err


def test_a_model_in_use(capsys: Captured) -> None:
    """It is told with its version, when it was trained and what it reached."""
    watched = Watched()
    watched.events.model_in_use(Task.COMPLAINT, "v1", datetime(1970, 1, 1, 0, 1, tzinfo=UTC), {"macro_f1": 0.8}, ())
    assert watched.value("model_info", task="complaint", version="v1") == 1
    assert watched.value("model_trained_timestamp_seconds", task="complaint", version="v1") == 60
    assert watched.value("model_evaluation_ratio", task="complaint", version="v1", measure="macro_f1") == 0.8
    (line,) = lines(capsys)
    assert (line["event"]["action"], line["tweetpulse"]) == ("model-in-use", {"task": "complaint", "version": "v1"})


def test_a_model_that_can_not_be_loaded(capsys: Captured) -> None:
    """Each attempt is counted; the metric stays 1 until the champion is in use, by loading it or by a rollback."""
    watched = Watched()
    for _ in range(2):
        watched.events.model_failed(Task.SENTIMENT, ScoringError("its sha256 differs"))
    assert watched.value("model_load_errors_total", task="sentiment") == 2
    assert watched.value("model_load_failed", task="sentiment") == 1
    assert watched.value("model_load_failed", task="complaint") == 0
    watched.events.model_mended(Task.SENTIMENT)
    assert watched.value("model_load_failed", task="sentiment") == 0
    watched.events.model_failed(Task.SENTIMENT, ScoringError("its sha256 differs"))
    watched.events.model_in_use(Task.SENTIMENT, "v2", datetime(2026, 1, 1, tzinfo=UTC), {}, ())
    assert watched.value("model_load_failed", task="sentiment") == 0
    found = lines(capsys)
    assert [line["event"]["action"] for line in found][1:] == [
        "model-load-failed",
        "model-mended",
        "model-load-failed",
        "model-in-use",
    ]
    assert found[0]["error"] == {"type": "ScoringError", "message": "its sha256 differs"}

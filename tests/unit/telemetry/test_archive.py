"""Events of the archive: the log and the metrics say the same."""

from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from pipeline.archive.faults import WAITS
from pipeline.domain.progress import Lag
from pipeline.errors import SinkUnavailable
from pipeline.telemetry.archive import ArchiveEvents, ArchiveMetrics


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def events(registry: CollectorRegistry) -> ArchiveEvents:
    return ArchiveEvents(ArchiveMetrics(registry, WAITS), clock=lambda: 1_000.0)


def value(registry: CollectorRegistry, name: str, **labels: str) -> float | None:
    return registry.get_sample_value(f"tweetpulse_archive_{name}", labels)


def test_series_exist_from_the_start(registry: CollectorRegistry, events: ArchiveEvents) -> None:
    """All of closed sets, at 0."""
    names = (
        "records_total",
        "bytes_total",
        "records_rejected_total",
        "records_forgotten_total",
        "records_expired_total",
    )
    assert [value(registry, name) for name in names] == [0] * 5
    for reason in WAITS:
        assert (value(registry, "faults_total", reason=reason), value(registry, "waiting", reason=reason)) == (0, 0)


def test_a_commit(registry: CollectorRegistry, events: ArchiveEvents) -> None:
    """Its rows, their bytes, those that are no tweets, what was left out, and when."""
    with capture_logs() as lines:
        events.archived(10, 300, 2, 1, 0.4)
        events.archived(5, 100, 0, 0, 0.4)
    names = ("records_total", "bytes_total", "records_rejected_total", "records_forgotten_total")
    assert [value(registry, name) for name in names] == [15, 400, 2, 1]
    assert (value(registry, "last_commit_timestamp_seconds"), events.total) == (1_000.0, 15)
    assert [line["tweetpulse.records"] for line in lines] == [10, 5]


def test_a_wait_has_one_reason_until_it_goes_on(registry: CollectorRegistry, events: ArchiveEvents) -> None:
    """Each attempt is counted."""
    with capture_logs() as lines:
        for reason in ("away", "away", "denied"):
            events.waiting(SinkUnavailable("no", reason=reason), 1)
    assert {one for one in WAITS if value(registry, "waiting", reason=one)} == {"denied"}
    assert value(registry, "faults_total", reason="away") == 2
    assert [line["error.type"] for line in lines] == ["away", "away", "denied"]
    events.behind({("tweets", 0): Lag(7)})
    assert not any(value(registry, "waiting", reason=one) for one in WAITS)


def test_what_kafka_deleted(registry: CollectorRegistry, events: ArchiveEvents) -> None:
    """It is an error, with the partition."""
    with capture_logs() as lines:
        events.expired(3, 40)
    assert value(registry, "records_expired_total") == 40
    assert (lines[0]["log_level"], lines[0]["tweetpulse.partition"]) == ("error", 3)

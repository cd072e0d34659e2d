import subprocess
import sys
from datetime import UTC, datetime

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from pipeline.domain.faults import Fault, GapOutcome
from pipeline.telemetry.sources import MAX_ENDPOINTS, LiveEvents, SourceMetrics

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def registry():
    return CollectorRegistry()


@pytest.fixture
def events(registry):
    return LiveEvents(SourceMetrics(registry, ["x"]), "x", clock=lambda: 1_000.0)


def value(registry, name, **labels):
    return registry.get_sample_value(f"tweetpulse_source_{name}", {"source": "x", **labels})


def test_series_exist_from_the_start(registry, events):
    """All of closed sets, at 0; when the last tweet was acknowledged is not known."""
    names = ("tweets_total", "passed_over_total", "reconnects_total", "gap_tweets_total", "connected", "waiting")
    assert [value(registry, name) for name in names] == [0] * 6
    assert {value(registry, "errors_total", reason=fault) for fault in Fault} == {0}
    assert {value(registry, "gaps_total", outcome=outcome) for outcome in GapOutcome} == {0}
    assert value(registry, "last_tweet_timestamp_seconds") is None


def test_what_kafka_has_is_counted_with_its_time(registry, events):
    """As many tweets as were acknowledged, and when the last ones were."""
    events.acknowledged(3)
    events.acknowledged(2)
    assert (value(registry, "tweets_total"), value(registry, "last_tweet_timestamp_seconds")) == (5, 1_000.0)


def test_only_connections_after_the_first_are_reconnections(registry, events):
    """A fault in between takes it down; so does the end."""
    with capture_logs() as lines:
        events.connected()
        assert (value(registry, "connected"), value(registry, "reconnects_total")) == (1, 0)
        events.interrupted(Fault.NETWORK, 0.25)
        assert (value(registry, "connected"), value(registry, "errors_total", reason="network")) == (0, 1)
        events.connected()
        assert (value(registry, "connected"), value(registry, "reconnects_total")) == (1, 1)
        events.ended()
        assert value(registry, "connected") == 0
    actions = [line["event.action"] for line in lines]
    assert actions == ["source-connected", "source-interrupted", "source-connected", "source-ended"]
    assert (lines[1]["error.type"], lines[1]["tweetpulse.source"]) == ("network", "x")


def test_a_server_that_can_not_be_reached_is_named(events):
    """So that whoever is offline knows what to try."""
    with capture_logs() as lines:
        events.interrupted(Fault.NETWORK, 0.25, "social.example")
    assert (lines[0]["event"], lines[0]["server.address"]) == ("source can't be reached", "social.example")


def test_a_gap_is_told_with_where_it_begins(registry, events):
    """A lost one is a warning with its first id and time."""
    with capture_logs() as lines:
        events.gap(GapOutcome.REFILLED, 40, "7", NOON)
        events.gap(GapOutcome.LOST, 0, "47", NOON)
    assert [line["log_level"] for line in lines] == ["info", "warning"]
    assert (lines[1]["tweetpulse.after_id"], lines[1]["tweetpulse.since"]) == ("47", NOON.isoformat())
    assert value(registry, "gap_tweets_total") == 40
    assert [value(registry, "gaps_total", outcome=outcome) for outcome in ("refilled", "lost")] == [1, 1]


def test_a_budget_is_told_by_endpoint(registry, events):
    """The remaining requests, the limit and the time of its reset."""
    events.budget("search", 3, 60, NOON)
    assert value(registry, "rate_limit_remaining", endpoint="search") == 3
    assert value(registry, "rate_limit", endpoint="search") == 60
    assert value(registry, "rate_limit_reset_timestamp_seconds", endpoint="search") == NOON.timestamp()


def test_endpoints_are_bounded(registry, events):
    """A source that names ever new ones gets `other` for them."""
    for number in range(MAX_ENDPOINTS + 10):
        events.budget(f"e{number}", number, 100, NOON)
    assert value(registry, "rate_limit_remaining", endpoint="other") == MAX_ENDPOINTS + 9
    assert value(registry, "rate_limit_remaining", endpoint=f"e{MAX_ENDPOINTS}") is None


def test_waiting_for_kafka_shows(registry, events):
    """While it lasts."""
    events.waiting(True)
    assert value(registry, "waiting") == 1
    events.waiting(False)
    assert value(registry, "waiting") == 0


def test_a_collectors_page_has_no_series_of_creation_times() -> None:
    """Also in a process that imports none of the stream's own metrics."""
    code = (
        "from prometheus_client import CollectorRegistry, generate_latest\n"
        "from pipeline.telemetry.sources import SourceMetrics\n"
        "registry = CollectorRegistry()\n"
        "SourceMetrics(registry, ['mastodon'])\n"
        "print(generate_latest(registry).decode())"
    )
    page = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert ("tweetpulse_source_tweets_total" in page, "_created" in page) == (True, False)

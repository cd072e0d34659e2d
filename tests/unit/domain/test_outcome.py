"""The outcomes of tasks add up, and account for every record."""

from __future__ import annotations

import pickle
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Histogram

from pipeline.domain.outcome import EDGES, Durations, Outcome
from pipeline.errors import ConfigError, PipelineError, SetupError, SinkUnavailable

SCORED = "logs-tweets.scored-default"
seconds = st.one_of(st.floats(0, 1_000), st.sampled_from(EDGES))


AWAY = SinkUnavailable("away", reason="timeout")


def durations(*observed: float) -> Durations:
    made = Durations()
    made.observe_all(observed)
    return made


def outcome(read: int, newest: float | None = None, fault: PipelineError | None = None) -> Outcome:
    return Outcome(
        read=Counter(tweets=read),
        rejected=Counter(mapping=1),
        scored=Counter(negative=read - 1),
        entities=Counter({("Acme", "negative"): 1}),
        indexed=Counter({SCORED: read - 2, "logs-tweets.rejected-default": 1}),
        already_there=Counter({SCORED: 1}),
        failed=Counter({(SCORED, "mapping"): 1}),
        retries=Counter(timeout=1),
        truncated=Counter({"tweets.rejected": 1}),
        predictions=Counter({("complaint", "no_complaint"): 1}),
        compared=Counter(sentiment=2),
        disagreements=Counter(sentiment=1),
        bulk=durations(0.02),
        delay=durations(0.2),
        scoring=durations(2.0),
        predicting=durations(1.0),
        newest=newest,
        fault=fault,
    )


def test_adding() -> None:
    """Every count and every duration of both is there; the newest time is the later, a fault the first."""
    total = outcome(10, newest=5.0)
    total.add(outcome(20, newest=3.0, fault=AWAY))
    total.add(Outcome(fault=SinkUnavailable("later", reason="connection")))
    assert total == Outcome(
        read=Counter(tweets=30),
        rejected=Counter(mapping=2),
        scored=Counter(negative=28),
        entities=Counter({("Acme", "negative"): 2}),
        indexed=Counter({SCORED: 26, "logs-tweets.rejected-default": 2}),
        already_there=Counter({SCORED: 2}),
        failed=Counter({(SCORED, "mapping"): 2}),
        retries=Counter(timeout=2),
        truncated=Counter({"tweets.rejected": 2}),
        predictions=Counter({("complaint", "no_complaint"): 2}),
        compared=Counter(sentiment=4),
        disagreements=Counter(sentiment=2),
        bulk=durations(0.02, 0.02),
        delay=durations(0.2, 0.2),
        scoring=durations(2.0, 2.0),
        predicting=durations(1.0, 1.0),
        newest=5.0,
        fault=AWAY,
    )


def test_the_fault_that_waiting_does_not_mend_is_told() -> None:
    """Whichever comes first: a batch that is waited for would meet it again and again."""
    denied, other = ConfigError("denied"), SetupError("refused")
    for first, second in ((AWAY, denied), (denied, AWAY), (denied, other)):
        total = Outcome(fault=first)
        total.add(Outcome(fault=second))
        total.add(Outcome())
        assert total.fault is denied


def test_adding_leaves_the_other_alone() -> None:
    """The added outcome is not changed, then or later."""
    total, added = Outcome(), outcome(10)
    total.add(added)
    total.add(added)
    assert added == outcome(10)


def test_everything_is_accounted_for() -> None:
    """Read = indexed + already there + rejected, of the stream of scored tweets alone."""
    assert outcome(10).accounting(SCORED).missing == 0


@pytest.mark.parametrize(("lost", "unaccounted"), [(3, 3), (-2, -2)])
def test_what_is_missing_is_told(lost: int, unaccounted: int) -> None:
    """A record that was lost, or counted twice, shows."""
    told = outcome(10)
    told.read["tweets"] += lost
    assert told.accounting(SCORED).missing == unaccounted


def test_survives_pickling() -> None:
    """An outcome comes from the workers as it was."""
    assert pickle.loads(pickle.dumps(outcome(10, newest=5.0))) == outcome(10, newest=5.0)


@given(st.lists(seconds))
def test_buckets_are_those_of_prometheus(observed: list[float]) -> None:
    """The same observations fill the same buckets as in prometheus-client's own histogram."""
    registry = CollectorRegistry()
    theirs = Histogram("seconds", "", buckets=EDGES, registry=registry)
    for one in observed:
        theirs.observe(one)
    edges = [*map(str, EDGES), "+Inf"]
    cumulative = [registry.get_sample_value("seconds_bucket", {"le": edge}) for edge in edges]
    ours = durations(*observed)
    assert [sum(ours.counts[: index + 1]) for index in range(len(edges))] == cumulative
    assert ours.total == pytest.approx(registry.get_sample_value("seconds_sum"))


def test_many_of_one() -> None:
    """One duration may count many times."""
    many = Durations()
    many.observe(0.2, times=3)
    assert many == durations(0.2, 0.2, 0.2)


@pytest.mark.parametrize("objective", [1.0, 10.0, 60.0, 300.0])
def test_edges_hold_the_objectives(objective: float) -> None:
    """The trigger interval and the objectives are edges, so that a share below them is exact."""
    assert objective in EDGES

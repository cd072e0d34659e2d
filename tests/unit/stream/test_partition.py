"""The work of a Spark task on its part of a batch: with several sinks, and with no more settings than it needs."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
import pyarrow as pa
import pytest

from pipeline.components import scorers_of, sinks_of
from pipeline.domain.delivery import Attempt, Delivery, Fate, Report, Verdict
from pipeline.domain.document import REJECTED, SCORED
from pipeline.domain.outcome import Outcome
from pipeline.errors import PipelineError, SinkError, SinkUnavailable
from pipeline.settings import Settings
from pipeline.stream import partition
from pipeline.stream.partition import TaskSettings, Work

ATTEMPT = Attempt(datetime(2026, 1, 1, tzinfo=UTC))
SECRETS = ("of the X API", "of Kibana", "of Kafka", "of Mastodon", "of the key", "of the metrics")


@dataclass
class FakeSink:
    """Keeps documents in memory; refuses those whose ids it is told; raises what it is told."""

    name: str
    refuses: frozenset[str] = frozenset()
    fault: Exception | None = None
    kept: dict[str, dict[str, bytes]] = field(default_factory=dict)
    waits = ("tired",)
    failures = ("mapping",)

    def __reduce__(self) -> tuple[Any, ...]:
        return FakeSink, (self.name, self.refuses)

    def target(self, dataset: str) -> str:
        return f"{self.name}:{dataset}"

    def ensure(self) -> None: ...
    def prepare(self, attempt: Attempt) -> None: ...
    def close(self) -> None: ...

    def write(self, delivery: Delivery, plan: None, attempt: Attempt) -> Report:
        if self.fault:
            raise self.fault
        report, kept = Report(), self.kept.setdefault(delivery.dataset, {})
        for id_, body in delivery.entries:
            if id_ in self.refuses:
                report.verdicts[id_] = Verdict(Fate.FAILED, "mapping", "it does not fit")
            elif kept.setdefault(id_, body) is body:
                report.verdicts[id_] = Verdict(Fate.INDEXED)
            else:
                report.repeats += 1
        return report


class Outcomes:
    """An accumulator."""

    def __init__(self) -> None:
        self.found = Outcome()

    def add(self, outcome: Outcome) -> None:
        self.found.add(outcome)


@pytest.fixture(autouse=True)
def workers() -> Iterator[None]:
    """Each test has workers of its own."""
    partition._WORKERS.clear()
    yield
    partition._WORKERS.clear()


def batch(*values: bytes) -> pa.RecordBatch:
    columns: dict[str, Any] = {
        "topic": ["tweets"] * len(values),
        "partition": [0] * len(values),
        "offset": list(range(len(values))),
        "value": list(values),
        "size": [len(value) for value in values],
        "replay": pa.array([None] * len(values), pa.binary()),
        "timestamp": pa.array([0] * len(values), pa.timestamp("us", tz="UTC")),
    }
    return pa.RecordBatch.from_pydict(columns)


def run(monkeypatch: pytest.MonkeyPatch, *sinks: FakeSink, values: list[bytes]) -> tuple[Outcome, list[Any]]:
    settings = Settings()
    told = TaskSettings.of(settings, scorers_of(settings), sinks)
    # The same sinks, not copies of them, so that the test sees what they keep.
    monkeypatch.setattr(partition, "_worker", lambda pickled: partition._Worker(told))
    outcomes = Outcomes()
    messages = list(
        partition.run(iter([batch(*values)]), Work(pickle.dumps(told), (None,) * len(sinks), ATTEMPT), outcomes)
    )
    return outcomes.found, [row for one in messages for row in one.to_pylist()]


def tweet(number: int) -> bytes:
    return orjson.dumps({"id": f"x:{number}", "text": f"tweet {number} is great"})


def test_two_sinks_hold_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has each document; a repeat and an invalid record are in the accounting of both."""
    one, two = FakeSink("one"), FakeSink("two")
    outcome, _ = run(monkeypatch, one, two, values=[tweet(1), tweet(2), tweet(1), b"no tweet"])
    assert one.kept == two.kept
    assert {dataset: len(kept) for dataset, kept in one.kept.items()} == {SCORED: 2, REJECTED: 1}
    for sink in (one, two):
        assert (outcome.indexed[sink.target(SCORED)], outcome.already_there[sink.target(SCORED)]) == (2, 1)
        assert outcome.accounting(sink.target(SCORED)).missing == 0
    assert (outcome.rejected.total(), outcome.invalid) == (1, 1)


def test_a_tweet_that_one_sink_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a rejected record there, and in Kafka once; the other sink has it. The accounting of both balances."""
    picky, other = FakeSink("picky", frozenset({"x:1"})), FakeSink("other")
    for sinks in ((picky, other), (other, picky)):
        for sink in sinks:
            sink.kept.clear()
        outcome, messages = run(monkeypatch, *sinks, values=[tweet(1), tweet(2)])
        assert ([*picky.kept[SCORED]], len(picky.kept[REJECTED])) == (["x:2"], 1)
        assert ([*other.kept[SCORED]], other.kept[REJECTED]) == (["x:1", "x:2"], {})
        assert outcome.rejected == {"mapping": 1}
        assert [outcome.accounting(sink.target(SCORED)).missing for sink in sinks] == [0, 0]
        assert sorted(message["topic"] for message in messages) == ["tweets.rejected", "tweets.scored"]


def test_the_books_see_what_a_sink_loses(monkeypatch: pytest.MonkeyPatch) -> None:
    """A verdict too few is a record that is not accounted for, in that sink alone."""
    outcome, _ = run(monkeypatch, FakeSink("one"), FakeSink("two"), values=[tweet(1), tweet(2)])
    outcome.indexed["two:tweets.scored"] -= 1
    assert [outcome.accounting(f"{name}:{SCORED}").missing for name in ("one", "two")] == [0, 1]


@pytest.mark.parametrize("first", [True, False], ids=["the first sink", "the second sink"])
def test_a_sink_that_waits(monkeypatch: pytest.MonkeyPatch, first: bool) -> None:
    """The driver is told which one it is, whichever it is."""
    tired = FakeSink("tired", fault=SinkUnavailable("wait", reason="tired"))
    sinks = (tired, FakeSink("other")) if first else (FakeSink("other"), tired)
    outcome, _ = run(monkeypatch, *sinks, values=[tweet(1)])
    assert isinstance(outcome.fault, SinkUnavailable)
    assert (outcome.fault.sink, outcome.fault.reason) == ("tired", "tired")


def test_a_sink_with_a_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named, in one line that quotes nothing."""
    outcome, _ = run(monkeypatch, FakeSink("buggy", fault=KeyError("a secret")), values=[tweet(1)])
    assert isinstance(outcome.fault, SinkError)
    assert outcome.fault.message == "the sink buggy failed (KeyError): mend it, or take it out"
    assert isinstance(pickle.loads(pickle.dumps(outcome.fault)), PipelineError)


def test_workers_get_no_secret_that_they_do_not_need() -> None:
    """Workers get Elasticsearch's password, which they need to send documents, and no other secret."""
    settings = Settings.model_validate(
        {
            "twitter": {"bearer_token": "of the X API"},
            "kibana": {"password": "of Kibana"},
            "kafka": {"password": "of Kafka"},
            "mastodon": {"access_token": "of Mastodon"},
            "privacy": {"key": "of the key"},
            "telemetry": {"password": "of the metrics"},
            "elasticsearch": {"username": "stream", "password": "of Elasticsearch"},
        }
    )
    task_settings = TaskSettings.of(settings, scorers_of(settings), sinks_of(settings))
    told = pickle.dumps(Work(pickle.dumps(task_settings), ({},), ATTEMPT))
    assert [secret for secret in SECRETS if secret.encode() in told] == []
    assert b"of Elasticsearch" in told
    # That a secret would be seen there.
    assert b"of Kibana" in pickle.dumps(settings)

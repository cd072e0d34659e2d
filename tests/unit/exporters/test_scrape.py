"""One scrape over collectors that work, fail and hang."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence

import pytest
import structlog
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric

from exporters.scrape import Scrape
from pipeline.errors import SetupError


class Fake:
    """A collector of one family, whose value is what a function returns."""

    def __init__(self, name: str, value: Callable[[], float]) -> None:
        self.name, self.value, self.closed = name, value, False

    def describe(self) -> Sequence[Metric]:
        return [GaugeMetricFamily(self.name, "A value.")]

    def collect(self) -> Sequence[Metric]:
        return [GaugeMetricFamily(self.name, "A value.", value=self.value())]

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Lets hanging collectors go on, at the end of the test at the latest."""
    event = threading.Event()
    yield event
    event.set()


def test_the_page() -> None:
    """Each collector's families come in order, then how long each took and whether it succeeded."""
    scrape = Scrape([Fake("a", lambda: 1), Fake("b", lambda: 2)], clock=lambda: 0.0)
    assert (
        page(scrape)
        == """\
# HELP a A value.
# TYPE a gauge
a 1.0
# HELP b A value.
# TYPE b gauge
b 2.0
# HELP tweetpulse_exporter_scrape_duration_seconds Seconds that the collector took at this scrape.
# TYPE tweetpulse_exporter_scrape_duration_seconds gauge
tweetpulse_exporter_scrape_duration_seconds{collector="a"} 0.0
tweetpulse_exporter_scrape_duration_seconds{collector="b"} 0.0
# HELP tweetpulse_exporter_scrape_success 1 if the collector succeeded at this scrape, \
0 if it failed or did not answer in time.
# TYPE tweetpulse_exporter_scrape_success gauge
tweetpulse_exporter_scrape_success{collector="a"} 1.0
tweetpulse_exporter_scrape_success{collector="b"} 1.0
"""
    )


@pytest.mark.parametrize("error", [SetupError("no server"), KeyError("a field"), ZeroDivisionError()])
def test_a_broken_collector_leaves_the_others_alone(error: Exception) -> None:
    """Whatever it raises, its success is 0, it has no families, and the others are as they were."""
    scrape = Scrape([Fake("broken", lambda: raised(error)), Fake("whole", lambda: 2)])
    assert values(scrape) == {"whole": 2.0, "success broken": 0.0, "success whole": 1.0}


def test_a_hanging_collector_does_not_hang_the_scrape(gate: threading.Event) -> None:
    """It counts as failed once the time is over."""
    scrape = Scrape([Fake("hanging", lambda: float(gate.wait())), Fake("whole", lambda: 2)], timeout=0.05)
    assert values(scrape) == {"whole": 2.0, "success hanging": 0.0, "success whole": 1.0}


def test_collectors_run_at_the_same_time() -> None:
    """Two that wait for each other both end."""
    barrier = threading.Barrier(2, timeout=20)
    scrape = Scrape([Fake(name, lambda: barrier.wait() * 0.0) for name in ("a", "b")], timeout=20)
    assert values(scrape) == {"a": 0.0, "b": 0.0, "success a": 1.0, "success b": 1.0}


def test_a_hanging_collector_is_not_called_again(gate: threading.Event) -> None:
    """Scrapes join the call that runs: a collector is used by one thread at a time, and threads don't pile up."""
    calls: list[int] = []

    def hang() -> float:
        calls.append(1)
        return float(gate.wait())

    scrape = Scrape([Fake("hanging", hang)], timeout=0.01)
    for _ in range(5):
        values(scrape)
    assert len(calls) == 1


def test_a_collector_that_answers_again() -> None:
    """Success comes back with it."""
    answers: Iterator[SetupError | float] = iter([SetupError("down"), 3.0])

    def next_answer() -> float:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    scrape = Scrape([Fake("a", next_answer)])
    assert [values(scrape), values(scrape)] == [{"success a": 0.0}, {"a": 3.0, "success a": 1.0}]


def test_a_fault_is_logged_once() -> None:
    """When it begins, when it changes and when it ends: not at every scrape."""
    faults = iter(["down", "down", "up but wrong", "", ""])

    def next_answer() -> float:
        fault = next(faults)
        return raised(SetupError(fault)) if fault else 1.0

    with structlog.testing.capture_logs() as logs:
        scrape = Scrape([Fake("a", next_answer)])
        for _ in range(5):
            values(scrape)
    assert [(line["event"], line.get("error.message")) for line in logs] == [
        ("a collector fails", "down"),
        ("a collector fails", "up but wrong"),
        ("a collector works again", None),
    ]


def test_closing(gate: threading.Event) -> None:
    """A collector at rest is closed; one that still works is left to its thread."""
    resting, hanging, unused = Fake("a", lambda: 1), Fake("b", lambda: float(gate.wait())), Fake("c", lambda: 1)
    scrape = Scrape([resting, hanging], timeout=0.01)
    values(scrape)
    scrape.close()
    Scrape([unused]).close()
    assert (resting.closed, hanging.closed, unused.closed) == (True, False, True)


def raised(error: Exception) -> float:
    """Nothing: it raises."""
    raise error


def values(scrape: Scrape) -> dict[str, float]:
    """The values of one scrape, without durations."""
    found: dict[str, float] = {}
    for family in scrape.collect():
        for sample in family.samples:
            if family.name.endswith("_success"):
                found[f"success {sample.labels['collector']}"] = sample.value
            elif not family.name.endswith("_seconds"):
                found[sample.name] = sample.value
    return found


def page(scrape: Scrape) -> str:
    """The page as Prometheus reads it."""
    registry = CollectorRegistry()
    registry.register(scrape)
    return generate_latest(registry).decode()

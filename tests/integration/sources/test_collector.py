"""A live source through the collector into a real broker, which may be away."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast
from uuid import uuid4

import psutil
import pytest
from kafka.errors import KafkaError

from pipeline import bootstrap
from pipeline.domain.record import decode
from pipeline.embedded.guard import guarded
from pipeline.embedded.stack import start
from pipeline.errors import SetupError, SourceError
from pipeline.kafka import patience, publisher
from pipeline.settings import KafkaSettings, Settings
from pipeline.sources.source import Fault, Unreadable
from tests.collecting import Collecting as Started
from tests.processes import until
from tests.records import records
from tests.stacks import stack_settings, state_folder
from tests.unit.sources.fakes import tweet


class Paced:
    """Yields tweets one by one, so many a second, until it is closed; notes what it is told."""

    name = "paced"

    def __init__(self, events, rate: float = 200, first: int = 0) -> None:
        self.events = events
        self.pause = 1 / rate
        self.first = first
        self.read = 0
        self.told: list[str] = []
        self.closed = threading.Event()
        self.failing: Exception | None = None

    def __iter__(self):
        self.events.connected()
        while not self.closed.wait(self.pause):
            if self.failing:
                raise self.failing
            item = tweet(self.first + self.read)
            self.read += 1
            yield item

    def acknowledged(self, tweets):
        self.told += [tweet.id for tweet in tweets]

    def close(self):
        self.closed.set()


class Collecting(Started):
    """A collector of a paced source."""

    def __init__(self, settings: Settings, make=Paced) -> None:
        super().__init__(settings, "paced", lambda events, clock: make(events))

    @property
    def source(self) -> Paced:
        return cast(Paced, self.collection.source)


def ids(kafka: KafkaSettings) -> list[str]:
    return [decode(record.value).id for record in records(kafka)]


@contextmanager
def broker() -> Iterator[tuple[Settings, Callable[[], psutil.Process], Callable[[], object]]]:
    """A broker of the test's own: its settings, its process, and what starts it again at the same address."""
    with state_folder() as folder, guarded(folder, delete_data=True):
        settings = stack_settings(folder)

        def begin():
            return start(settings, ("kafka",))

        info = begin()
        mark = uuid4().hex[:12]
        kafka = KafkaSettings(
            bootstrap_servers=info.kafka.address,
            tweets_topic=f"tweets-{mark}",
            scored_topic=f"scored-{mark}",
            rejected_topic=f"rejected-{mark}",
        )
        pid = [info.kafka.pid]

        def again():
            pid[0] = begin().kafka.pid

        yield settings.model_copy(update={"kafka": kafka}), lambda: psutil.Process(pid[0]), again


def test_what_is_collected_is_acknowledged_in_order(settings: Settings) -> None:
    """After a stop all tweets that were read are in Kafka, acknowledged in order, and the metrics agree."""
    before = time.time()
    with Collecting(settings) as collecting:
        until(lambda: collecting.tweets > 100, "a hundred tweets")
        assert collecting.metric("tweetpulse_source_connected") == 1
        counted = collecting.metric("tweetpulse_source_tweets_total")
        assert 0 < counted <= collecting.source.read
        assert before < collecting.metric("tweetpulse_source_last_tweet_timestamp_seconds") <= time.time()
    source = collecting.source
    assert collecting.error is None
    assert source.told == [f"x:{n}" for n in range(source.read)]
    assert sorted(ids(settings.kafka)) == sorted(source.told)
    assert collecting.tweets == source.read


def test_a_source_that_can_not_go_on_leaves_what_it_gave(settings: Settings) -> None:
    """Its error ends the collector; the tweets that it had yielded are acknowledged to it."""
    with Collecting(settings) as collecting:
        until(lambda: collecting.source.read > 50, "some tweets")
        collecting.source.failing = SourceError("no more")
        collecting.thread.join(30)
    assert str(collecting.error) == "no more"
    assert collecting.source.told == [f"x:{n}" for n in range(collecting.source.read)]
    assert sorted(ids(settings.kafka)) == sorted(collecting.source.told)


def test_acknowledgements_go_on_while_nothing_comes(settings: Settings) -> None:
    """The last tweet before a silence is acknowledged and counted within seconds."""

    class Silent(Paced):
        def __iter__(self):
            self.events.connected()
            yield tweet(1)
            yield Unreadable(b"?", "line 1", "not JSON")
            self.closed.wait()

    with Collecting(settings, Silent) as collecting:
        until(lambda: collecting.source.told == ["x:1"], "the acknowledgement", timeout=20)
        until(lambda: collecting.metric("tweetpulse_source_tweets_total") == 1, "its count", timeout=20)
        begun = time.monotonic()
    assert time.monotonic() - begun < 10
    assert (collecting.error, collecting.published[-1].unreadable) == (None, 1)


def test_faults_are_on_the_page(settings: Settings) -> None:
    """A source's faults are on the page while it runs, by their reason."""
    with Collecting(settings) as collecting:
        until(lambda: collecting.metric("tweetpulse_source_connected") == 1, "the connection")
        collecting.source.events.interrupted(Fault.STALL, 1.0)
        assert collecting.metric("tweetpulse_source_errors_total", reason="stall") == 1
        assert collecting.metric("tweetpulse_source_connected") == 0
        collecting.source.events.connected()
        until(lambda: collecting.metric("tweetpulse_source_reconnects_total") == 1, "the reconnection")


@pytest.mark.parametrize("fault", ["hangs", pytest.param("killed", marks=pytest.mark.faults)])
def test_a_broker_that_is_away_is_waited_for(monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    """The source is held back, the page says so, and afterwards every tweet is there once."""
    monkeypatch.setattr(patience, "LATE_SECONDS", 1.0)
    monkeypatch.setattr(publisher, "MAX_BUFFERED_BYTES", 20_000)
    with broker() as (settings, process, begin), Collecting(settings) as collecting:
        until(lambda: collecting.tweets > 50, "the first tweets")
        process().kill() if fault == "killed" else process().suspend()
        until(lambda: collecting.metric("tweetpulse_source_waiting") == 1, "that it waits")
        until(lambda: _stands_still(collecting.source), "that the source is held back")
        assert collecting.source.read - len(collecting.source.told) < 1_500
        begin() if fault == "killed" else process().resume()
        until(lambda: collecting.metric("tweetpulse_source_waiting") == 0, "that it goes on", timeout=240)
        reached = collecting.source.read
        until(lambda: len(collecting.source.told) > reached + 50, "new tweets")
        collecting.stop.set()
        collecting.thread.join(60)
        assert collecting.error is None
        assert collecting.source.told == [f"x:{n}" for n in range(collecting.source.read)]
        assert sorted(ids(settings.kafka)) == sorted(collecting.source.told)


def _stands_still(source: Paced) -> bool:
    read = source.read
    time.sleep(0.5)
    return source.read == read


def test_stopped_while_the_broker_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends with an error instead of waiting forever; only acknowledged tweets were reported to the source."""
    monkeypatch.setattr(patience, "LATE_SECONDS", 0.5)
    with broker() as (settings, process, _), Collecting(settings) as collecting:
        until(lambda: collecting.tweets > 50, "the first tweets")
        process().suspend()
        until(lambda: collecting.metric("tweetpulse_source_waiting") == 1, "that it waits")
        begun = time.monotonic()
        collecting.stop.set()
        collecting.thread.join(60)
        assert not collecting.thread.is_alive()
        assert time.monotonic() - begun < 40
        assert isinstance(collecting.error, SetupError)
        assert collecting.collection.unacknowledged > 0
        process().resume()
        until(lambda: set(collecting.source.told) <= set(_readable(settings.kafka)), "what was told, in Kafka")


def _readable(kafka: KafkaSettings) -> list[str]:
    """None while the broker comes to itself again."""
    try:
        return ids(kafka)
    except KafkaError:
        return []


def test_two_on_one_port_is_one_clear_line(settings: Settings, tmp_path: Path) -> None:
    """The second one says which setting chooses another."""
    with Collecting(settings) as first:
        port = int(first.collection.url.split(":")[2].split("/")[0])
        telemetry = settings.telemetry.model_copy(update={"source_port": port})
        with (
            pytest.raises(SetupError, match="TWEETPULSE_TELEMETRY__SOURCE_PORT"),
            bootstrap.collection(
                settings.model_copy(update={"telemetry": telemetry}),
                "paced",
                lambda events, clock: Paced(events),
                first.stop,
            ),
        ):
            pytest.fail("it listens twice")

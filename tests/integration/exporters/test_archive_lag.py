"""The lag of a real archive against a real broker, with nobody who archives."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, KafkaProducer, TopicPartition

from exporters.archive_lag import ArchiveLag
from pipeline import extras
from pipeline.errors import PipelineError
from pipeline.kafka.broker import Broker
from pipeline.kafka.topics import ensure_topics
from pipeline.settings import Settings
from tests.integration.archive.topic import archive, publish, rows, tweets
from tests.processes import running, until

NOW = 4_000_000_000.0
"""Seconds of the epoch, after any record of these tests."""


@pytest.fixture(autouse=True)
def topic(settings: Settings) -> None:
    """The topics of this test."""
    ensure_topics(settings.kafka)


def test_an_archive_that_was_never_made(settings: Settings) -> None:
    """It is not behind: nobody need run one."""
    publish(settings, tweets(8))
    with watching(settings) as lag:
        assert [family.samples for family in lag.collect()] == [[], [], []]


def test_a_reader_that_was_killed(settings: Settings, tmp_path: Path) -> None:
    """What comes after its death is behind, with its age; what it had committed is not; the next one takes it up."""
    publish(settings, tweets(40))
    soon = settings.archive.model_copy(update={"commit_seconds": 1.0})
    with running(
        settings.model_copy(update={"archive": soon}), "-m", "pipeline", "archive", "run", log=tmp_path / "log"
    ):
        until(lambda: (Path(settings.archive_uri) / "_delta_log").is_dir() and len(rows(settings)) == 40, "it archives")
    sent = send(settings, {0: 3, 2: 1})
    with watching(settings) as lag:
        assert values(lag, "lag_records") == {0: 3, 1: 0, 2: 1, 3: 0}
        assert values(lag, "lag_seconds") == {0: NOW - sent[0][0], 1: 0, 2: NOW - sent[2][0], 3: 0}
        archive(settings)
        assert values(lag, "lag_records") == dict.fromkeys(range(4), 0)


def test_records_that_expired_meanwhile(settings: Settings) -> None:
    """They are no lag, and told apart, until the archive has gone on behind them."""
    publish(settings, tweets(40))
    archive(settings)
    send(settings, {0: 10})
    with closing(KafkaAdminClient(bootstrap_servers=settings.kafka.bootstrap_servers)) as admin:
        admin.delete_records({TopicPartition(settings.kafka.tweets_topic, 0): 16})
    with watching(settings) as lag:
        assert (values(lag, "expired_records")[0], values(lag, "lag_records")[0]) == (6, 4)
        archive(settings)
        assert (values(lag, "expired_records")[0], values(lag, "lag_records")[0]) == (0, 0)


def test_a_topic_that_is_made_anew(settings: Settings) -> None:
    """Nothing of it is archived, whatever the offsets of the old one were."""
    publish(settings, tweets(40))
    archive(settings)
    name = settings.kafka.tweets_topic
    with closing(KafkaAdminClient(bootstrap_servers=settings.kafka.bootstrap_servers)) as admin:
        admin.delete_topics([name])
        until(lambda: name not in admin.list_topics(), "the topic is gone", 30)
    with watching(settings) as lag:
        with pytest.raises(PipelineError, match="which Kafka does not have"):
            lag.collect()
        ensure_topics(settings.kafka)
        publish(settings, tweets(20))
        assert values(lag, "lag_records") == dict.fromkeys(range(4), 5)


def test_an_archive_that_is_gone(settings: Settings) -> None:
    """A disk that is not mounted any more is a fault, and not an archive that was never made."""
    publish(settings, tweets(4))
    archive(settings)
    folder = Path(settings.archive_uri)
    with watching(settings) as lag:
        lag.collect()
        elsewhere = folder.rename(folder.with_name("elsewhere"))
        with pytest.raises(PipelineError, match=r"there is no archive at .* now: mount it"):
            lag.collect()
        elsewhere.rename(folder)
        assert values(lag, "lag_records") == dict.fromkeys(range(4), 0)


def test_a_damaged_log(settings: Settings) -> None:
    """It is one line, and a failed collector."""
    publish(settings, tweets(4))
    archive(settings)
    for commit in (Path(settings.archive_uri) / "_delta_log").glob("*.json"):
        commit.write_text("no log\n")
    with watching(settings) as lag, pytest.raises(PipelineError, match=r"the archive .* takes nothing now"):
        lag.collect()


def test_without_what_reads_it(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where an archive is there, its lag is a fault, not nothing; where there is none, nothing is missed."""
    publish(settings, tweets(4))
    monkeypatch.setitem(extras.PACKAGES, "archive", ("no_such_package",))
    default = settings.model_copy(update={"archive": settings.archive.model_copy(update={"uri": None})})
    with watching(default) as lag:
        assert [family.samples for family in lag.collect()] == [[], [], []]
        Path(default.archive_uri).mkdir()
        with pytest.raises(PipelineError, match=r"no_such_package not installed: run .*\[archive]"):
            lag.collect()


@contextmanager
def watching(settings: Settings) -> Iterator[ArchiveLag]:
    """The collector, for which time stands still."""
    with closing(ArchiveLag(settings, lambda: Broker(settings.kafka), clock=lambda: NOW)) as lag:
        yield lag


def values(lag: ArchiveLag, what: str) -> dict[int, float]:
    """Partition → value of a metric."""
    (family,) = [family for family in lag.collect() if family.name == f"tweetpulse_archive_{what}"]
    return {int(sample.labels["partition"]): sample.value for sample in family.samples}


def send(settings: Settings, counts: dict[int, int]) -> dict[int, list[float]]:
    """Send so many records to each partition; partition → when the broker got each, in seconds of the epoch."""
    with closing(KafkaProducer(bootstrap_servers=settings.kafka.bootstrap_servers)) as producer:
        sent = {
            number: [producer.send(settings.kafka.tweets_topic, b"{}", partition=number) for _ in range(count)]
            for number, count in counts.items()
        }
        return {number: [one.get(30).timestamp / 1000 for one in of] for number, of in sent.items()}

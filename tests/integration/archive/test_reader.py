"""The archive of a real topic: each record once, whatever happens to the reader, the store and the topic."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, KafkaProducer, TopicPartition

from pipeline.archive.columns import RawRecord, as_table
from pipeline.archive.table import ArchiveTable
from pipeline.domain.record import decode
from pipeline.errors import AlreadyRunning
from pipeline.kafka.header_names import RawName
from pipeline.kafka.topics import ensure_topics
from pipeline.privacy.forgotten import Forgotten, ForgottenList, entry
from pipeline.privacy.key import secret_key
from pipeline.settings import Settings
from tests.faults.folders import fill, free, move_back, move_to_disk, read_only
from tests.integration.archive.topic import Seen, archive, publish, rows, tweets, values
from tests.processes import environment, running, until

KILLED_AT = Path(__file__).with_name("killed_at.py")


@pytest.fixture(autouse=True)
def topic(settings: Settings) -> None:
    """The topics of this test."""
    ensure_topics(settings.kafka)


def small(settings: Settings, records: int = 50) -> Settings:
    """With commits of a few records."""
    few = settings.archive.model_copy(update={"batch_records": records})
    return settings.model_copy(update={"archive": few})


def test_every_record_as_it_came(settings: Settings) -> None:
    """Tweets and whatever else somebody wrote, with keys, headers, times and places; once, also when asked again."""
    with closing(KafkaProducer(bootstrap_servers=settings.kafka.bootstrap_servers)) as producer:
        sent = [
            producer.send(settings.kafka.tweets_topic, value, key=key, headers=headers, partition=number % 4)
            for number, (value, key, headers) in enumerate(
                [
                    (tweets(1)[0], b"x:0", []),
                    (b"\xff no json", None, [("a", b"1"), ("a", b"\x00")]),
                    (None, b"gone", []),
                    (b"x" * 300_000, b"large", []),
                    (b"", b"empty", []),
                ]
            )
        ]
        found = [one.get(30) for one in sent]
    seen = archive(settings)
    assert (seen.made_, seen.counts["records"], seen.counts["rejected"]) == (1, 5, 4)
    kept = {(row["partition"], row["offset"]): row for row in rows(settings)}
    assert set(kept) == {(one.partition, one.offset) for one in found}
    ordered = [kept[one.partition, one.offset] for one in found]
    assert [row["value"] for row in ordered] == [tweets(1)[0], b"\xff no json", None, b"x" * 300_000, b""]
    assert [row["key"] for row in ordered] == [b"x:0", None, b"gone", b"large", b"empty"]
    assert [row["event_id"] for row in ordered] == ["x:0", None, None, None, None]
    assert [row["rejection"] for row in ordered] == [None, "not_json", "no_value", "too_large", "not_json"]
    assert ordered[1]["headers"] == [{"name": "a", "value": b"1"}, {"name": "a", "value": b"\x00"}]
    assert [round(row["kafka_time"].timestamp() * 1000) for row in ordered] == [one.timestamp for one in found]
    again = archive(settings)
    assert (again.counts, len(rows(settings, "offset"))) == (Counter(), 5)
    assert {lag.records for lag in again.lag.values()} == {0}


@pytest.mark.parametrize("codec", [None, "gzip"])
def test_a_header_name_that_is_no_text(settings: Settings, codec: str | None) -> None:
    """It ends nothing and holds up nothing: the record is archived with the bytes, and so are those beside it."""
    names = [b"caf\xe9", "caf\u00e9".encode(), b"\xff\xfe", b""]
    options = {"bootstrap_servers": settings.kafka.bootstrap_servers, "compression_type": codec, "linger_ms": 500}
    with closing(KafkaProducer(**options)) as producer:
        for value, headers in (
            (b"before", [("a", b"1")]),
            (b"it", [(RawName.of(name), b"%d" % number) for number, name in enumerate(names)]),
            (b"after", [("b", b"")]),
            (b"again", [(RawName.of(b"\x80"), b"")]),
        ):
            producer.send(settings.kafka.tweets_topic, value, headers=headers, partition=0)
    seen = archive(settings)
    kept = {row["value"]: row for row in rows(settings)}
    assert (seen.counts["records"], seen.waits, len(kept)) == (4, Counter(), 4)
    assert kept[b"it"]["header_names"] == names
    assert [one["name"] for one in kept[b"it"]["headers"]] == ["caf\\xe9", "caf\u00e9", "\\xff\\xfe", ""]
    assert [one["value"] for one in kept[b"it"]["headers"]] == [b"0", b"1", b"2", b"3"]
    assert kept[b"again"]["header_names"] == [b"\x80"]
    assert (kept[b"before"]["header_names"], kept[b"after"]["header_names"]) == (None, None)
    assert kept[b"before"]["headers"] == [{"name": "a", "value": b"1"}]


@pytest.mark.parametrize("point", ["read", "rows", "before-commit", "after-commit"])
def test_killed_at_a_point(settings: Settings, point: str, tmp_path: Path) -> None:
    """Each record is archived once, by the reader that comes after."""
    settings = small(settings)
    publish(settings, tweets(200))
    command = [sys.executable, str(KILLED_AT), point, "2"]
    killed = subprocess.run(command, env=environment(settings), capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert len(rows(settings, "offset")) < 200
    archive(settings)
    assert values(settings) == Counter(tweets(200))


def test_killed_at_random(settings: Settings, tmp_path: Path) -> None:
    """Three times, while records come in and the store is away for a while."""
    settings = small(settings, 100)
    command = ["-m", "pipeline", "archive", "run"]
    for attempt in range(3):
        publish(settings, tweets(1_000, first=attempt * 1_000))
        with running(settings, *command, log=tmp_path / "log"):
            before = len(rows(settings, "offset")) if attempt else 0
            until(partial(_more_than, settings, before), "it archives", 60)
            if attempt == 1:
                with read_only(Path(settings.archive_uri)):
                    publish(settings, tweets(500, first=5_000))
                    until(lambda: b"archive-waits" in (tmp_path / "log").read_bytes(), "it waits", 60)
                until(lambda: _count(settings) == 2_500, "it goes on", 60)
    archive(settings)
    assert values(settings) == Counter([*tweets(3_000), *tweets(500, first=5_000)])


def _more_than(settings: Settings, before: int) -> bool:
    return _count(settings) > before


def _count(settings: Settings) -> int:
    return len(rows(settings, "offset")) if (Path(settings.archive_uri) / "_delta_log").is_dir() else 0


def test_two_readers(settings: Settings) -> None:
    """Of two that write at once, all but one end and say so; nothing is there twice."""
    settings = small(settings, 50)
    publish(settings, tweets(2_000))
    ends: list[str] = []

    def read() -> None:
        try:
            archive(settings)
            ends.append("done")
        except AlreadyRunning:
            ends.append("another")

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    archive(settings)
    assert values(settings) == Counter(tweets(2_000))
    assert "another" in ends


def test_a_reader_of_another_partition(settings: Settings) -> None:
    """Its commit is no conflict with ours, and comes into our memory with our next one: it is noticed all the same."""
    topic, stop, ends = settings.kafka.tweets_topic, threading.Event(), list[BaseException]()

    def read() -> None:
        try:
            archive(settings, once=False, stop=stop)
        except AlreadyRunning as error:
            ends.append(error)

    publish(settings, tweets(1))
    reader = threading.Thread(target=read)
    reader.start()
    try:
        until(lambda: _count(settings) == 1, "the first one", 30)
        (row,) = rows(settings, "topic_id")
        other = ArchiveTable.of(settings)
        there = [(RawRecord(topic, 1, offset, 0, None, b"{}"), decode(b"{}")) for offset in range(2)]
        other.append(as_table(there, row["topic_id"]), row["topic_id"], {}, {1: 2}, "other")
        with closing(KafkaProducer(bootstrap_servers=settings.kafka.bootstrap_servers)) as producer:
            producer.send(topic, b"{}", partition=0).get(30)
            until(lambda: _count(settings) == 4, "ours", 30)
            for _ in range(3):
                producer.send(topic, b"{}", partition=1).get(30)
        until(lambda: not reader.is_alive(), "it ends", 30)
    finally:
        stop.set()
        reader.join()
    places = [(row["partition"], row["offset"]) for row in rows(settings, "partition", "offset")]
    assert sorted(places) == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert len(ends) == 1


def test_a_store_that_is_away(settings: Settings) -> None:
    """It is waited for, by reason; nothing is lost, and nothing is made in its place."""
    publish(settings, tweets(40))
    folder, stop = Path(settings.archive_uri), threading.Event()
    found: list[Seen] = []
    reader = threading.Thread(target=lambda: found.append(archive(settings, once=False, stop=stop)))
    reader.start()
    try:
        until(lambda: _count(settings) == 40, "the first ones", 30)
        elsewhere = folder.rename(folder.with_name("elsewhere"))
        publish(settings, tweets(40, first=40))
        time.sleep(2)
        assert not folder.exists()
        elsewhere.rename(folder)
        until(lambda: _count(settings) == 80, "the others", 60)
    finally:
        stop.set()
        reader.join()
    assert found[0].waits["away"] > 0
    assert values(settings) == Counter(tweets(80))


def test_a_full_disk(settings: Settings) -> None:
    """It is waited for, and what was begun on it is written again."""
    archive(settings)
    folder, stop = Path(settings.archive_uri), threading.Event()
    move_to_disk(folder)
    try:
        fill(folder)
        publish(settings, tweets(40))
        found: list[Seen] = []
        reader = threading.Thread(target=lambda: found.append(archive(settings, once=False, stop=stop)))
        reader.start()
        time.sleep(3)
        free(folder)
        until(lambda: _count(settings) == 40, "it goes on", 60)
        stop.set()
        reader.join()
        assert found[0].waits["full"] > 0
        assert values(settings) == Counter(tweets(40))
    finally:
        stop.set()
        move_back(folder)


def test_larger_commits(settings: Settings) -> None:
    """A commit has as many records as settings say, and as many bytes."""
    publish(settings, tweets(200))
    assert archive(small(settings, 50)).counts["commits"] == 4
    publish(settings, [b"x" * 500_000] * 40)
    bytes_ = settings.archive.model_copy(update={"batch_bytes": 1})
    assert archive(settings.model_copy(update={"archive": bytes_})).counts["commits"] > 1
    publish(settings, tweets(200))
    assert archive(settings).counts["commits"] == 1


def test_a_topic_that_is_made_anew(settings: Settings) -> None:
    """Its records have other ids of the topic; it is read from its beginning, and those of the old one stay."""
    publish(settings, tweets(100))
    archive(settings)
    name = settings.kafka.tweets_topic
    with closing(KafkaAdminClient(bootstrap_servers=settings.kafka.bootstrap_servers)) as admin:
        admin.delete_topics([name])
        until(lambda: name not in admin.list_topics(), "the topic is gone", 30)
    ensure_topics(settings.kafka)
    publish(settings, tweets(40, first=100))
    archive(settings)
    assert values(settings) == Counter(tweets(140))
    assert len({row["topic_id"] for row in rows(settings, "topic_id")}) == 2


def test_what_kafka_deleted_before_it_was_read(settings: Settings) -> None:
    """It is counted, and the rest is archived."""
    publish(settings, tweets(40))
    archive(settings)
    publish(settings, tweets(40, first=40))
    with closing(KafkaAdminClient(bootstrap_servers=settings.kafka.bootstrap_servers)) as admin:
        admin.delete_records({TopicPartition(settings.kafka.tweets_topic, 0): 15})
    seen = archive(settings)
    assert (dict(seen.expired_), seen.counts["records"]) == ({0: 5}, 35)
    assert len(rows(settings, "offset")) == 75


def test_retention_overtakes_a_reader_that_waits(settings: Settings) -> None:
    """Its next question is out of range: what is gone is counted, and the rest is archived once."""
    settings, stop = small(settings, 4), threading.Event()
    publish(settings, tweets(4))
    found: list[Seen] = []
    seen = Seen()
    reader = threading.Thread(target=lambda: found.append(archive(settings, once=False, stop=stop, seen=seen)))
    reader.start()
    try:
        until(lambda: _count(settings) == 4, "the first ones", 30)
        with read_only(Path(settings.archive_uri)):
            publish(settings, tweets(40, first=4))
            until(lambda: seen.waits["denied"], "it waits", 30)
            publish(settings, tweets(40, first=44))
            with closing(KafkaAdminClient(bootstrap_servers=settings.kafka.bootstrap_servers)) as admin:
                partitions = [TopicPartition(settings.kafka.tweets_topic, number) for number in range(4)]
                admin.delete_records(dict.fromkeys(partitions, 16))
        until(lambda: _count(settings) + seen.expired_.total() == 84, "the rest", 60)
    finally:
        stop.set()
        reader.join()
    assert seen.expired_.total() > 0
    assert set(values(settings).values()) == {1}


def test_what_is_forgotten_is_left_out(settings: Settings) -> None:
    """A replay does not bring it into the archive; it is counted."""
    key = secret_key(settings)
    ForgottenList(settings.privacy_folder).add(key, [entry(key, Forgotten.TWEET, "x:3")])
    publish(settings, tweets(8))
    seen = archive(settings)
    assert (seen.counts["records"], seen.counts["forgotten"]) == (7, 1)
    assert {row["event_id"] for row in rows(settings, "event_id")} == {f"x:{n}" for n in range(8) if n != 3}


def test_a_new_partition(settings: Settings) -> None:
    """It is read too, from its beginning, without a restart."""
    stop = threading.Event()
    reader = threading.Thread(target=lambda: archive(settings, once=False, stop=stop))
    publish(settings, tweets(4))
    reader.start()
    try:
        until(lambda: _count(settings) == 4, "the first ones", 30)
        with closing(KafkaAdminClient(bootstrap_servers=settings.kafka.bootstrap_servers)) as admin:
            admin.create_partitions({settings.kafka.tweets_topic: 5})
        with closing(KafkaProducer(bootstrap_servers=settings.kafka.bootstrap_servers)) as producer:
            until(lambda: len(producer.partitions_for(settings.kafka.tweets_topic)) == 5, "it is there", 60)
            producer.send(settings.kafka.tweets_topic, b"{}", partition=4).get(30)
        until(lambda: _count(settings) == 5, "the new one", 30)
    finally:
        stop.set()
        reader.join()


def test_kafka_is_waited_for(settings: Settings) -> None:
    """Nobody listens there: it waits, and ends when it is told to."""
    nowhere = settings.kafka.model_copy(update={"bootstrap_servers": "127.0.0.1:1"})
    stop = threading.Event()
    timer = threading.Timer(1.5, stop.set)
    timer.start()
    seen = archive(settings.model_copy(update={"kafka": nowhere}), stop=stop)
    assert set(seen.waits) == {"kafka"}

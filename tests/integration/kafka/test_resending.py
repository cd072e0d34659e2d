"""Rejected records are sent again on the real broker: what is marked, what is not, and what a kill leaves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import closing

from kafka import KafkaAdminClient, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType

from pipeline.domain.replay import place_in, replay_in
from pipeline.kafka.client import kafka_options
from pipeline.kafka.topics import ensure_topics
from pipeline.settings import Settings
from tests.integration.kafka.letters import marks, reject, replay, resent
from tests.paths import ROOT
from tests.processes import environment
from tests.records import records


def test_each_is_sent_once_and_marked_where_it_lies_now(settings: Settings) -> None:
    """As it came, also without a value; the mark is in its letter's partition, after it. The second run sends none."""
    reject(settings, *((f"tweets-0-{n}", None if n == 7 else b"bytes %d" % n) for n in range(20)))
    assert replay(settings) == (0, f"sent 20 rejected records to the topic {settings.kafka.tweets_topic} again\n")

    found = resent(settings)
    assert {replay_in(one.key).first: one.value for one in found} == {
        f"tweets-0-{n}": None if n == 7 else b"bytes %d" % n for n in range(20)
    }
    assert {tuple(one.headers) for one in found} == {(("attempt", b"1"),)}

    lay = {one.key.decode(): one for one in records(settings.kafka, settings.kafka.rejected_topic) if one.headers}
    where = {(one.topic, one.partition, one.offset, one.timestamp): one.key for one in found}
    for mark in marks(settings):
        place, own = place_in(mark.value.decode()), lay[replay_in(mark.key).first]
        assert place is not None
        assert where.pop((place.topic, place.partition, place.offset, place.time)) == mark.key
        assert (mark.partition, mark.offset > own.offset) == (own.partition, True)
    assert not where

    code, said = replay(settings)
    assert (code, said.splitlines()[0][:6]) == (0, "sent 0")
    assert "left 20: sent again before" in said
    assert len(resent(settings)) == 20


def test_a_reason_marks_those_of_it_alone(settings: Settings) -> None:
    """Never twice with --reason, and the others are sent afterwards."""
    reject(settings, *((f"tweets-0-{n}", b"x") for n in range(3)))
    reject(settings, ("tweets-1-0", b"y"), headers=[("reason", b"bad_id")])
    for expected in (1, 1):
        assert replay(settings, "--reason", "bad_id")[0] == 0
        assert len(resent(settings)) == expected
    replay(settings)
    replay(settings)
    assert sorted(one.value for one in resent(settings)) == [b"x", b"x", b"x", b"y"]
    replay(settings, "--reason", "bad_id", "--again")
    assert [replay_in(one.key).number for one in resent(settings) if one.value == b"y"] == [1, 2]


def test_a_kill_loses_none_and_the_next_run_sends_only_what_is_not_marked(settings: Settings) -> None:
    """Killed with records that Kafka has and that are not marked: these alone come twice."""
    letters = 50
    reject(settings, *((f"tweets-0-{n}", b"%d" % n) for n in range(letters)))
    command = [sys.executable, "-m", "tests.integration.sources.killed_replay", "rejected", "replay"]
    killed = subprocess.run(command, cwd=ROOT, env=environment(settings), capture_output=True, timeout=120, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    first, marked = len(resent(settings)), {one.key for one in marks(settings)}
    assert first > len(marked) == 3

    assert replay(settings)[1].startswith(f"sent {letters - 3} ")
    keys = [one.key for one in resent(settings)]
    assert {one.value for one in resent(settings)} == {b"%d" % n for n in range(letters)}
    assert len(keys) == first + letters - 3
    assert all(keys.count(key) == 1 for key in marked)
    assert {one.key for one in marks(settings)} == set(keys)


def test_what_was_cut_off_is_fetched_from_where_it_lay(settings: Settings) -> None:
    """The whole of it, not the head; where Kafka holds it no more, or another record there, it is left and counted."""
    whole = b'{"id": "' + b"x" * 1_500_000 + b'"'
    partition = _publish(settings, b"before", whole, b"after")
    [record] = [one for one in records(settings.kafka, settings.kafka.tweets_topic) if one.value == whole]
    topic, size = settings.kafka.tweets_topic, [("truncated", str(len(whole)).encode())]
    place = f"{topic}-{partition}-{record.offset}"
    reject(
        settings,
        (f"{place}-{record.timestamp}", whole[:100]),
        (f"{place}-{record.timestamp + 1}", whole[:100]),
        (f"{topic}-{partition}-{record.offset + 1}", whole[:100]),
        (f"{topic}-{partition}-99", whole[:100]),
        (f"{topic}-99-0", whole[:100]),
        ("elsewhere-0-0", whole[:100]),
        headers=size,
    )
    code, said = replay(settings)
    assert (code, said.splitlines()[0][:7]) == (0, "sent 1 ")
    assert "left 5: too large for the topic of rejected records" in said
    assert [one.value == whole for one in resent(settings)] == [True]

    with closing(KafkaAdminClient(**kafka_options(settings.kafka))) as admin:
        admin.delete_records({TopicPartition(topic, partition): record.offset + 1})
    assert "sent 0" in (said := replay(settings, "--again")[1])
    assert "left 6" in said


def test_what_the_topic_takes_no_more_is_left(settings: Settings) -> None:
    """Counted, not marked, and the others are sent."""
    reject(settings, ("tweets-0-0", b"small"), ("tweets-0-1", os.urandom(10_000)), ("tweets-0-2", b"little"))
    _limit(settings, settings.kafka.tweets_topic, 400)
    code, said = replay(settings)
    assert (code, "sent 2 " in said, "left 1: larger than the topic takes" in said) == (0, True, True), said
    assert {one.value for one in resent(settings)} == {b"small", b"little"}
    assert len(marks(settings)) == 2


def test_what_can_not_be_marked_is_not_sent_by_the_thousand(settings: Settings) -> None:
    """The broker refuses the first mark: one record is out, and the command fails in one line."""
    reject(settings, *((f"tweets-0-{n}", b"x") for n in range(200)))
    _limit(settings, settings.kafka.rejected_topic, 10)
    code, said = replay(settings)
    assert (code, len(resent(settings))) == (3, 1)
    assert "Traceback" not in said


def test_none(settings: Settings) -> None:
    """Without a topic of rejected records there is nothing to send."""
    assert replay(settings)[1].startswith("sent 0 rejected records")


def _publish(settings: Settings, *values: bytes) -> int:
    """To one partition; which."""
    ensure_topics(settings.kafka)
    options = kafka_options(settings.kafka) | {"max_request_size": 64_000_000, "compression_type": "gzip"}
    with closing(KafkaProducer(**options)) as producer:
        for value in values:
            producer.send(settings.kafka.tweets_topic, value, partition=1).get(30)
    return 1


def _limit(settings: Settings, topic: str, size: int) -> None:
    with closing(KafkaAdminClient(**kafka_options(settings.kafka))) as admin:
        resource = ConfigResource(ConfigResourceType.TOPIC, topic, {"max.message.bytes": str(size)})
        admin.alter_configs([resource])

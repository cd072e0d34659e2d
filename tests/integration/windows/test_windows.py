"""Windows against the real servers: they equal a recomputation, whatever comes late or twice, or is killed."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from prometheus_client import CollectorRegistry
from pyspark.sql import SparkSession

from pipeline.errors import SetupError
from pipeline.kafka.topics import ensure_topics
from pipeline.settings import Settings
from pipeline.sinks.elasticsearch.client import WAITS, connect
from pipeline.sinks.elasticsearch.setup import set_up
from pipeline.sinks.elasticsearch.window_store import EXPIRED, FULLER, RESULTS
from pipeline.telemetry.windows import WindowsEvents, WindowsMetrics
from pipeline.windows.run import WindowsRun
from tests.paths import ROOT
from tests.processes import environment
from tests.windowed import Said, comparable, publish_raw, publish_scored, recomputed, said, stored

BEGIN = datetime(2026, 3, 1, 22, 0, tzinfo=UTC)
LENGTHS = {"1m": 60, "1h": 3600}
WATERMARK = timedelta(minutes=20)
PHASES, TWEETS, APART = 5, 600, timedelta(minutes=50)


@pytest.fixture
def ready(settings: Settings) -> Settings:
    """Settings of a short watermark, with what set-up makes."""
    windows = settings.windows.model_copy(update={"watermark": "20m", "lengths": dict.fromkeys(LENGTHS, "99y")})
    settings = settings.model_copy(update={"windows": windows})
    ensure_topics(settings.kafka)
    with closing(connect(settings.elasticsearch)) as client:
        set_up(client, settings.elasticsearch)
    return settings


def keep(spark: SparkSession, settings: Settings) -> WindowsEvents:
    """Count what is in Kafka now, and end; the events of the run."""
    events = WindowsEvents(WindowsMetrics(CollectorRegistry(), WAITS, RESULTS))
    with closing(connect(settings.elasticsearch)) as client:
        WindowsRun(spark, settings, client, events, threading.Event()).until_ended(once=True)
    return events


def killed(settings: Settings) -> None:
    """Do the same in a process of its own, which is killed before it has committed."""
    command = [sys.executable, "-m", "tests.integration.windows.killed_before_commit"]
    ended = subprocess.run(command, cwd=ROOT, env=environment(settings), capture_output=True, timeout=300)
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()[-2_000:]


def expire(settings: Settings) -> None:
    """Let Kafka delete all scored tweets that it has, as its retention does."""
    topic = settings.kafka.scored_topic
    with (
        closing(KafkaAdminClient(bootstrap_servers=settings.kafka.bootstrap_servers)) as admin,
        closing(KafkaConsumer(bootstrap_servers=settings.kafka.bootstrap_servers)) as consumer,
    ):
        partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic)]
        admin.delete_records(consumer.end_offsets(partitions))


def phases(choose: random.Random) -> tuple[list[list[Said]], set[str]]:
    """Tweets as they come, in parts, and the ids of those that come too late: 5 % of the last three parts.

    1 % comes twice, within the part or in the next one. All others come at most half a watermark out of order.
    """
    parts: list[list[Said]] = []
    late: set[str] = set()
    for phase in range(PHASES):
        begin = BEGIN + phase * APART
        moments = sorted(choose.uniform(0, APART.total_seconds()) for _ in range(TWEETS))
        part = [said(f"x:{phase}-{n}", _near(begin, moment, choose), choose) for n, moment in enumerate(moments)]
        part += choose.sample(part, TWEETS // 100)
        if phase:
            again = [one for one in parts[-1][-TWEETS // 4 :] if one.id not in late and one.at > begin - WATERMARK / 2]
            part += choose.sample(again, TWEETS // 100)
        if phase >= 2:
            behind = [
                BEGIN + (phase - 2) * APART + choose.random() * timedelta(minutes=20) for _ in range(TWEETS // 20)
            ]
            too_late = [said(f"x:late-{phase}-{n}", at, choose) for n, at in enumerate(behind)]
            late |= {one.id for one in too_late}
            part += too_late
        parts.append(part)
    return parts, late


def _near(begin: datetime, seconds: float, choose: random.Random) -> datetime:
    jitter = choose.uniform(-WATERMARK.total_seconds() / 2, 0)
    return begin + timedelta(milliseconds=round(1000 * max(0.0, seconds + jitter)))


def in_time(parts: Sequence[Sequence[Said]], late: set[str]) -> list[Said]:
    return [one for part in parts for one in part if one.id not in late]


def test_windows_equal_a_recomputation(spark: SparkSession, ready: Settings) -> None:
    """5 % come late, 1 % twice; the query is restarted, and killed between the index and the commit."""
    parts, late = phases(random.Random(11))
    counted = 0
    for number, part in enumerate(parts):
        publish_scored(ready, part)
        if number == 3:
            killed(ready)
            continue
        events = keep(spark, ready)
        counted += events.records["counted"]
        assert events.records["unreadable"] == events.records["ahead"] == events.documents[FULLER] == 0
    # What the killed process had counted is counted by its successor, which repeats its batch.
    assert counted == PHASES * TWEETS
    wanted = comparable(recomputed(in_time(parts, late), LENGTHS, ready.elasticsearch.namespace))
    found = stored(ready)
    assert comparable(found.values()) == wanted
    assert {id_: window["event"]["id"] for id_, window in found.items()} == {id_: id_ for id_ in found}
    # Everything anew, in a single batch: nothing is late in it, and the same windows are the same documents.
    anew = ready.windows.model_copy(update={"checkpoint": Path(f"{ready.windows_checkpoint}-anew")})
    keep(spark, ready.model_copy(update={"windows": anew}))
    everything = [one for part in parts for one in part]
    wanted = comparable(recomputed(everything, LENGTHS, ready.elasticsearch.namespace))
    assert comparable(stored(ready).values()) == wanted


def test_every_record_is_accounted_for(spark: SparkSession, ready: Settings) -> None:
    """What is no tweet, has no time, or has one in the future is counted and makes nothing late."""
    choose = random.Random(3)
    # Kafka's time is the present, so a time in the future is beyond that.
    future = said("x:future", datetime.now(UTC) + timedelta(days=400), choose)
    good = [said(f"x:{number}", BEGIN, choose) for number in range(5)]
    timeless = b'{"event":{"id":"x:9"},"tweet":{}}'
    publish_scored(ready, [future, *good[:3]])
    publish_raw(ready, [(b"x:7", b"no JSON"), (b"x:8", None), (b"x:9", timeless), (b"x:9", b'{"@timestamp":"soon"}')])
    events = keep(spark, ready)
    assert events.records == {"counted": 3, "late": 0, "repeated": 0, "ahead": 1, "unreadable": 4}
    publish_scored(ready, good)
    events = keep(spark, ready)
    assert events.records == {"counted": 2, "late": 0, "repeated": 3, "ahead": 0, "unreadable": 0}
    wanted = comparable(recomputed(good, LENGTHS, ready.elasticsearch.namespace))
    assert comparable(stored(ready).values()) == wanted


def test_a_fuller_state_stays(spark: SparkSession, ready: Settings) -> None:
    """A checkpoint that is lost, and tweets that Kafka no longer has: what is counted anew does not replace more."""
    choose = random.Random(4)
    publish_scored(ready, [said(f"x:{number}", BEGIN, choose) for number in range(6)])
    keep(spark, ready)
    before = stored(ready)
    other = ready.kafka.model_copy(update={"scored_topic": f"{ready.kafka.scored_topic}-other"})
    anew = ready.windows.model_copy(update={"checkpoint": Path(f"{ready.windows_checkpoint}-anew")})
    fewer = ready.model_copy(update={"kafka": other, "windows": anew})
    publish_scored(fewer, [said("x:other", BEGIN, random.Random(4))])
    events = keep(spark, fewer)
    assert events.documents[FULLER] > 0
    assert stored(ready) == before | {id_: one for id_, one in stored(ready).items() if id_ not in before}


def test_old_windows(spark: SparkSession, ready: Settings) -> None:
    """Windows that are older than they are kept are not written, and their index is deleted."""
    publish_scored(ready, [said("x:1", BEGIN, random.Random(5))])
    keep(spark, ready)
    assert {window["window"]["length"] for window in stored(ready).values()} == {"1m", "1h"}
    shorter = ready.windows.model_copy(update={"lengths": {"1m": "1d", "1h": "99y"}})
    publish_scored(ready, [said("x:2", BEGIN, random.Random(5))])
    events = keep(spark, ready.model_copy(update={"windows": shorter}))
    assert events.documents[EXPIRED] > 0
    assert {window["window"]["length"] for window in stored(ready).values()} == {"1h"}


def test_records_that_expired_unread(spark: SparkSession, ready: Settings) -> None:
    """They end the query, which says how to go on without them; and it does."""
    publish_scored(ready, [said("x:1", BEGIN, random.Random(6))])
    keep(spark, ready)
    publish_scored(ready, [said(f"x:{number}", BEGIN, random.Random(number)) for number in range(40)])
    expire(ready)
    publish_scored(ready, [said("x:last", BEGIN, random.Random(6))])
    with pytest.raises(SetupError, match="tweetpulse windows --accept-data-loss"):
        keep(spark, ready)
    accepting = ready.stream.model_copy(update={"accept_data_loss": True})
    events = keep(spark, ready.model_copy(update={"stream": accepting}))
    assert events.records["counted"] == 1


def test_a_longer_watermark(spark: SparkSession, ready: Settings) -> None:
    """After a restart with it, a tweet is counted that would have been late."""
    choose = random.Random(7)
    for number in range(3):
        publish_scored(ready, [said(f"x:{number}", BEGIN + number * timedelta(hours=1), choose)])
        keep(spark, ready)
    publish_scored(ready, [said("x:late", BEGIN, choose)])
    assert keep(spark, ready).records["late"] == 1
    longer = ready.windows.model_copy(update={"watermark": "1d"})
    patient = ready.model_copy(update={"windows": longer})
    # The watermark never goes back: it stays where it is until the newest tweet is a day ahead of it.
    for number in range(2):
        publish_scored(ready, [said(f"x:next-{number}", BEGIN + timedelta(hours=3), choose)])
        keep(spark, patient)
    publish_scored(ready, [said("x:not-late", BEGIN + timedelta(hours=1, minutes=50), choose)])
    assert keep(spark, patient).records == {"counted": 1, "late": 0, "repeated": 0, "ahead": 0, "unreadable": 0}

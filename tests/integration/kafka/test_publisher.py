from contextlib import closing
from threading import Thread

import pytest
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType

from pipeline.domain.record import decode
from pipeline.errors import SetupError
from pipeline.kafka.client import kafka_options
from pipeline.kafka.publisher import MAX_RECORD_BYTES, Publisher
from pipeline.kafka.topics import Topics, ensure_topics
from pipeline.settings import KafkaSettings
from pipeline.sources.source import Unreadable
from tests.processes import until
from tests.records import records
from tests.unit.sources.fakes import FakeClock, tweet


@pytest.fixture
def kafka(settings):
    ensure_topics(settings.kafka)
    return settings.kafka


def config(kafka, topic):
    admin = KafkaAdminClient(**kafka_options(kafka))
    try:
        resource = ConfigResource(ConfigResourceType.TOPIC, topic)
        found = admin.describe_configs([resource], config_filter="all")["topic"][topic]
        partitions = len(admin.describe_topics([topic])[0]["partitions"])
    finally:
        admin.close()
    return partitions, {name: found[name]["value"] for name in ("message.timestamp.type", "retention.ms")}


def test_topics_are_made_once(settings):
    """With their partitions, their retention and the broker's time; the second time there is nothing to do."""
    kafka = settings.kafka.model_copy(update={"partitions": 3, "retention_hours": 5})
    names = (kafka.tweets_topic, kafka.scored_topic, kafka.rejected_topic, kafka.assistance_topic)
    first, second = ensure_topics(kafka), ensure_topics(kafka)
    assert (first.made, first.warnings, second.made, second.warnings) == (names, (), (), ())
    wanted = {"message.timestamp.type": "LogAppendTime", "retention.ms": "18000000"}
    assert [config(kafka, name) for name in names] == [(3, wanted)] * 4


def test_two_processes_may_make_them_at_once(settings):
    """The second process finds the topics there."""

    class Unaware(KafkaAdminClient):  # type: ignore[misc]
        def list_topics(self):
            return []

    made = [ensure_topics(settings.kafka).made, ensure_topics(settings.kafka, admin=Unaware).made]
    kafka = settings.kafka
    assert made == [(kafka.tweets_topic, kafka.scored_topic, kafka.rejected_topic, kafka.assistance_topic), ()]


def test_a_topic_with_the_producers_time_is_warned_of(settings):
    """The topic is not changed, and the message names the command that repairs it."""
    admin = KafkaAdminClient(**kafka_options(settings.kafka))
    admin.create_topics({settings.kafka.tweets_topic: {"num_partitions": 1, "replication_factor": 1}})
    admin.close()
    warnings = ensure_topics(settings.kafka).warnings
    assert warnings[0].startswith(f"the topic {settings.kafka.tweets_topic} keeps the producer's time")
    assert "`tweetpulse setup --alter-topics` changes it" in warnings[0]
    assert config(settings.kafka, settings.kafka.tweets_topic)[1]["message.timestamp.type"] == "CreateTime"


@pytest.mark.parametrize("hours", [5, 400])
def test_another_retention_is_warned_of_and_altered_only_when_asked_for(kafka, hours):
    """Every topic has it then, the second time there is nothing to do, and what others have set of them stays."""
    changed = kafka.model_copy(update={"retention_hours": hours})
    with closing(KafkaAdminClient(**kafka_options(kafka))) as admin:
        segment = {"segment.ms": "3600000"}
        admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, kafka.tweets_topic, segment)])
        warned = ensure_topics(changed)
        assert (len(warned.warnings), warned.altered) == (4, ())
        assert f"keeps records for 168 h, and kafka.retention_hours is {hours}" in warned.warnings[0]
        altered = ensure_topics(changed, alter=True)
        assert (len(altered.altered), altered.warnings) == (4, ())
        until(lambda: ensure_topics(changed) == Topics((), (), ()), "the topics as they should be")
        resource = ConfigResource(ConfigResourceType.TOPIC, kafka.tweets_topic)
        found = admin.describe_configs([resource], config_filter="all")["topic"][kafka.tweets_topic]
    assert (found["segment.ms"]["value"], found["retention.ms"]["value"]) == ("3600000", str(hours * 3_600_000))


def test_what_is_published_is_there(kafka):
    """A tweet under its id, an unreadable row as it came and without a key; the count is what Kafka acknowledged."""
    tweets, bad = [tweet(number) for number in range(1_000)], Unreadable(b"\xff?", "line 3", "not JSON")
    with Publisher(kafka) as publisher:
        done = publisher.publish([*tweets, bad])
    found = records(kafka)
    keyed = {record.key: record.value for record in found if record.key}
    assert (done.tweets, done.unreadable, done.bytes) == (1_000, 1, sum(len(record.value) for record in found))
    assert [decode(keyed[t.id.encode()]) for t in tweets] == tweets
    assert [record.value for record in found if record.key is None] == [b"\xff?"]


def test_a_record_larger_than_the_broker_takes_is_cut(kafka):
    """It becomes a dead letter instead of the end of everything behind it."""
    with Publisher(kafka) as publisher:
        done = publisher.publish([Unreadable(b"x" * 3_000_000, "line 1", "too long"), tweet(1)])
    assert (done.tweets, done.unreadable) == (1, 1)
    assert sorted(len(record.value) for record in records(kafka))[-1] == MAX_RECORD_BYTES


def test_more_than_the_buffer_holds_is_published_whole(kafka, monkeypatch):
    """The source waits for acknowledgements; nothing is dropped and nothing is doubled."""
    monkeypatch.setattr("pipeline.kafka.publisher.MAX_BUFFERED_BYTES", 20_000)
    with Publisher(kafka) as publisher:
        assert publisher.publish([tweet(number) for number in range(3_000)]).tweets == 3_000
    assert len({record.key for record in records(kafka)}) == len(records(kafka)) == 3_000


def test_stopping_keeps_what_was_sent(kafka):
    """Ctrl-C in the middle: all that left the source is acknowledged and counted."""
    taken = []

    def items():
        for number in range(10_000):
            taken.append(number)
            yield tweet(number)

    with Publisher(kafka, clock=FakeClock(stopped=lambda: len(taken) > 700)) as publisher:
        done = publisher.publish(items())
    assert done.tweets == len(records(kafka)) == 700


def test_progress_ends_with_all(kafka):
    """Each call counts what is acknowledged by then."""
    told = []
    with Publisher(kafka) as publisher:
        done = publisher.publish([tweet(number) for number in range(2_000)], progress=told.append)
    counts = [published.tweets for published in told]
    assert counts == sorted(counts)
    assert told[-1] == done
    assert done.tweets == 2_000


def test_a_source_that_fails_leaves_what_it_gave(kafka):
    """Its error is raised, and the tweets that it had yielded are in Kafka."""

    def items():
        yield tweet(1)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), Publisher(kafka) as publisher:
        publisher.publish(items())
    assert [record.key for record in records(kafka)] == [b"x:1"]


def test_publishers_may_share_a_topic(kafka):
    """Two at once, each with its own tweets."""

    def publish(begin):
        with Publisher(kafka) as publisher:
            publisher.publish([tweet(number) for number in range(begin, begin + 500)])

    threads = [Thread(target=publish, args=(begin,)) for begin in (0, 500)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({record.key for record in records(kafka)}) == 1_000


def test_no_broker_is_one_clear_line(monkeypatch):
    """It names the address and what to do."""
    monkeypatch.setattr("pipeline.kafka.client.BOOTSTRAP_TIMEOUT", 0.5)
    with pytest.raises(SetupError, match=r"Kafka at 127.0.0.1:1 does not answer: start it \(`tweetpulse up`"):
        Publisher(KafkaSettings(bootstrap_servers="127.0.0.1:1"))

"""Lag against a real broker."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition

from exporters.stream_lag import StreamLag
from pipeline.errors import SetupError
from pipeline.kafka.broker import Broker
from pipeline.kafka.topics import ensure_topics
from pipeline.settings import Settings
from tests.integration.exporters.checkpoints import write_batch, write_start

NOW = 4_000_000_000.0
"""Seconds of the epoch, after any record of these tests."""

NAMES = {
    "records": "tweetpulse_stream_lag_records",
    "seconds": "tweetpulse_stream_lag_seconds",
    "expired": "tweetpulse_stream_expired_records",
}
Values = dict[tuple[str, int], float]


@pytest.fixture
def producer(settings: Settings) -> Iterator[KafkaProducer]:
    """A producer, with the topics made."""
    ensure_topics(settings.kafka)
    with closing(KafkaProducer(bootstrap_servers=settings.kafka.bootstrap_servers)) as producer:
        yield producer


@pytest.fixture
def lag(settings: Settings) -> Iterator[StreamLag]:
    """A collector of the query `score`, to which it is always the same moment."""
    with closing(collector(settings)) as made:
        yield made


def test_lag_equals_the_brokers_own_count(settings: Settings, producer: KafkaProducer, lag: StreamLag) -> None:
    """Per partition, what the broker ends at minus what is committed; a batch in flight does not count as read."""
    topic = settings.kafka.tweets_topic
    send(producer, topic, {0: 7, 1: 5, 2: 3})
    write_batch(settings.checkpoint, 0, {topic: {0: 2, 1: 2, 2: 2, 3: 0}})
    write_batch(settings.checkpoint, 1, {topic: {0: 4, 1: 5, 2: 2, 3: 0}})
    write_batch(settings.checkpoint, 2, {topic: {0: 7, 1: 5, 2: 3, 3: 0}}, committed=False)
    assert values(lag, "records") == {(topic, 0): 3, (topic, 1): 0, (topic, 2): 1, (topic, 3): 0}
    send(producer, topic, {3: 11, 0: 1})
    ends = broker_ends(settings, topic)
    committed = {0: 4, 1: 5, 2: 2, 3: 0}
    assert values(lag, "records") == {(topic, number): ends[number] - committed[number] for number in range(4)}


def test_lag_in_seconds(settings: Settings, producer: KafkaProducer, lag: StreamLag) -> None:
    """It is the age of the first record that is not committed, by the broker's clock; 0 where all are."""
    topic = settings.kafka.tweets_topic
    times = send(producer, topic, {0: 3, 1: 2})
    write_batch(settings.checkpoint, 0, {topic: {0: 1, 1: 2, 2: 0, 3: 0}})
    assert values(lag, "seconds") == {
        (topic, 0): NOW - times[0][1],
        (topic, 1): 0,
        (topic, 2): 0,
        (topic, 3): 0,
    }


def test_lag_follows_the_checkpoint(settings: Settings, producer: KafkaProducer, lag: StreamLag) -> None:
    """It goes down with each commit, to 0 records and 0 seconds."""
    topic = settings.kafka.tweets_topic
    times = send(producer, topic, {0: 4})
    write_start(settings.checkpoint, {topic: {0: 0, 1: 0, 2: 0, 3: 0}})
    seen = [(values(lag, "records")[topic, 0], values(lag, "seconds")[topic, 0])]
    for number, offset in enumerate((1, 3, 4)):
        write_batch(settings.checkpoint, number, {topic: {0: offset, 1: 0, 2: 0, 3: 0}})
        seen.append((values(lag, "records")[topic, 0], values(lag, "seconds")[topic, 0]))
    ages = [NOW - time for time in times[0]]
    assert seen == [(4, ages[0]), (3, ages[1]), (1, ages[3]), (0, 0)]


def test_records_that_expired_unread(settings: Settings, producer: KafkaProducer, lag: StreamLag) -> None:
    """Records that the broker deleted count as expired and not as lag, until the query has passed them."""
    topic = settings.kafka.tweets_topic
    times = send(producer, topic, {0: 10})
    write_batch(settings.checkpoint, 0, {topic: {0: 2, 1: 0, 2: 0, 3: 0}})
    with closing(KafkaAdminClient(bootstrap_servers=settings.kafka.bootstrap_servers)) as admin:
        admin.delete_records({TopicPartition(topic, 0): 6})
    assert values(lag, "records")[topic, 0] == 4
    assert values(lag, "seconds")[topic, 0] == NOW - times[0][6]
    assert values(lag, "expired")[topic, 0] == 4
    write_batch(settings.checkpoint, 1, {topic: {0: 7, 1: 0, 2: 0, 3: 0}})
    assert (values(lag, "expired")[topic, 0], values(lag, "records")[topic, 0]) == (0, 3)


@pytest.mark.parametrize(("start", "behind"), [("earliest", 3), ("latest", 0)])
def test_a_stream_that_never_ran(settings: Settings, producer: KafkaProducer, start: str, behind: int) -> None:
    """Lag is what it will read: all records, or none."""
    topic = settings.kafka.tweets_topic
    send(producer, topic, {1: 3})
    with closing(collector(settings, from_earliest=start == "earliest")) as lag:
        assert values(lag, "records")[topic, 1] == behind


def test_before_topics_are_made(lag: StreamLag) -> None:
    """There is nothing to be behind of, and that is no fault."""
    assert values(lag, "records") == {}


def test_a_topic_that_is_gone(settings: Settings, producer: KafkaProducer, lag: StreamLag) -> None:
    """A checkpoint of a topic that Kafka does not have is a fault: silence would look like no lag."""
    write_batch(settings.checkpoint, 0, {"gone": {0: 2}})
    with pytest.raises(SetupError, match="the checkpoint is of topic gone, which Kafka does not have"):
        lag.collect()


def test_partitions_that_are_added(settings: Settings, producer: KafkaProducer, lag: StreamLag) -> None:
    """The open connection sees them at once, and their records count from the first."""
    topic = settings.kafka.tweets_topic
    write_batch(settings.checkpoint, 0, {topic: {0: 0, 1: 0, 2: 0, 3: 0}})
    assert len(values(lag, "records")) == 4
    with closing(KafkaAdminClient(bootstrap_servers=settings.kafka.bootstrap_servers)) as admin:
        admin.create_partitions({topic: 6})
    with closing(KafkaProducer(bootstrap_servers=settings.kafka.bootstrap_servers)) as fresh:
        send(fresh, topic, {5: 2})
    assert values(lag, "records") == {(topic, number): (2 if number == 5 else 0) for number in range(6)}


def test_a_query_that_need_not_run(settings: Settings, producer: KafkaProducer) -> None:
    """Without a checkpoint it is not behind; with one it is, by metrics of its own; when it is moved away, no more."""
    topic = settings.kafka.scored_topic
    send(producer, topic, {0: 5})
    folder = settings.windows_checkpoint
    with closing(
        StreamLag(
            {"windows": folder},
            topic=topic,
            from_earliest=True,
            connect=lambda: Broker(settings.kafka),
            name="windows_lag",
            once_run=True,
        )
    ) as lag:
        assert [family.samples for family in lag.collect()] == [[], [], []]
        write_batch(folder, 0, {topic: {0: 2, 1: 0, 2: 0, 3: 0}})
        found = {family.name: family.samples[0] for family in lag.collect()}
        assert found["tweetpulse_windows_lag_records"].value == 3
        assert found["tweetpulse_windows_expired_records"].labels["query"] == "windows"
        folder.rename(folder.with_name("moved-away"))
        assert [family.samples for family in lag.collect()] == [[], [], []]


def collector(settings: Settings, *, from_earliest: bool = True) -> StreamLag:
    """A collector of the query `score`, for which time stands still."""
    return StreamLag(
        {"score": settings.checkpoint},
        topic=settings.kafka.tweets_topic,
        from_earliest=from_earliest,
        connect=lambda: Broker(settings.kafka),
        clock=lambda: NOW,
    )


def values(lag: StreamLag, what: str) -> Values:
    """The collected values of `NAMES`."""
    (family,) = [family for family in lag.collect() if family.name == NAMES[what]]
    return {(sample.labels["topic"], int(sample.labels["partition"])): sample.value for sample in family.samples}


def send(producer: KafkaProducer, topic: str, counts: dict[int, int]) -> dict[int, list[float]]:
    """Send so many records to each partition; partition → when the broker got each, in seconds of the epoch."""
    futures = {number: [producer.send(topic, b"x", partition=number) for _ in range(n)] for number, n in counts.items()}
    return {number: [future.get(timeout=30).timestamp / 1000 for future in sent] for number, sent in futures.items()}


def broker_ends(settings: Settings, topic: str) -> dict[int, int]:
    """The ends of the broker's partitions, asked by another client."""
    with closing(KafkaConsumer(bootstrap_servers=settings.kafka.bootstrap_servers)) as consumer:
        partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic)]
        return {partition.partition: end for partition, end in consumer.end_offsets(partitions).items()}

"""Questions to Kafka, and changes to its topics, as an administrator makes them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType

from pipeline.errors import SetupError
from pipeline.kafka.client import connect
from pipeline.kafka.topics import ensure_topics
from pipeline.settings import KafkaSettings

_PATIENCE = 120.0
_STEP = 0.25


@contextmanager
def admin(settings: KafkaSettings) -> Iterator[Any]:
    """Kafka's administrator."""
    with closing(connect(KafkaAdminClient, settings)) as client:
        yield client


def held(settings: KafkaSettings, topic: str) -> dict[TopicPartition, tuple[int, int]]:
    """Partition → its first offset and the one after its last."""
    with closing(connect(KafkaConsumer, settings, enable_auto_commit=False)) as consumer:
        partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
        first, last = consumer.beginning_offsets(partitions), consumer.end_offsets(partitions)
        return {one: (first[one], last[one]) for one in partitions}


def end(settings: KafkaSettings) -> int:
    """The sum of the ends of the topic of tweets."""
    return sum(last for _, last in held(settings, settings.tweets_topic).values())


def alter(settings: KafkaSettings, topic: str, **options: object) -> None:
    """Set options of a topic; the dots in their names are written as `_`."""
    configs = {name.replace("_", "."): str(value) for name, value in options.items()}
    with admin(settings) as client:
        client.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, configs)])


def delete(settings: KafkaSettings, topic: str) -> None:
    """Delete a topic, and see that it is gone."""
    with admin(settings) as client:
        client.delete_topics([topic])
        deadline = time.monotonic() + _PATIENCE
        while topic in client.list_topics():
            assert time.monotonic() < deadline, f"{topic} is still there"
            time.sleep(_STEP)


def make(settings: KafkaSettings) -> None:
    """Make the topics that are absent, once the broker has done with deleting those of their names."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            ensure_topics(settings)
            return
        except SetupError:
            assert time.monotonic() < deadline
            time.sleep(_STEP)


def add_partitions(settings: KafkaSettings, number: int) -> None:
    """Give the topic of tweets so many partitions in all."""
    with admin(settings) as client:
        client.create_partitions({settings.tweets_topic: number})


def expire(settings: KafkaSettings, before: dict[TopicPartition, int]) -> None:
    """Delete the records before these offsets, as retention does."""
    with admin(settings) as client:
        client.delete_records(before)

"""What topics hold, read to the offset that was their end at the start, however long the broker takes."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from kafka import KafkaConsumer, TopicPartition

from pipeline.kafka.client import connect
from pipeline.kafka.dead_letters import next_records
from pipeline.settings import KafkaSettings


def records(kafka: KafkaSettings, topic: str | None = None) -> list[Any]:
    """All records that a topic holds now, by default that of the tweets; none if there is no such topic yet."""
    topic = topic or kafka.tweets_topic
    with closing(connect(KafkaConsumer, kafka, auto_offset_reset="earliest")) as consumer:
        partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
        consumer.assign(partitions)
        return list(next_records(consumer, consumer.end_offsets(partitions)))


def messages(kafka: KafkaSettings, topic: str) -> dict[bytes, bytes]:
    """Key → value of all that a topic holds now; of a key that came twice the last one."""
    return {record.key: record.value for record in records(kafka, topic)}

"""Readers of the topic of tweets."""

from __future__ import annotations

from contextlib import closing

from kafka import KafkaConsumer, TopicPartition

from pipeline.kafka.client import kafka_options
from pipeline.settings import KafkaSettings


def records(kafka: KafkaSettings) -> list:
    """All records that are there now."""
    with closing(KafkaConsumer(**kafka_options(kafka), auto_offset_reset="earliest")) as consumer:
        numbers = consumer.partitions_for_topic(kafka.tweets_topic) or ()
        partitions = [TopicPartition(kafka.tweets_topic, number) for number in numbers]
        consumer.assign(partitions)
        ends, found = consumer.end_offsets(partitions), []
        while any(consumer.position(partition) < end for partition, end in ends.items()):
            for batch in consumer.poll(timeout_ms=200).values():
                found += batch
        return found

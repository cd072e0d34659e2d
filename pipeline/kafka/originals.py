"""Records fetched once more from where they lay in Kafka, for dead letters that hold only their head."""

from __future__ import annotations

from typing import Any

from kafka import KafkaConsumer, TopicPartition

from pipeline.domain.replay import Place, place_in
from pipeline.kafka.client import connect, kafka_errors
from pipeline.kafka.dead_letters import DeadLetter, next_records
from pipeline.settings import KafkaSettings


class Originals:
    """The whole of what was truncated; connects when it is asked first. To be closed, or used with `closing`."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._connected: Any = None

    def whole(self, letter: DeadLetter) -> bytes | None:
        """A truncated letter's whole value, from where its record lay; None if Kafka has it no more.

        Raises:
            SetupError: the broker does not answer.
            ConfigError: it refuses the credentials or the permission.
        """
        place = place_in(letter.key)
        value = self._value_at(place) if place else None
        # A topic made anew may hold another record there, and an older key does not tell its time.
        if value is None or len(value) != letter.size or not value.startswith(letter.value or b""):
            return None
        return value

    def close(self) -> None:
        """Let go of the connection."""
        if self._connected is not None:
            self._connected.close()

    def _value_at(self, place: Place) -> bytes | None:
        partition = TopicPartition(place.topic, place.partition)
        with kafka_errors(self._settings):
            record = self._record_at(partition, place.offset)
        if record is None or record.offset != place.offset or place.time not in (None, record.timestamp):
            return None
        value: bytes | None = record.value
        return value

    def _record_at(self, partition: TopicPartition, offset: int) -> Any:
        """The record at an offset, or the next one where compaction took that; None where there is neither."""
        consumer = self._consumer()
        if partition.partition not in (consumer.partitions_for_topic(partition.topic) or ()):
            return None
        consumer.assign([partition])
        begin = consumer.beginning_offsets([partition])[partition]
        end = consumer.end_offsets([partition])[partition]
        if not begin <= offset < end:
            return None
        consumer.seek(partition, offset)
        return next(next_records(consumer, {partition: end}, max_records=1), None)

    def _consumer(self) -> Any:
        if self._connected is None:
            options = {"enable_auto_commit": False, "auto_offset_reset": "earliest"}
            self._connected = connect(KafkaConsumer, self._settings, **options)
        return self._connected

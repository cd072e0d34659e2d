"""The dead letters: rejected records as they came, read back from their topic.

The topic is at-least-once, keyed by where the record lay (`topic-partition-offset`): what comes twice is
given once. What has been replayed is remembered as the committed offsets of one consumer group.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from kafka import KafkaConsumer, OffsetAndMetadata, TopicPartition

from pipeline.kafka_client import connect, kafka_errors
from pipeline.settings import KafkaSettings

GROUP = "tweetpulse-rejected-replay"
_POLL_MS = 1_000


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A rejected record: where it lay, why it was rejected, when that was written down, and its bytes."""

    key: str
    reason: str
    error: str
    time: datetime
    value: bytes


class DeadLetters:
    """The dead letters that are there now, oldest first in each partition; to be closed or used with `closing`.

    Args:
        settings: the broker; they are in `settings.rejected_topic`.

    Raises:
        SetupError: the broker does not answer.
        ConfigError: it refuses the credentials.
    """

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._consumer: Any = connect(
            KafkaConsumer, settings, group_id=GROUP, enable_auto_commit=False, auto_offset_reset="earliest"
        )
        with kafka_errors(settings):
            numbers = self._consumer.partitions_for_topic(settings.rejected_topic) or ()
            self._partitions = [TopicPartition(settings.rejected_topic, number) for number in sorted(numbers)]
            self._consumer.assign(self._partitions)
            self._ends = self._consumer.end_offsets(self._partitions) if self._partitions else {}

    def read(self, *, replayed: bool) -> Iterator[DeadLetter]:
        """Each dead letter once; with `replayed` also those that were replayed before."""
        seen: set[str] = set()
        with kafka_errors(self._settings):
            for partition in self._partitions:
                committed = None if replayed else self._consumer.committed(partition)
                self._consumer.seek(partition, committed or self._consumer.beginning_offsets([partition])[partition])
            while any(self._consumer.position(partition) < end for partition, end in self._ends.items()):
                for records in self._consumer.poll(_POLL_MS).values():
                    for letter in map(_letter, records):
                        if letter.key not in seen:
                            seen.add(letter.key)
                            yield letter

    def mark_replayed(self) -> None:
        """Remember that all that was there is replayed."""
        with kafka_errors(self._settings):
            self._consumer.commit(
                {partition: OffsetAndMetadata(end, "", None) for partition, end in self._ends.items()}
            )

    def close(self) -> None:
        """Let go of the connection."""
        self._consumer.close()


def open_dead_letters(settings: KafkaSettings) -> closing[DeadLetters]:
    """The dead letters, closed at the end of a `with`."""
    return closing(DeadLetters(settings))


def _letter(record: Any) -> DeadLetter:
    headers = {name: value.decode("utf-8", "replace") for name, value in record.headers or ()}
    return DeadLetter(
        key=(record.key or b"").decode("utf-8", "replace"),
        reason=headers.get("reason", "unknown"),
        error=headers.get("error", ""),
        time=datetime.fromtimestamp(record.timestamp / 1000, UTC),
        value=record.value or b"",
    )

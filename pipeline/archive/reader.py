"""Reads the topic of tweets from given positions, in batches of limited size, and leaves no trace in Kafka."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.errors import KafkaError, UnsupportedCodecError

from pipeline.archive.columns import RawRecord
from pipeline.archive.faults import KAFKA
from pipeline.errors import ConfigError, SetupError, SinkUnavailable
from pipeline.kafka.client import as_pipeline_error, connect
from pipeline.settings import ArchiveSettings, KafkaSettings

TIMEOUT_MS = 5_000
POLL_MS = 250
POLL_RECORDS = 500

_OPTIONS: dict[str, Any] = {
    # No group: the archive's log has the positions, and a user needs no privilege for a group.
    "enable_auto_commit": False,
    # Where retention has overtaken it, that is to be counted, and not passed over.
    "auto_offset_reset": "none",
    "isolation_level": "read_committed",
    "allow_auto_create_topics": False,
    "fetch_max_bytes": 16 * 1024**2,
    # The broker has verified it, and in plain Python it takes longer than all else.
    "check_crcs": False,
    "metrics_enabled": False,
}
_TIMEOUTS = {"bootstrap_timeout_ms": TIMEOUT_MS, "request_timeout_ms": TIMEOUT_MS}


@dataclass(slots=True)
class Batch:
    """Records that are archived together.

    Attributes:
        records: in the order of their partitions.
        before: the positions at its start.
        after: those behind it, of the partitions that moved.
        size: bytes of keys and values.
    """

    records: list[RawRecord] = field(default_factory=list)
    before: Mapping[int, int] = field(default_factory=dict)
    after: dict[int, int] = field(default_factory=dict)
    size: int = 0


class TopicReader:
    """A connection to the topic.

    Args:
        kafka: the broker.
        limits: of a batch.
        clock: seconds that never go back.

    Raises:
        SinkUnavailable: Kafka does not answer.
        ConfigError: it refuses the credentials or the permission.
    """

    def __init__(
        self, kafka: KafkaSettings, limits: ArchiveSettings, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings, self._limits, self._clock = kafka, limits, clock
        self._topic = kafka.tweets_topic
        with answering(kafka):
            self._consumer: Any = connect(KafkaConsumer, kafka, **_OPTIONS, bootstrap_timeout_ms=TIMEOUT_MS)
        try:
            with answering(kafka):
                self._admin: Any = connect(KafkaAdminClient, kafka, **_TIMEOUTS)
        except BaseException:
            self._consumer.close()
            raise

    def topic_id(self) -> str:
        """The topic's id: a topic that is deleted and made anew has another.

        Raises:
            SinkUnavailable: Kafka does not answer, or has no such topic now.
            ConfigError: it refuses the permission.
        """
        with answering(self._settings):
            found = self._admin.describe_topics([self._topic])[0]
        if found["error_code"]:
            raise SinkUnavailable(f"Kafka has no topic {self._topic} now", reason=KAFKA)
        return str(found["topic_id"])

    def held(self) -> dict[int, tuple[int, int]]:
        """The beginning and the end of each partition.

        Raises:
            SinkUnavailable: Kafka does not answer.
        """
        with answering(self._settings):
            # Asked anew, since partitions may be added.
            self._consumer.topics()
            partitions = [
                TopicPartition(self._topic, n) for n in self._consumer.partitions_for_topic(self._topic) or ()
            ]
            beginnings = self._consumer.beginning_offsets(partitions)
            ends = self._consumer.end_offsets(partitions)
        return {one.partition: (beginnings[one], ends[one]) for one in partitions}

    def seek(self, positions: Mapping[int, int]) -> None:
        """Read on at these positions, and no other partitions."""
        self._consumer.assign([TopicPartition(self._topic, number) for number in positions])
        for number, offset in positions.items():
            self._consumer.seek(TopicPartition(self._topic, number), offset)

    def read(self, before: Mapping[int, int], stopped: Callable[[], bool], seconds: float) -> Batch:
        """A batch: until it is full, the time is over, or it is stopped.

        Raises:
            SinkUnavailable: Kafka does not answer.
            SetupError: records are compressed in a way that nothing here can read.
        """
        batch, until = Batch(before=before), self._clock() + seconds
        while not stopped() and self._clock() < until and not self._is_full(batch):
            room = min(POLL_RECORDS, self._limits.batch_records - len(batch.records))
            with answering(self._settings):
                polled = self._consumer.poll(timeout_ms=POLL_MS, max_records=room)
            for records in polled.values():
                _take(batch, records)
        with answering(self._settings):
            at = {number: self._consumer.position(TopicPartition(self._topic, number)) for number in before}
        # By position, since markers of transactions and what compaction has removed are never returned by a poll.
        batch.after = {number: offset for number, offset in at.items() if offset != before[number]}
        return batch

    def close(self) -> None:
        """Let go of the connections."""
        for client in (self._consumer, self._admin):
            with suppress(KafkaError, OSError):
                client.close()

    def _is_full(self, batch: Batch) -> bool:
        return len(batch.records) >= self._limits.batch_records or batch.size >= self._limits.batch_bytes


@contextmanager
def answering(settings: KafkaSettings) -> Iterator[None]:
    """Turn kafka-python's errors into those that a reader waits for, or not.

    Raises:
        SinkUnavailable: Kafka does not answer, or refuses for a reason of its own.
        ConfigError: it refuses the credentials or the permission.
        SetupError: a codec is missing.
    """
    try:
        yield
    except ConfigError:
        raise
    except (UnsupportedCodecError, NotImplementedError) as error:
        raise SetupError(
            f"the topic {settings.tweets_topic} has records that are compressed in a way that is not installed: "
            "run `pip install 'tweetpulse[archive]'`"
        ) from error
    except SetupError as error:
        raise SinkUnavailable(error.message, reason=KAFKA) from error
    except KafkaError as error:
        told = as_pipeline_error(error, settings)
        if isinstance(told, ConfigError):
            raise told from error
        raise SinkUnavailable(told.message, reason=KAFKA) from error


def _take(batch: Batch, records: list[Any]) -> None:
    for one in records:
        headers = tuple((name, value) for name, value in one.headers or ())
        raw = RawRecord(one.topic, one.partition, one.offset, one.timestamp, one.key, one.value, headers)
        batch.records.append(raw)
        batch.size += raw.size

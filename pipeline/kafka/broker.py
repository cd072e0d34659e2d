"""Reads offsets and times of topics from the broker."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition

from pipeline.domain.progress import Partition
from pipeline.kafka.client import connect, kafka_errors
from pipeline.settings import KafkaSettings

TIMEOUT = 2.0
"""Seconds that a request may take."""

POLL = 0.25
"""Seconds to wait for a record at a time."""

_OPTIONS: dict[str, Any] = {
    "request_timeout_ms": int(TIMEOUT * 1000),
    "bootstrap_timeout_ms": int(TIMEOUT * 1000),
    "reconnect_backoff_max_ms": 500,
    "fetch_max_wait_ms": 20,
    # One record of each partition is enough. The broker sends a first record that is larger, too.
    "max_partition_fetch_bytes": 65_536,
    "allow_auto_create_topics": False,
    "enable_auto_commit": False,
    "auto_offset_reset": "earliest",
    # Of a record only its time is looked at, and the checksum is plain Python.
    "check_crcs": False,
    "metrics_enabled": False,
}


class Broker:
    """A connection that looks at topics and leaves no trace: it has no group and commits nothing.

    Args:
        settings: the broker.
        clock: seconds that never go back.

    Raises:
        SetupError: the broker does not answer.
        ConfigError: it refuses the credentials.
    """

    def __init__(self, settings: KafkaSettings, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._consumer: Any = connect(KafkaConsumer, settings, **_OPTIONS)
        self._admin: Any = None

    @property
    def version(self) -> tuple[int, ...]:
        """The newest version whose requests the broker understands, such as (4, 1)."""
        found: tuple[int, ...] = self._consumer.config["api_version"]
        return found

    def held(self, topics: Iterable[str]) -> dict[Partition, tuple[int, int]]:
        """The beginning and the end of every partition; a topic that is not there has none.

        Raises:
            SetupError: the broker does not answer.
            ConfigError: it does not let this user look at a topic.
        """
        with kafka_errors(self._settings):
            there = self._consumer.topics()
            names = [topic for topic in sorted(set(topics)) if topic in there]
            partitions = [
                TopicPartition(topic, number)
                for topic in names
                for number in self._consumer.partitions_for_topic(topic)
            ]
            if not partitions:
                return {}
            beginnings = self._consumer.beginning_offsets(partitions)
            ends = self._consumer.end_offsets(partitions)
        return {tuple(partition): (beginnings[partition], ends[partition]) for partition in partitions}

    def topic_ids(self, topics: Collection[str]) -> dict[str, str]:
        """Topic → its id, which a topic of the same name that is made anew does not have; those that are there.

        Raises:
            SetupError: the broker does not answer.
            ConfigError: it does not let this user look at a topic.
        """
        if not topics:
            return {}
        with kafka_errors(self._settings):
            if self._admin is None:
                timeouts = {name: value for name, value in _OPTIONS.items() if name.endswith("timeout_ms")}
                self._admin = connect(KafkaAdminClient, self._settings, **timeouts)
            found = self._admin.describe_topics(list(topics))
        return {topic["name"]: str(topic["topic_id"]) for topic in found if not topic["error_code"]}

    def appended(self, offsets: Mapping[Partition, int], timeout: float = 1.0) -> dict[Partition, float]:
        """The broker's times of the records at some offsets, in seconds of the epoch.

        A partition whose record does not come in time is left out.

        Args:
            offsets: of each partition, an offset below its end.
            timeout: seconds for all of them together.

        Raises:
            SetupError: the broker does not answer.
            ConfigError: it does not let this user read a topic.
        """
        wanted = {TopicPartition(*partition): offset for partition, offset in offsets.items()}
        with kafka_errors(self._settings):
            self._seek(wanted)
            try:
                return self._first(set(wanted), self._clock() + timeout)
            finally:
                self._consumer.unsubscribe()

    def close(self) -> None:
        """Let go of the connection."""
        self._consumer.close()
        if self._admin is not None:
            self._admin.close()

    def _seek(self, wanted: Mapping[TopicPartition, int]) -> None:
        self._consumer.assign(list(wanted))
        for partition, offset in wanted.items():
            self._consumer.seek(partition, offset)

    def _first(self, left: set[TopicPartition], until: float) -> dict[Partition, float]:
        times: dict[Partition, float] = {}
        while left and self._clock() < until:
            for partition, records in self._consumer.poll(timeout_ms=int(POLL * 1000), max_records=1).items():
                times[tuple(partition)] = records[0].timestamp / 1000
                # A partition that was only paused would be parked with its records, and be slow to come back.
                left.discard(partition)
                self._consumer.assign(list(left))
        return times

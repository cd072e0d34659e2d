"""Kafka's copies of the forgotten: the retention of each topic, and tombstones for compacted ones."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import ConfigResource, ConfigResourceType

from pipeline.kafka.client import connect, kafka_errors
from pipeline.settings import KafkaSettings

_FLUSH_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic, and what becomes of the records that are in it now.

    Attributes:
        name: of the topic.
        until: when the last of them is gone; None where it is not known, or where they stay.
        why: in words.
        compacted: whether a tombstone takes a record's older ones away.
    """

    name: str
    until: datetime | None
    why: str
    compacted: bool = False


def topics_of(settings: KafkaSettings) -> tuple[str, ...]:
    """The topics that hold tweets."""
    return (settings.tweets_topic, settings.scored_topic, settings.assistance_topic, settings.rejected_topic)


def look(settings: KafkaSettings, now: datetime) -> list[Topic]:
    """The fate of the records of each existing topic.

    Raises:
        SetupError: the broker does not answer.
        ConfigError: it refuses the credentials.
    """
    with kafka_errors(settings), closing(connect(KafkaAdminClient, settings)) as client:
        there = set(client.list_topics())
        names = [name for name in topics_of(settings) if name in there]
        resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
        found = client.describe_configs(resources, config_filter="all")["topic"] if names else {}
    return [topic_of(name, _values(found.get(name, {})), now) for name in names]


def topic_of(name: str, configs: Mapping[str, str], now: datetime) -> Topic:
    """From a topic's configuration: a record goes with its segment, closed after `segment.ms` at the latest."""
    compacted = "compact" in configs.get("cleanup.policy", "")
    retention, segment = configs.get("retention.ms"), configs.get("segment.ms")
    if compacted and "delete" not in configs["cleanup.policy"]:
        return Topic(name, None, "compacted: a tombstone takes it away when Kafka compacts", compacted)
    if retention is None or segment is None:
        return Topic(name, None, "its retention can't be asked: this user may not describe the topic", compacted)
    if int(retention) < 0:
        return Topic(name, None, "kept without end: its retention.ms is -1", compacted)
    kept = timedelta(milliseconds=int(retention) + int(segment))
    try:
        until = now + kept
    except OverflowError:
        return Topic(name, None, "kept for more than a lifetime, by its retention.ms", compacted)
    return Topic(name, until, f"retention.ms {retention} and segment.ms {segment}", compacted)


def bury(settings: KafkaSettings, topic: str, keys: Collection[str]) -> int:
    """Write a tombstone for each key, and wait until Kafka has them.

    Raises:
        SetupError: the broker does not take them.
        ConfigError: it refuses the credentials or the permission.
    """
    with kafka_errors(settings), closing(connect(KafkaProducer, settings, acks="all")) as producer:
        sent: list[Any] = [producer.send(topic, key=key.encode("utf-8", "replace"), value=None) for key in keys]
        producer.flush(_FLUSH_SECONDS)
        # `flush` says nothing of records that the broker has refused.
        for future in sent:
            future.get(_FLUSH_SECONDS)
    return len(sent)


def utc_now() -> datetime:
    """Now."""
    return datetime.now(UTC)


def _values(configs: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(config["value"]) for name, config in configs.items() if config.get("value") is not None}

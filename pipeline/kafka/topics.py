"""The topics: made where they are absent, looked at where they are there."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import TopicAlreadyExistsError

from pipeline.kafka.client import connect, kafka_errors
from pipeline.settings import KafkaSettings

TIMESTAMP_TYPE = "message.timestamp.type"
LOG_APPEND_TIME = "LogAppendTime"


@dataclass(frozen=True, slots=True)
class Topics:
    """What `ensure_topics` found: the names it made, and a line for each topic that is not as it should be."""

    made: tuple[str, ...]
    warnings: tuple[str, ...]


def ensure_topics(settings: KafkaSettings, *, admin: Callable[..., Any] = KafkaAdminClient) -> Topics:
    """Make the topics that are absent. Safe to repeat, and for two processes at once.

    A topic that is there is never altered: it may have other users. One that keeps the producer's time is
    only warned of, since the stream works on it; lag in seconds and retention would go by the tweets' own years.

    Raises:
        SetupError: the broker does not answer.
        ConfigError: it refuses the credentials, or does not let this user make topics.
    """
    names = (settings.tweets_topic, settings.scored_topic, settings.rejected_topic, settings.assistance_topic)
    with kafka_errors(settings), closing(connect(admin, settings)) as client:
        there = set(client.list_topics())
        made = tuple(name for name in names if name not in there and _make(client, name, settings))
        return Topics(made, _warnings(client, [name for name in names if name not in made]))


def topic_options(settings: KafkaSettings) -> dict[str, Any]:
    """How our topics are made: partitions, replicas, retention, and the time at which Kafka got a record."""
    return {
        "num_partitions": settings.partitions,
        "replication_factor": settings.replication_factor,
        "configs": {TIMESTAMP_TYPE: LOG_APPEND_TIME, "retention.ms": str(settings.retention_hours * 3_600_000)},
    }


def _make(client: Any, name: str, settings: KafkaSettings) -> bool:
    try:
        client.create_topics({name: topic_options(settings)}, wait_for_metadata=True)
    except TopicAlreadyExistsError:
        return False
    return True


def _warnings(client: Any, names: list[str]) -> tuple[str, ...]:
    if not names:
        return ()
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    found = client.describe_configs(resources, config_filter="all")["topic"]
    # A user who may not describe a topic gets no values for it: nothing is known, nothing is said.
    types = {name: found.get(name, {}).get(TIMESTAMP_TYPE, {}).get("value", LOG_APPEND_TIME) for name in names}
    return tuple(_warning(name, type_) for name, type_ in types.items() if type_ != LOG_APPEND_TIME)


def _warning(name: str, type_: str) -> str:
    return (
        f"topic {name} has {TIMESTAMP_TYPE}={type_}, so lag and retention go by the producer's clock; to mend it: "
        f"kafka-configs.sh --alter --entity-type topics --entity-name {name} "
        f"--add-config {TIMESTAMP_TYPE}={LOG_APPEND_TIME}"
    )

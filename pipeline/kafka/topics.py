"""The topics: made where they are absent, looked at where they are there, altered where that is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import TopicAlreadyExistsError

from pipeline.errors import ConfigError
from pipeline.kafka.client import connect, kafka_errors
from pipeline.settings import KafkaSettings

TIMESTAMP_TYPE = "message.timestamp.type"
LOG_APPEND_TIME = "LogAppendTime"
RETENTION = "retention.ms"
ALTER = "tweetpulse setup --alter-topics"
"""The command that gives the topics that are there the settings of new ones."""

_HOUR = 3_600_000


@dataclass(frozen=True, slots=True)
class Topics:
    """What `ensure_topics` did: the names it made, a line for each change of a topic, and one for each that is left."""

    made: tuple[str, ...]
    altered: tuple[str, ...]
    warnings: tuple[str, ...]


def ensure_topics(
    settings: KafkaSettings,
    names: Sequence[str] | None = None,
    *,
    alter: bool = False,
    admin: Callable[..., Any] = KafkaAdminClient,
) -> Topics:
    """Make the topics that are absent: all of ours, or those named. Safe to repeat, and for two processes at once.

    A topic that is there is altered only if `alter` says so, since it may have other users: its retention, and that it
    keeps the time at which Kafka got a record. Else it is only warned of what differs.

    Raises:
        SetupError: the broker does not answer.
        ConfigError: it refuses the credentials, or does not let this user make or alter topics.
    """
    names = names or (settings.tweets_topic, settings.scored_topic, settings.rejected_topic, settings.assistance_topic)
    with kafka_errors(settings), closing(connect(admin, settings)) as client:
        there = set(client.list_topics())
        made = tuple(name for name in names if name not in there and _make(client, name, settings))
        found = _differing(client, [name for name in names if name not in made], settings)
        if alter:
            _alter(client, found, settings)
    lines = tuple(line for told in found.values() for line in told.values())
    if alter:
        return Topics(made, tuple(f"altered it: {line}" for line in lines), ())
    return Topics(made, (), tuple(f"{line}; `{ALTER}` changes it" for line in lines))


def topic_configs(settings: KafkaSettings) -> dict[str, str]:
    """What our topics are configured with: the time at which Kafka got a record, and how long it is kept."""
    return {TIMESTAMP_TYPE: LOG_APPEND_TIME, RETENTION: str(settings.retention_hours * _HOUR)}


def topic_options(settings: KafkaSettings) -> dict[str, Any]:
    """How our topics are made: partitions, replicas and configuration."""
    return {
        "num_partitions": settings.partitions,
        "replication_factor": settings.replication_factor,
        "configs": topic_configs(settings),
    }


def differing(name: str, configs: Mapping[str, str], settings: KafkaSettings) -> dict[str, str]:
    """Which of our configs a topic has not: config → a line that says so.

    Of one that this user may not see nothing is known, so nothing is said.
    """
    wrong = {key for key, wanted in topic_configs(settings).items() if configs.get(key, wanted) != wanted}
    told = {}
    if TIMESTAMP_TYPE in wrong:
        told[TIMESTAMP_TYPE] = f"the topic {name} keeps the producer's time, so lag and retention go by its clock"
    if RETENTION in wrong:
        kept = int(configs[RETENTION])
        hours = "without end" if kept < 0 else f"for {kept / _HOUR:,.6g} h"
        told[RETENTION] = (
            f"the topic {name} keeps records {hours}, and kafka.retention_hours is {settings.retention_hours}"
        )
    return told


def _make(client: Any, name: str, settings: KafkaSettings) -> bool:
    try:
        client.create_topics({name: topic_options(settings)}, wait_for_metadata=True)
    except TopicAlreadyExistsError:
        # Another process has made it since the topics were listed.
        return False
    return True


def _differing(client: Any, names: list[str], settings: KafkaSettings) -> dict[str, dict[str, str]]:
    if not names:
        return {}
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    # By default the client leaves out what a topic has from the broker, which applies to it all the same.
    found = client.describe_configs(resources, config_filter="all")["topic"]
    values = {name: {key: one["value"] for key, one in found.get(name, {}).items()} for name in names}
    return {name: told for name in names if (told := differing(name, values[name], settings))}


def _alter(client: Any, found: Mapping[str, Mapping[str, str]], settings: KafkaSettings) -> None:
    wanted = topic_configs(settings)
    resources = [
        ConfigResource(ConfigResourceType.TOPIC, name, {key: wanted[key] for key in told})
        for name, told in found.items()
    ]
    if not resources:
        return
    answers = client.alter_configs(resources, raise_on_unknown=False)["topic"]
    # The client does not raise here: a refusal is only in its answer.
    refused = next((f"{name} ({answer})" for name, answer in answers.items() if answer != "OK"), None)
    if refused:
        raise ConfigError(
            f"Kafka at {settings.bootstrap_servers} does not let this user alter the topic {refused}: "
            "grant ALTER_CONFIGS on it"
        )

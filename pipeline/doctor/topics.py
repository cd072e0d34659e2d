"""Kafka: the broker, the topics, its clock."""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType

from pipeline.doctor.clock import judge_newest
from pipeline.doctor.finding import Finding, fault, ok, warning
from pipeline.domain.document import escaped
from pipeline.domain.progress import TOPICS_FILE, parse_topic_ids
from pipeline.errors import SetupError
from pipeline.kafka.broker import Broker
from pipeline.kafka.client import connect, kafka_errors
from pipeline.kafka.publisher import MAX_RECORD_BYTES
from pipeline.kafka.topics import ALTER, differing
from pipeline.settings import KafkaSettings

OLDEST = (2, 8)
"""Older brokers give topics no ids."""

_TIMEOUT = 3.0
_FRAME = 588
"""Bytes that Kafka puts around a record, at most."""
_BROKERS_DEFAULT = 1_048_588
"""Of `max.message.bytes`."""

_UNKNOWN, _DENIED = 3, 29


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as the broker describes it.

    Attributes:
        name: of the topic.
        operations: what the stream does with it (`READ`, `WRITE`).
        error: Kafka's error code; 0 where it is there and may be looked at.
        id: Kafka's own, which a topic that is created again does not keep.
        partitions: how many.
        configs: name → value; empty where this user may not see them.
        allowed: what this user may do.
    """

    name: str
    operations: tuple[str, ...]
    error: int = 0
    id: str = ""
    partitions: int = 0
    configs: Mapping[str, str] = field(default_factory=dict)
    allowed: tuple[str, ...] = ()


def broker(settings: KafkaSettings) -> list[Finding]:
    """Check that it answers, and that its version is supported.

    Raises:
        SetupError: it does not answer.
        ConfigError: it refuses the credentials.
    """
    with closing(Broker(settings)) as found:
        return [judge_version(settings.bootstrap_servers, found.version)]


def judge_version(servers: str, version: tuple[int, ...]) -> Finding:
    """By the newest version that it speaks."""
    told = f"Kafka at {servers} answers; it is of version {'.'.join(map(str, version))} or newer"
    if version >= OLDEST:
        return ok("kafka", told)
    needed = ".".join(map(str, OLDEST))
    return warning(
        "kafka", f"{told}, and older than {needed}: a topic created again is not noticed", f"update it to {needed}"
    )


def clock(subject: str, settings: KafkaSettings) -> list[Finding]:
    """The time of the newest record, which is the broker's.

    Raises:
        SetupError: the broker does not answer.
        ConfigError: it does not let this user read the topic.
    """
    topic = settings.tweets_topic
    with closing(Broker(settings)) as found:
        held = found.held([topic])
        newest = {partition: end - 1 for partition, (beginning, end) in held.items() if end > beginning}
        appended = found.appended(newest, timeout=2.0).values() if newest else ()
    return [judge_newest(subject, topic, max(appended, default=None), time.time())]


def topics(settings: KafkaSettings, checkpoint: Path) -> list[Finding]:
    """All topics: there, as set-up makes them, open to this user, and the same as when the stream began.

    Raises:
        SetupError: the broker does not answer.
        ConfigError: it refuses the credentials.
    """
    known = kept_ids(checkpoint)
    return [finding for topic in _described(settings) for finding in judge_topic(topic, settings, known, checkpoint)]


def judge_topic(topic: Topic, settings: KafkaSettings, known: Mapping[str, str], checkpoint: Path) -> list[Finding]:
    """Every fault of a topic; that it is well, where it has none."""
    name = topic.name
    if topic.error == _UNKNOWN:
        return [fault("topics", f"{name} is not there", "tweetpulse setup")]
    if topic.error == _DENIED:
        user = settings.username or "this user"
        return [fault("topics", f"{user} may not look at {name}", _grant(topic, settings, ("DESCRIBE",)))]
    if topic.error:
        return [fault("topics", f"Kafka can't describe {name} (error {topic.error})", "look at the broker's log")]
    told = [*_judge_id(topic, known, checkpoint), *_judge_rights(topic, settings), *_judge_configs(topic, settings)]
    if topic.partitions < settings.partitions:
        what = f"{name} has {topic.partitions} partitions, and kafka.partitions is {settings.partitions}"
        told.append(warning("topics", what, f"set TWEETPULSE_KAFKA__PARTITIONS={topic.partitions}, or add partitions"))
    return told or [ok("topics", f"{name} is there, with {topic.partitions} partitions")]


def kept_ids(checkpoint: Path) -> Mapping[str, str]:
    """Topic → its id when the stream began to read it; empty where nothing is kept, or not to be read."""
    try:
        return parse_topic_ids((checkpoint / TOPICS_FILE).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, SetupError):
        return {}


def _judge_id(topic: Topic, known: Mapping[str, str], checkpoint: Path) -> Iterable[Finding]:
    if topic.id and known.get(topic.name, topic.id) != topic.id:
        what = f"{topic.name} was created again since the checkpoint {checkpoint} was begun: records would be missed"
        old, new = shlex.quote(str(checkpoint)), shlex.quote(f"{checkpoint}.old")
        yield fault("topics", what, f"mv {old} {new}, then start the stream: it reads all of the topic")


def _judge_rights(topic: Topic, settings: KafkaSettings) -> Iterable[Finding]:
    missing = tuple(operation for operation in topic.operations if operation not in topic.allowed)
    # A broker without access control names no rights, and refuses nothing.
    if topic.allowed and missing:
        user = settings.username or "this user"
        yield fault("topics", f"{user} may not {', '.join(missing)} {topic.name}", _grant(topic, settings, missing))


def _judge_configs(topic: Topic, settings: KafkaSettings) -> Iterable[Finding]:
    configs = topic.configs
    for what in differing(topic.name, configs, settings).values():
        yield warning("topics", what, ALTER)
    largest = int(configs.get("max.message.bytes", _BROKERS_DEFAULT))
    if largest < MAX_RECORD_BYTES + _FRAME:
        what = f"{topic.name} takes records of {largest:,} bytes, and ours may have {MAX_RECORD_BYTES:,}"
        yield fault("topics", what, _alter(topic, settings, "max.message.bytes", str(_BROKERS_DEFAULT)))
    if "compact" in configs.get("cleanup.policy", "delete"):
        what = f"{topic.name} is compacted, so Kafka deletes records by their key"
        yield warning("topics", what, _alter(topic, settings, "cleanup.policy", "delete"))


def _described(settings: KafkaSettings) -> list[Topic]:
    wanted = {
        settings.tweets_topic: ("READ",),
        settings.scored_topic: ("WRITE",),
        settings.rejected_topic: ("WRITE",),
        settings.assistance_topic: ("WRITE",),
    }
    milliseconds = int(_TIMEOUT * 1000)
    options = {"request_timeout_ms": milliseconds, "bootstrap_timeout_ms": milliseconds}
    with kafka_errors(settings), closing(connect(KafkaAdminClient, settings, **options)) as admin:
        described = admin.describe_topics(list(wanted))
        there = [found["name"] for found in described if found["error_code"] == 0]
        resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in there]
        configs = admin.describe_configs(resources, config_filter="all")["topic"] if there else {}
    return [_topic(found, wanted[found["name"]], configs.get(found["name"]) or {}) for found in described]


def _topic(found: Mapping[str, Any], operations: tuple[str, ...], configs: Mapping[str, Any]) -> Topic:
    return Topic(
        name=found["name"],
        operations=operations,
        error=found["error_code"],
        id=str(found.get("topic_id") or ""),
        partitions=len(found["partitions"]),
        configs={name: str(config["value"]) for name, config in configs.items() if config.get("value") is not None},
        allowed=tuple(found.get("authorized_operations") or ()),
    )


def _alter(topic: Topic, settings: KafkaSettings, name: str, value: str) -> str:
    return (
        f"kafka-configs.sh --bootstrap-server {settings.bootstrap_servers} --alter --entity-type topics "
        f"--entity-name {topic.name} --add-config {name}={value}"
    )


def _grant(topic: Topic, settings: KafkaSettings, operations: Iterable[str]) -> str:
    wanted = " ".join(f"--operation {operation.title()}" for operation in operations)
    user = escaped((settings.username or "USER").encode())
    return (
        f"kafka-acls.sh --bootstrap-server {settings.bootstrap_servers} --add --allow-principal User:{user} {wanted} "
        f"--topic {topic.name}"
    )

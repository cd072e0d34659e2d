"""Checks that the topic is still the one that the checkpoint belongs to, and that Kafka answers.

Offsets count from 0 in every topic. A topic that is deleted and created again looks like the one before it with other
records, so a stream that goes on by its offsets never reads the first ones. Therefore Kafka gives every topic an id.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import KafkaError

from pipeline import durable_file
from pipeline.committed_offsets import kept_topic_ids
from pipeline.domain.progress import TOPICS_FILE, format_topic_ids
from pipeline.errors import ConfigError, PipelineError, SetupError, SinkUnavailable
from pipeline.kafka.client import connect
from pipeline.settings import KafkaSettings

TIMEOUT_MS = 5_000

_LIMIT = "max.message.bytes"


class TopicWatch:
    """Asks Kafka for the topic's id, and holds it against the one that is kept with the checkpoint."""

    def __init__(self, settings: KafkaSettings, checkpoint: Path) -> None:
        self._settings = settings
        self._topic = settings.tweets_topic
        self._file = checkpoint / TOPICS_FILE
        self._admin: Any = None

    def check(self) -> None:
        """Look once; the first time, remember the id.

        Raises:
            SinkUnavailable: Kafka does not answer, or has no such topic now.
            SetupError: the topic was created again, or the file can't be read or written.
        """
        found, known = self._ask(), kept_topic_ids(self._file)
        if known.get(self._topic, found) != found:
            raise SetupError(
                f"the topic {self._topic} was deleted and created again, and the checkpoint {self._file.parent} "
                "belongs to the old one: move the checkpoint away (mv), and the whole new topic is read (no tweet is "
                "duplicated)"
            )
        if self._topic not in known:
            _keep(self._file, known | {self._topic: found})

    def is_gone(self) -> bool:
        """True if the topic can't be reached now.

        Raises:
            SetupError: it was created again.
        """
        try:
            self.check()
        except SinkUnavailable:
            return True
        return False

    def check_sizes(self) -> None:
        """Check that the topics take the stream's largest messages. Does nothing if Kafka does not answer.

        Raises:
            ConfigError: one takes less.
        """
        kafka = self._settings
        names = (kafka.scored_topic, kafka.rejected_topic, kafka.assistance_topic)
        for name, limit in self._limits(names).items():
            if limit < kafka.max_message_bytes:
                raise ConfigError(
                    f"the topic {name} takes {limit:,} bytes a message and not {kafka.max_message_bytes:,}: "
                    "raise its max.message.bytes, or lower TWEETPULSE_KAFKA__MAX_MESSAGE_BYTES "
                    "(of a larger message only the head is written)"
                )

    def _limits(self, names: Iterable[str]) -> dict[str, int]:
        resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
        try:
            # By default the client leaves out a limit that the topic has from the broker.
            found = self._connected().describe_configs(resources, config_filter="all")["topic"]
        except ConfigError:
            raise
        except (KafkaError, PipelineError):
            # This is asked after a write has failed. Without an answer, the stream waits because of that fault.
            self.close()
            return {}
        limits = {name: configs.get(_LIMIT, {}).get("value") for name, configs in found.items()}
        # Of a topic that is gone, or that this user may not describe, nothing is known.
        return {name: int(limit) for name, limit in limits.items() if limit is not None}

    def _connected(self) -> Any:
        if self._admin is None:
            self._admin = connect(
                KafkaAdminClient,
                self._settings,
                bootstrap_timeout_ms=TIMEOUT_MS,
                request_timeout_ms=TIMEOUT_MS,
            )
        return self._admin

    def close(self) -> None:
        """Let go of the connection."""
        # Forgotten before it is closed, because that may fail, and the next look needs a new one.
        admin, self._admin = self._admin, None
        if admin is not None:
            with suppress(KafkaError, OSError):
                admin.close()

    def _ask(self) -> str:
        try:
            found = self._connected().describe_topics([self._topic])[0]
        except ConfigError:
            raise
        except (KafkaError, PipelineError):
            self.close()
            raise SinkUnavailable("Kafka does not answer", reason="kafka") from None
        # Waited for and not refused, because only the id of a topic that is there says if it is another one.
        if found["error_code"]:
            raise SinkUnavailable(f"Kafka has no topic {self._topic} now", reason="kafka")
        return str(found["topic_id"])


def _keep(file: Path, ids: dict[str, str]) -> None:
    try:
        durable_file.replace(file, format_topic_ids(ids))
    except OSError as error:
        raise SetupError(
            f"{file} can't be written ({error.strerror}): set TWEETPULSE_STREAM__CHECKPOINT to another"
        ) from None

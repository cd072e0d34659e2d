"""Tries what is not its container's work, with that one's own user, and prints `refused` if nothing of it is let.

Runs in a container of the stack.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import closing

from elasticsearch import ApiError, Elasticsearch
from kafka import KafkaAdminClient, KafkaProducer
from kafka.errors import KafkaError

from pipeline.errors import ConfigError
from pipeline.kafka.client import connect as connect_kafka
from pipeline.settings import KafkaSettings, Settings, load
from pipeline.sinks.elasticsearch.client import connect


def main() -> None:
    """Try them all, and name what was let."""
    settings = load()
    let = [*of_elasticsearch(settings), *of_kafka(settings.kafka)]
    sys.stdout.write("\n".join([f"let: {name}" for name in let] or ["refused"]) + "\n")


def of_elasticsearch(settings: Settings) -> list[str]:
    """What Elasticsearch let. Who has no user there is let nothing."""
    with closing(connect(settings.elasticsearch)) as client:
        return [name for name, step in _steps(client).items() if not refused(step)]


def _steps(client: Elasticsearch) -> dict[str, Callable[[], object]]:
    headers = {"accept": "application/json"}
    return {
        "delete an index": lambda: client.indices.delete(index="another"),
        "make an index": lambda: client.indices.create(index="another"),
        "read an index": lambda: client.search(index="another"),
        "change the cluster": lambda: client.cluster.put_settings(persistent={"action.auto_create_index": "false"}),
        "see who is who": lambda: client.perform_request("GET", "/_security/user", headers=headers),
    }


def refused(step: Callable[[], object]) -> bool:
    """True if Elasticsearch says 401 or 403."""
    try:
        step()
    except ApiError as error:
        return error.meta.status in (401, 403)
    return False


def of_kafka(settings: KafkaSettings) -> list[str]:
    """What the broker let."""
    foreign = settings.scored_topic if settings.username == "source" else settings.tweets_topic
    steps: dict[str, Callable[[], object]] = {
        "write a topic": lambda: _send(settings, foreign),
        "delete a topic": lambda: _delete(settings),
    }
    return [name for name, step in steps.items() if not _denied(step)]


def _send(settings: KafkaSettings, topic: str) -> None:
    with closing(connect_kafka(KafkaProducer, settings, max_block_ms=10_000)) as producer:
        producer.send(topic, b"{}").get(timeout=20)


def _delete(settings: KafkaSettings) -> None:
    with closing(connect_kafka(KafkaAdminClient, settings)) as client:
        client.delete_topics([settings.assistance_topic])


def _denied(step: Callable[[], object]) -> bool:
    try:
        step()
    except (KafkaError, ConfigError):
        return True
    return False


if __name__ == "__main__":
    main()

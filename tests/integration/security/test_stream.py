"""The whole way, published to indexed, through servers that let in by TLS and credentials alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr
from pyspark.sql import SparkSession

from pipeline.domain.outcome import Outcome
from pipeline.jvm.jars import spark_jars
from pipeline.jvm.java import find_java
from pipeline.kafka.broker import Broker as BrokerLook
from pipeline.kafka.dead_letters import open_dead_letters
from pipeline.kafka.publisher import Publisher
from pipeline.kafka.topics import ensure_topics
from pipeline.settings import KafkaSettings, Settings, StreamSettings
from pipeline.sinks.elasticsearch.settings import ElasticsearchSettings
from pipeline.stream import session
from tests.builders import tweet
from tests.certificates import encrypted
from tests.integration.compose.secured import password
from tests.integration.security.api_keys import encoded, taking_keys
from tests.integration.security.broker import TOPICS, Broker
from tests.integration.security.conftest import Search
from tests.records import messages
from tests.sparks import Sparks
from tests.stacks import stack_settings
from tests.streams import count, events_of, raw, rejected_stream, run_of

KEY = encoded("VuaCfGcBCdbkQm-e5aOx", "ui2lp2axTNmsyakw9tvNnw")
As = Callable[[str], KafkaSettings]


@pytest.fixture
def base(tmp_path: Path) -> Settings:
    """Settings without servers, with a checkpoint of their own."""
    return stack_settings(tmp_path).model_copy(update={"stream": StreamSettings(checkpoint=tmp_path / "checkpoint")})


@pytest.fixture
def spark(base: Settings, sparks: Sparks) -> SparkSession:
    """A session with nothing of any server in it."""
    return sparks.of("secured", lambda: session.running(base, spark_jars(base), find_java().home))


@pytest.fixture
def names() -> dict[str, str]:
    """Topics of the test's own."""
    mark = uuid4().hex[:12]
    return {topic: f"{topic.removesuffix('_topic')}-{mark}" for topic in TOPICS}


@pytest.fixture
def api_key(search: Search) -> Iterator[ElasticsearchSettings]:
    """The stream's user, by an API key instead of a password."""
    users = {KEY: ("tweetpulse_stream", password("tweetpulse_stream"))}
    with taking_keys(search.settings, users, search.ca.sign("keys", hosts=("localhost",))) as url:
        yield ElasticsearchSettings.model_validate(dict(search.settings) | {"url": url, "api_key": KEY})


def go_through(spark: SparkSession, settings: Settings, kafka: As) -> None:
    """Every user of Kafka, each as itself: topics, source, stream, exporter, replay, reader."""
    ensure_topics(kafka("setup"))
    settings.checkpoint.mkdir(mode=0o755)
    mark = uuid4().hex[:8]
    with Publisher(kafka("source")) as publisher:
        publisher.publish([*(replace(tweet(), id=f"x:{mark}{n}") for n in range(20)), *raw(b"not JSON")])
    drained = _drained(spark, settings.model_copy(update={"kafka": kafka("stream")}))
    assert drained.indexed[f"logs-tweets.scored-{settings.elasticsearch.namespace}"] == 20
    assert drained.rejected == {"not_json": 1}
    written = (settings.checkpoint, *settings.checkpoint.rglob("*"))
    assert [path for path in written if path.stat().st_mode & 0o077] == []
    assert count(settings, rejected_stream(settings)) >= 1
    assert len(messages(kafka("reader"), settings.kafka.scored_topic)) == 20
    with closing(BrokerLook(kafka("exporter"))) as look:
        held = look.held([settings.kafka.tweets_topic])
    assert sum(end - start for start, end in held.values()) == 21
    with open_dead_letters(kafka("replay")) as letters:
        assert [letter.value for letter in letters.read()] == [b"not JSON"]
    with Publisher(kafka("replay")) as publisher:
        publisher.publish(raw(b"once more"))


def _drained(spark: SparkSession, settings: Settings) -> Outcome:
    with run_of(spark, settings, events_of(settings), ensures=False) as run:
        return run.until_ended(once=True)


def test_scram_over_tls_and_an_api_key(
    spark: SparkSession, base: Settings, broker: Broker, api_key: ElasticsearchSettings, names: dict[str, str]
) -> None:
    """Passwords that need quoting, the rights of compose's files and no others, and a key for Elasticsearch."""
    broker.give_rights(KafkaSettings(**names))
    settings = base.model_copy(update={"kafka": KafkaSettings(**names), "elasticsearch": api_key})
    go_through(spark, settings, lambda user: broker.by_password(user, **names))


@pytest.mark.parametrize("key", ["plain", "encrypted", "in one file"])
def test_certificates_on_both_sides(
    spark: SparkSession, base: Settings, broker: Broker, search: Search, names: dict[str, str], key: str
) -> None:
    """A client's certificate is who it is, for kafka-python and for Java, whatever the form of its key."""
    broker.give_rights(KafkaSettings(**names))
    settings = base.model_copy(
        update={"kafka": KafkaSettings(**names), "elasticsearch": search.by_password("tweetpulse_stream")}
    )

    def kafka(user: str) -> KafkaSettings:
        found = broker.by_certificate(user, **names)
        assert found.client_key_file
        assert found.client_certificate_file
        if key == "encrypted":
            file = encrypted(found.client_key_file, "the key's", "-v1", "PBE-SHA1-3DES")
            return found.model_copy(update={"client_key_file": file, "client_key_password": SecretStr("the key's")})
        if key == "in one file":
            both = found.client_key_file.with_suffix(".pem")
            both.write_bytes(found.client_certificate_file.read_bytes() + found.client_key_file.read_bytes())
            return found.model_copy(update={"client_key_file": None, "client_certificate_file": both})
        return found

    go_through(spark, settings, kafka)

"""Options of Spark's Kafka source and sink, and which of its faults mend themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import certifi
import pytest

from pipeline.errors import ConfigError
from pipeline.kafka.client import kafka_options
from pipeline.settings import KafkaSettings, StreamSettings
from pipeline.stream.kafka_io import is_denied, is_unavailable, options_of, read, write
from tests.fakes import FakeRecords

SASL: dict[str, Any] = {
    "security_protocol": "SASL_SSL",
    "sasl_mechanism": "SCRAM-SHA-512",
    "username": "ann",
    "password": "pw",
}


def sasl(**fields: Any) -> dict[str, str]:
    return options_of(KafkaSettings(**(SASL | fields)))


def test_plain() -> None:
    """Without security: where the broker is, and nothing of users."""
    assert options_of(KafkaSettings()) == {
        "kafka.bootstrap.servers": "127.0.0.1:9092",
        "kafka.security.protocol": "PLAINTEXT",
    }


def test_tls() -> None:
    """A CA file is a PEM trust store."""
    ca = Path(certifi.where())
    options = options_of(KafkaSettings(security_protocol="SSL", ca_file=ca))
    assert {name: value for name, value in options.items() if "ssl" in name} == {
        "kafka.ssl.truststore.type": "PEM",
        "kafka.ssl.truststore.location": str(ca),
    }


@pytest.mark.parametrize(
    ("mechanism", "module"),
    [
        ("PLAIN", "plain.PlainLoginModule"),
        ("SCRAM-SHA-256", "scram.ScramLoginModule"),
        ("SCRAM-SHA-512", "scram.ScramLoginModule"),
    ],
)
def test_sasl(mechanism: str, module: str) -> None:
    """Each mechanism has its login module."""
    options = sasl(sasl_mechanism=mechanism)
    assert options["kafka.sasl.mechanism"] == mechanism
    assert options["kafka.sasl.jaas.config"] == (
        f'org.apache.kafka.common.security.{module} required username="ann" password="pw";'
    )


@pytest.mark.parametrize(
    ("password", "quoted"),
    [
        ('a"; evil="b', r'"a\"; evil=\"b"'),
        ("back\\slash", r'"back\\slash"'),
        ('end\\"', r'"end\\\""'),
        ("käse 1;2", '"käse 1;2"'),
    ],
)
def test_quoting(password: str, quoted: str) -> None:
    """A password is one quoted word of the JAAS line, whatever is in it."""
    assert sasl(password=password)["kafka.sasl.jaas.config"].endswith(f"password={quoted};")


@pytest.mark.parametrize("missing", ["sasl_mechanism", "username", "password"])
def test_half_of_sasl(missing: str) -> None:
    """Both clients name a missing SASL setting in the same words; no value is shown."""
    with pytest.raises(ConfigError, match=f"TWEETPULSE_KAFKA__{missing.upper()}") as raised:
        sasl(**{missing: None})
    with pytest.raises(ConfigError) as by_python:
        kafka_options(KafkaSettings(**(SASL | {missing: None})))
    assert raised.value.message == by_python.value.message
    assert "pw" not in raised.value.message


class FakeReader:
    """All of a Spark session that reading calls."""

    def __init__(self) -> None:
        self.seen: dict[str, str] = {}
        self.columns: tuple[str, ...] = ()

    @property
    def readStream(self) -> FakeReader:  # noqa: N802 - Spark's name
        return self

    def format(self, name: str) -> FakeReader:
        return self

    def options(self, **options: str) -> FakeReader:
        self.seen = options
        return self

    def load(self) -> FakeReader:
        return self

    def selectExpr(self, *columns: str) -> FakeReader:  # noqa: N802 - Spark's name
        self.columns = columns
        return self


@pytest.mark.parametrize(("accept", "fail"), [(False, "true"), (True, "false")])
def test_reading(accept: bool, fail: str) -> None:
    """Topic, start, batch size; records that are gone end the query unless that is accepted."""
    spark = FakeReader()
    read(spark, KafkaSettings(), StreamSettings(accept_data_loss=accept, max_offsets_per_trigger=7))  # type: ignore[arg-type]
    wanted = ("subscribe", "startingOffsets", "maxOffsetsPerTrigger", "failOnDataLoss")
    assert [spark.seen[name] for name in wanted] == ["tweets", "earliest", "7", fail]
    assert [column.split(" AS ")[-1] for column in spark.columns] == [
        "topic",
        "partition",
        "offset",
        "timestamp",
        "value",
        "size",
        "replay",
    ]


def test_writing() -> None:
    """With headers (the reason of a rejection is one), to the same broker; once per call."""
    messages = FakeRecords([RuntimeError("written")])
    with pytest.raises(RuntimeError, match="written"):
        write(messages, KafkaSettings())  # type: ignore[arg-type]
    assert messages.options_seen["includeHeaders"] == "true"
    assert options_of(KafkaSettings()).items() <= messages.options_seen.items()


@pytest.mark.parametrize(
    ("text", "away"),
    [
        ("org.apache.kafka.common.errors.TimeoutException: Topic tweets.scored not present", True),
        ("x Caused by: org.apache.kafka.common.errors.DisconnectException", True),
        ("org.apache.kafka.common.errors.TopicAuthorizationException: Not authorized", False),
        ("org.apache.kafka.common.errors.SaslAuthenticationException", False),
        ("java.lang.OutOfMemoryError", False),
    ],
)
def test_who_is_away(text: str, away: bool) -> None:
    """A broker that does not answer comes back; a refusal stays one."""
    assert is_unavailable(RuntimeError(text)) is away


@pytest.mark.parametrize(
    ("text", "denied"),
    [
        ("x Caused by: org.apache.kafka.common.errors.TopicAuthorizationException: Not authorized", True),
        ("org.apache.kafka.common.errors.SslAuthenticationException: SSL handshake failed", True),
        ("org.apache.kafka.common.errors.TimeoutException: Topic tweets.scored not present", False),
        ("java.lang.OutOfMemoryError", False),
    ],
)
def test_who_is_denied(text: str, denied: bool) -> None:
    """A refusal is a setting's fault, which waiting does not mend."""
    assert is_denied(RuntimeError(text)) is denied

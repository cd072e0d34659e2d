"""Spark's side of Kafka: reading as a stream, writing what the tasks hand on, and the options of both."""

from __future__ import annotations

from pyspark.sql import DataFrame, SparkSession

from pipeline.domain.attempt import MAX_KEY_BYTES, PREFIX
from pipeline.errors import ConfigError
from pipeline.settings import KafkaSettings, StreamSettings

_REPLAY = (
    f"CASE WHEN startswith(key, X'{PREFIX.hex()}') AND octet_length(key) <= {MAX_KEY_BYTES} THEN key END AS replay"
)
"""The key of a record that was sent again after it was rejected, and of no other: keys would cost, nulls do not."""

_COLUMNS = ("topic", "partition", "offset", "timestamp", "value", _REPLAY)


def read(spark: SparkSession, kafka: KafkaSettings, stream: StreamSettings) -> DataFrame:
    """The topic of tweets as a stream of `topic, partition, offset, timestamp, value, replay`."""
    options = options_of(kafka) | {
        "subscribe": kafka.tweets_topic,
        "startingOffsets": stream.starting_offsets,
        "maxOffsetsPerTrigger": str(stream.max_offsets_per_trigger),
        "failOnDataLoss": str(not stream.accept_data_loss).lower(),
        # The default of 500 ms is the largest part of a small batch.
        "kafka.fetch.max.wait.ms": "20",
    }
    return spark.readStream.format("kafka").options(**options).load().selectExpr(*_COLUMNS)


def write(messages: DataFrame, kafka: KafkaSettings) -> None:
    """Write `topic, key, value, headers` to Kafka, at least once."""
    options = options_of(kafka) | {
        "includeHeaders": "true",
        "kafka.compression.type": "lz4",
        "kafka.linger.ms": "20",
        # The default of 16 KB is a dozen documents: too few to compress well, and a request each.
        "kafka.batch.size": "262144",
        "kafka.delivery.timeout.ms": "30000",
        "kafka.request.timeout.ms": "10000",
    }
    messages.write.format("kafka").options(**options).save()


def options_of(kafka: KafkaSettings) -> dict[str, str]:
    """Options that both sides share: addresses, SASL and TLS.

    Raises:
        ConfigError: SASL is asked for without a mechanism, a user or a password.
    """
    options = {
        "kafka.bootstrap.servers": kafka.bootstrap_servers,
        "kafka.security.protocol": kafka.security_protocol,
    }
    if kafka.ca_file is not None:
        options |= {"kafka.ssl.truststore.type": "PEM", "kafka.ssl.truststore.location": str(kafka.ca_file)}
    if kafka.security_protocol.startswith("SASL"):
        options |= _sasl(kafka)
    return options


def is_unavailable(error: BaseException) -> bool:
    """Whether Spark failed because the broker was away, which mends itself when it is back."""
    text = str(error)
    return any(name in text for name in _AWAY)


_AWAY = (
    "org.apache.kafka.common.errors.TimeoutException",
    "org.apache.kafka.common.errors.DisconnectException",
    "org.apache.kafka.common.errors.NotLeaderOrFollowerException",
    "org.apache.kafka.common.errors.UnknownTopicOrPartitionException",
    "java.util.concurrent.TimeoutException: Futures timed out",
)


def _sasl(kafka: KafkaSettings) -> dict[str, str]:
    if kafka.sasl_mechanism is None or kafka.username is None or kafka.password is None:
        raise ConfigError(
            f"{kafka.security_protocol} needs a mechanism, a user and a password: set "
            "TWEETPULSE_KAFKA__SASL_MECHANISM, __USERNAME and __PASSWORD"
        )
    plain = kafka.sasl_mechanism == "PLAIN"
    module = "plain.PlainLoginModule" if plain else "scram.ScramLoginModule"
    user, password = (_quoted(text) for text in (kafka.username, kafka.password.get_secret_value()))
    return {
        "kafka.sasl.mechanism": kafka.sasl_mechanism,
        "kafka.sasl.jaas.config": (
            f"org.apache.kafka.common.security.{module} required username={user} password={password};"
        ),
    }


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

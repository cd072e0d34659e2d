"""Spark's side of Kafka: reading as a stream, writing what the tasks hand on, and the options of both."""

from __future__ import annotations

from pyspark.sql import DataFrame, SparkSession

from pipeline.kafka_identity import java_options
from pipeline.settings import KafkaSettings, StreamSettings

_COLUMNS = ("topic", "partition", "offset", "timestamp", "value")


def read(spark: SparkSession, kafka: KafkaSettings, stream: StreamSettings) -> DataFrame:
    """The topic of tweets as a stream of `topic, partition, offset, timestamp, value`."""
    options = options_of(kafka) | {
        "subscribe": kafka.tweets_topic,
        "startingOffsets": stream.starting_offsets,
        "maxOffsetsPerTrigger": str(stream.max_offsets_per_trigger),
        "failOnDataLoss": str(not stream.accept_data_loss).lower(),
        # The default of 500 ms is the largest part of a small batch.
        "kafka.fetch.max.wait.ms": "20",
    }
    return spark.readStream.format("kafka").options(**options).load().select(*_COLUMNS)


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
        ConfigError: a certificate's file can't be used, or SASL lacks its mechanism, user or password.
    """
    return {
        "kafka.bootstrap.servers": kafka.bootstrap_servers,
        "kafka.security.protocol": kafka.security_protocol,
    } | {f"kafka.{name}": value for name, value in java_options(kafka).items()}


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

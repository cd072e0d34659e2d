"""Spark's side of Kafka: reading as a stream, writing what the tasks hand on, and the options of both."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

from py4j.protocol import Py4JError
from pyspark.sql import DataFrame, SparkSession

from pipeline.domain.replay import MAX_KEY_BYTES, PREFIX
from pipeline.kafka.identity import java_options
from pipeline.settings import KafkaSettings, StreamSettings

HEAD_BYTES = 65_536
"""Bytes that tasks get of a record that is too large to be decoded."""

FETCH_BYTES = 65_536
"""Compressed bytes that are fetched of a partition at once: some 200 tweets, or one batch, however large that is."""

PATIENCE_MS = 15_000
"""Milliseconds that Spark's own clients wait for the broker before an attempt fails. The driver does the waiting."""

_REPLAY = (
    f"CASE WHEN startswith(key, X'{PREFIX.hex()}') AND octet_length(key) <= {MAX_KEY_BYTES} THEN key END AS replay"
)
"""The key of a record that was sent again after it was rejected, and of no other: keys would cost, nulls do not."""


def read(spark: SparkSession, kafka: KafkaSettings, stream: StreamSettings) -> DataFrame:
    """The topic of tweets as a stream of `topic, partition, offset, timestamp, value, size, replay`.

    `size` is the value's, in bytes. Of a value above `stream.max_record_bytes` only the head is there, so that no
    record, however large, reaches a Python worker whole.
    """
    options = options_of(kafka) | {
        "subscribe": kafka.tweets_topic,
        "startingOffsets": stream.starting_offsets,
        "maxOffsetsPerTrigger": str(stream.max_offsets_per_trigger),
        # Records that Kafka has deleted unread must not be missed in silence.
        "failOnDataLoss": str(not stream.accept_data_loss).lower(),
        # Records of a transaction that was aborted are no tweets.
        "kafka.isolation.level": "read_committed",
        # A small batch would spend most of its time in the default of 500 ms.
        "kafka.fetch.max.wait.ms": "20",
        # What compresses well is hundreds of times as large in memory, and Spark keeps what it polled.
        # Bytes bound that better than records do: each poll costs the broker as much as reading a hundred tweets.
        "kafka.max.partition.fetch.bytes": str(FETCH_BYTES),
        "kafka.max.poll.records": str(stream.max_poll_records),
        "kafkaConsumer.pollTimeoutMs": str(PATIENCE_MS),
        "fetchOffset.numRetries": "1",
        "kafka.default.api.timeout.ms": str(PATIENCE_MS),
        "kafka.request.timeout.ms": "10000",
    }
    records = spark.readStream.format("kafka").options(**options).load()
    head = f"if(octet_length(value) > {stream.max_record_bytes}, substring(value, 1, {HEAD_BYTES}), value) AS value"
    return records.selectExpr("topic", "partition", "offset", "timestamp", head, "octet_length(value) AS size", _REPLAY)


def write(messages: DataFrame, kafka: KafkaSettings) -> None:
    """Write `topic, key, value, headers` to Kafka, at least once."""
    options = options_of(kafka) | {
        "includeHeaders": "true",
        "kafka.compression.type": "lz4",
        "kafka.linger.ms": "20",
        # The default of 16 KB is a dozen documents: too few to compress well, and a request each. But a batch that its
        # topic does not take is split by this size, again and again if it fits (KAFKA-8350).
        "kafka.batch.size": str(min(262_144, kafka.max_message_bytes)),
        # A value may have `max_message_bytes`; key and headers come on top.
        "kafka.max.request.size": str(kafka.max_message_bytes + 32_768),
        "kafka.delivery.timeout.ms": str(PATIENCE_MS),
        "kafka.max.block.ms": str(PATIENCE_MS),
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
    """True if Spark failed because the broker was away, which mends itself when the broker is back.

    Told by the classes of the Java exception's causes; by their names in its text where Spark has only that left, as
    of an exception that ended a query.
    """
    return _is_any_of(error, _AWAY)


def is_denied(error: BaseException) -> bool:
    """True if Spark failed because Kafka refuses the user or the certificate; found out as in `is_unavailable`."""
    return _is_any_of(error, _DENIED)


def _is_any_of(error: BaseException, names: Collection[str]) -> bool:
    # PySpark turns known Java exceptions into classes of its own, and keeps the original in `_origin` only.
    classes = list(_java_classes(getattr(error, "java_exception", None) or getattr(error, "_origin", None)))
    if classes:
        return any(name in names for name in classes)
    return any(re.search(rf"\b{re.escape(name)}\b", str(error)) for name in names)


_AWAY = frozenset(
    {
        # Kafka's own word for what may be tried again; its subclasses are all named here for texts.
        "org.apache.kafka.common.errors.RetriableException",
        "org.apache.kafka.common.errors.TimeoutException",
        "org.apache.kafka.common.errors.DisconnectException",
        "org.apache.kafka.common.errors.NetworkException",
        "org.apache.kafka.common.errors.NotLeaderOrFollowerException",
        "org.apache.kafka.common.errors.LeaderNotAvailableException",
        "org.apache.kafka.common.errors.CoordinatorNotAvailableException",
        "org.apache.kafka.common.errors.BrokerNotAvailableException",
        "org.apache.kafka.common.errors.NotEnoughReplicasException",
        "org.apache.kafka.common.errors.UnknownTopicOrPartitionException",
        "org.apache.kafka.common.errors.KafkaStorageException",
        "java.util.concurrent.TimeoutException",
    }
)


_DENIED = frozenset(
    {
        # Kafka's own classes of refusals, and by name those below them that it throws.
        "org.apache.kafka.common.errors.AuthenticationException",
        "org.apache.kafka.common.errors.AuthorizationException",
        "org.apache.kafka.common.errors.SaslAuthenticationException",
        "org.apache.kafka.common.errors.SslAuthenticationException",
        "org.apache.kafka.common.errors.TopicAuthorizationException",
        "org.apache.kafka.common.errors.GroupAuthorizationException",
        "org.apache.kafka.common.errors.ClusterAuthorizationException",
        "org.apache.kafka.common.errors.TransactionalIdAuthorizationException",
    }
)


def root_cause(error: BaseException) -> str:
    """The class of the first cause of a Java exception, without its text, which may quote a record; else ""."""
    java = getattr(error, "java_exception", None)
    try:
        while java is not None and java.getCause() is not None:
            java = java.getCause()
        return str(java.getClass().getSimpleName()) if java is not None else ""
    except Py4JError:
        return ""


def _java_classes(error: Any) -> Iterator[str]:
    """The names of the classes of a Java exception and of its causes, with all that these extend."""
    try:
        while error is not None:
            kind = error.getClass()
            while kind is not None:
                yield str(kind.getName())
                kind = kind.getSuperclass()
            error = error.getCause()
    except Py4JError:
        # The JVM has gone, so it can't be asked.
        return

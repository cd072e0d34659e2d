"""Items of a source → records in Kafka: nothing lost, nothing out of bounds, and back-pressure into the source."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, Self

from kafka import KafkaProducer
from kafka.errors import KafkaError

from pipeline.domain.record import encode
from pipeline.domain.tweet import Tweet
from pipeline.kafka_client import connect, kafka_errors
from pipeline.settings import KafkaSettings
from pipeline.sources.pacing import Clock, at_rate
from pipeline.sources.source import Item

MAX_RECORD_BYTES = 1_000_000
"""Just under what a broker takes by default. What is longer is cut, and the stream rejects it as no JSON."""

MAX_BUFFERED_BYTES = 16_000_000
"""Unacknowledged bytes at which the source has to wait: kafka-python 3 has no bound of its own."""

PROGRESS_SECONDS = 0.2
CHECK_RECORDS = 500
CLOSE_SECONDS = 2.0
DEFAULT_CLOCK = Clock()


@dataclass(frozen=True, slots=True)
class Published:
    """What Kafka has acknowledged: tweets, unreadable rows, their bytes before compression, and the seconds it took."""

    tweets: int = 0
    unreadable: int = 0
    bytes: int = 0
    seconds: float = 0.0


Progress = Callable[[Published], None]


class Publisher:
    """An idempotent producer (acks=all) for one topic, to be closed or used in a `with`.

    Args:
        settings: the broker; records go to `settings.tweets_topic`.
        topic: another topic.
        delivery_timeout: seconds that a record may wait for its acknowledgement before publishing fails.
        clock: by which it paces; it also says when to stop.

    Raises:
        SetupError: the broker does not answer.
        ConfigError: it refuses the credentials.
    """

    def __init__(
        self,
        settings: KafkaSettings,
        *,
        topic: str | None = None,
        delivery_timeout: float = 120.0,
        clock: Clock = DEFAULT_CLOCK,
    ) -> None:
        self.topic = topic or settings.tweets_topic
        self._settings = settings
        self._clock = clock
        self._window: deque[tuple[Any, int, bool]] = deque()
        self._buffered = 0
        self._published = Published()
        self._producer = connect(KafkaProducer, settings, **_producer_options(delivery_timeout))

    def publish(
        self,
        items: Iterable[Item],
        rate: float | None = None,
        *,
        progress: Progress = lambda published: None,
    ) -> Published:
        """Publish all items, or those before the clock is stopped, and wait until Kafka has acknowledged them.

        Args:
            items: what a source yields; a tweet's key is its id, an unreadable row has none.
            rate: items per second at most; as fast as possible without one.
            progress: told a few times a second, and at the end, what is acknowledged so far.

        Raises:
            SetupError: the broker has stopped answering, or does not take the records.
            ConfigError: the broker does not let this user write.
        """
        begun = self._clock.monotonic()
        self._published = Published()
        with kafka_errors(self._settings):
            self._send_all(items if rate is None else at_rate(items, rate, self._clock), progress, begun)
            self._producer.flush()
            self._settle(keep=0)
        return self._tell(progress, begun)

    def _send_all(self, items: Iterable[Item], progress: Progress, begun: float) -> None:
        told = begun
        for count, item in enumerate(items):
            if self._clock.stopped():
                return
            self._send(item)
            if count % CHECK_RECORDS == 0 or self._clock.monotonic() - told >= PROGRESS_SECONDS:
                told = self._clock.monotonic()
                self._settle()
                self._tell(progress, begun)

    def _tell(self, progress: Progress, begun: float) -> Published:
        published = replace(self._published, seconds=self._clock.monotonic() - begun)
        progress(published)
        return published

    def close(self) -> None:
        """Let go of the connection; what is not acknowledged within seconds is given up."""
        try:
            self._producer.close(CLOSE_SECONDS)
        except KafkaError:
            # It gives up half-way, and would wait and complain anew when it is collected. Its thread is a daemon.
            self._producer._sender.force_close()
            self._producer._closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _send(self, item: Item) -> None:
        is_tweet = isinstance(item, Tweet)
        value = (encode(item) if isinstance(item, Tweet) else item.raw)[:MAX_RECORD_BYTES]
        key = item.id.encode("utf-8", "replace") if isinstance(item, Tweet) else None
        future = self._producer.send(self.topic, value, key)
        self._window.append((future, len(value), is_tweet))
        self._buffered += len(value)
        if self._buffered > MAX_BUFFERED_BYTES:
            self._settle(keep=MAX_BUFFERED_BYTES // 2)

    def _settle(self, keep: int = MAX_BUFFERED_BYTES) -> None:
        """Count what is acknowledged, and wait while more than `keep` bytes are not."""
        tweets, unreadable, size = 0, 0, 0
        while self._window and (self._window[0][0].is_done or self._buffered > keep):
            future, bytes_, is_tweet = self._window.popleft()
            future.get()
            self._buffered -= bytes_
            size += bytes_
            tweets += is_tweet
            unreadable += not is_tweet
        before = self._published
        self._published = replace(
            before, tweets=before.tweets + tweets, unreadable=before.unreadable + unreadable, bytes=before.bytes + size
        )


def _producer_options(delivery_timeout: float) -> dict[str, Any]:
    # Large batches pay twice: fewer requests, and fewer bytes for the checksum, which is plain Python there.
    return {
        "acks": "all",
        "enable_idempotence": True,
        "compression_type": "gzip",
        "batch_size": 262_144,
        "linger_ms": 20,
        "delivery_timeout_ms": int(delivery_timeout * 1000),
        "request_timeout_ms": int(min(30.0, delivery_timeout / 2) * 1000),
        "allow_auto_create_topics": False,
        "metrics_enabled": False,
    }

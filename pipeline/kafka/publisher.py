"""Items of a source → records in Kafka: nothing lost, nothing out of bounds, and back-pressure into the source."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, Self

from kafka import KafkaProducer
from kafka.errors import KafkaError

from pipeline.domain.record import encode
from pipeline.domain.tweet import Tweet
from pipeline.errors import SetupError
from pipeline.kafka.client import connect, kafka_errors
from pipeline.kafka.patience import Patience, Waiting
from pipeline.kafka.window import Sent, Window
from pipeline.settings import KafkaSettings
from pipeline.sources.pacing import Clock, at_rate
from pipeline.sources.source import Item

MAX_RECORD_BYTES = 1_000_000
"""Just under what a broker takes by default. What is longer is cut, and the stream rejects it as no JSON."""

MAX_BUFFERED_BYTES = 16_000_000
"""Unacknowledged bytes at which the source has to wait: kafka-python 3 has no bound of its own."""

PROGRESS_SECONDS = 0.2
CHECK_RECORDS = 500
ENDLESS_SECONDS = 24 * 86_400.0
"""As long as kafka-python's milliseconds go."""

DEFAULT_CLOCK = Clock()


@dataclass(frozen=True, slots=True)
class Published:
    """The items that Kafka has acknowledged: tweets, unreadable rows, bytes before compression, seconds.

    `refused` are those that the broker does not take, since they are larger than the topic allows.
    """

    tweets: int = 0
    unreadable: int = 0
    bytes: int = 0
    seconds: float = 0.0
    refused: int = 0


Progress = Callable[[Published], None]
Acknowledged = Callable[[Sequence[Tweet]], None]
Refused = Callable[[Item], None]


class Publisher:
    """An idempotent producer (acks=all) for one topic, to be closed or used in a `with`.

    Args:
        settings: the broker; records go to `settings.tweets_topic`.
        topic: another topic.
        delivery_timeout: seconds that a record may wait for its acknowledgement before publishing fails.
        clock: by which it paces; it also says when to stop.
        acknowledged: told the tweets that Kafka has, in the order in which they came.
        refused: told each item that the broker does not take, since it is too large, in the same order.
        patience: wait for the broker as this says, instead of failing after `delivery_timeout`.

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
        acknowledged: Acknowledged = lambda tweets: None,
        refused: Refused = lambda item: None,
        patience: Patience | None = None,
    ) -> None:
        self.topic = topic or settings.tweets_topic
        self._settings = settings
        self._clock = clock
        self._acknowledged = acknowledged
        self._refused = refused
        self._patience = Waiting(patience, clock) if patience else None
        self._published = Published()
        self._timeout = ENDLESS_SECONDS if patience else delivery_timeout
        self._is_open = False
        self._window = Window(self.topic, self._connected)
        self._is_open = True

    @property
    def unacknowledged(self) -> int:
        """The number of items that Kafka was sent and has not acknowledged."""
        return len(self._window)

    def publish(
        self,
        items: Iterable[Item | None],
        rate: float | None = None,
        *,
        progress: Progress = lambda published: None,
    ) -> Published:
        """Publish all items, or those before the clock is stopped, and wait until Kafka has acknowledged them.

        Args:
            items: what a source yields; a tweet's key is its id, an unreadable row has none. None is nothing for
                now: acknowledgements, progress and a stop are looked at.
            rate: items per second at most; as fast as possible without one.
            progress: told a few times a second, and at the end, what is acknowledged so far.

        Raises:
            SetupError: the broker has stopped answering, or does not take the records.
            ConfigError: the broker does not let this user write.
        """
        begun = self._clock.monotonic()
        self._published = Published()
        with kafka_errors(self._settings):
            try:
                self._send_all(items if rate is None else at_rate(items, rate, self._clock), progress, begun)
            except KafkaError:
                raise
            except Exception:
                # The fault is the source's: what it has yielded before is still acknowledged.
                self._settle(keep=0)
                raise
            self._settle(keep=0)
        return self._tell(progress, begun)

    def _send_all(self, items: Iterable[Item | None], progress: Progress, begun: float) -> None:
        told = begun
        for count, item in enumerate(items):
            if self._clock.stopped():
                return
            if item is not None:
                self._send(item)
            if item is None or count % CHECK_RECORDS == 0 or self._clock.monotonic() - told >= PROGRESS_SECONDS:
                told = self._clock.monotonic()
                self._settle()
                self._tell(progress, begun)

    def _tell(self, progress: Progress, begun: float) -> Published:
        published = replace(self._published, seconds=self._clock.monotonic() - begun)
        progress(published)
        return published

    def close(self) -> None:
        """Let go of the connection; what is not acknowledged within seconds is given up."""
        self._window.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _connected(self) -> KafkaProducer:
        """Another producer is needed in the middle of publishing, too: then the broker is waited for as always."""
        options = producer_options(self._timeout)
        while True:
            try:
                return connect(KafkaProducer, self._settings, **options)
            except SetupError:
                # The first connection fails at once, because a wrong address should be seen
                # by whoever starts the program.
                if self._patience is None or not self._is_open:
                    raise
                self._patience.look(moved=False)
                self._clock.sleep(PROGRESS_SECONDS)

    def _send(self, item: Item) -> None:
        value = (encode(item) if isinstance(item, Tweet) else item.raw)[:MAX_RECORD_BYTES]
        # An id from a user's own source may hold half of a surrogate pair, which can't be encoded.
        key = item.id.encode("utf-8", "replace") if isinstance(item, Tweet) else None
        self._window.send(Sent(item, key, value))
        if self._window.bytes > MAX_BUFFERED_BYTES:
            # Down to a half, so that the source does not have to stop for each record from here on.
            self._settle(keep=MAX_BUFFERED_BYTES // 2)

    def _settle(self, keep: int = MAX_BUFFERED_BYTES) -> None:
        """Count what is acknowledged, and wait while more than `keep` bytes are not."""
        self._count()
        while len(self._window) and self._window.bytes > keep:
            # With patience in short waits, between which it is asked for a stop and tells that the broker is late.
            self._window.wait(None if self._patience is None else PROGRESS_SECONDS)
            self._count()

    def _count(self) -> None:
        before, told = self._published, list[Tweet]()
        try:
            for sent in self._window.settled():
                self._published = _with(self._published, sent)
                if sent.is_refused:
                    # In the order in which they came: those before it first.
                    self._tell_acknowledged(told)
                    self._refused(sent.item)
                elif isinstance(sent.item, Tweet):
                    told.append(sent.item)
        finally:
            # Also if a later record fails: what Kafka has acknowledged need not be read from the source again.
            self._tell_acknowledged(told)
        if self._patience:
            # While nothing is under way, the broker owes no acknowledgement and can't be late.
            self._patience.look(moved=self._published != before or not len(self._window))

    def _tell_acknowledged(self, told: list[Tweet]) -> None:
        if told:
            self._acknowledged(tuple(told))
            told.clear()


def _with(published: Published, sent: Sent) -> Published:
    if sent.is_refused:
        return replace(published, refused=published.refused + 1)
    is_tweet = isinstance(sent.item, Tweet)
    return replace(
        published,
        tweets=published.tweets + is_tweet,
        unreadable=published.unreadable + (not is_tweet),
        bytes=published.bytes + len(sent.value),
    )


def producer_options(delivery_timeout: float) -> dict[str, Any]:
    """Of an idempotent kafka-python producer whose records may wait so many seconds for their acknowledgement."""
    # Large batches pay twice: fewer requests, and fewer bytes for the checksum, which is plain Python there.
    return {
        "acks": "all",
        "enable_idempotence": True,
        # The only codec for which kafka-python needs no further package.
        "compression_type": "gzip",
        "batch_size": 262_144,
        "linger_ms": 20,
        "delivery_timeout_ms": int(delivery_timeout * 1000),
        # At most half of the time, so that a request without an answer can be sent once more.
        "request_timeout_ms": int(min(30.0, delivery_timeout / 2) * 1000),
        "allow_auto_create_topics": False,
        "metrics_enabled": False,
    }

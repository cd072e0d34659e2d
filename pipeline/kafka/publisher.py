"""Items of a source → records in Kafka: nothing lost, nothing out of bounds, and back-pressure into the source."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, Self

from kafka import KafkaProducer
from kafka.errors import KafkaError, KafkaTimeoutError

from pipeline.domain.record import encode
from pipeline.domain.tweet import Tweet
from pipeline.kafka.client import connect, kafka_errors
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
LATE_SECONDS = 5.0
"""A broker that has acknowledged nothing for so long, of what it was sent, is waited for."""

ENDLESS_SECONDS = 24 * 86_400.0
"""As long as kafka-python's milliseconds go."""

DEFAULT_CLOCK = Clock()


@dataclass(frozen=True, slots=True)
class Published:
    """What Kafka has acknowledged: tweets, unreadable rows, their bytes before compression, and the seconds it took."""

    tweets: int = 0
    unreadable: int = 0
    bytes: int = 0
    seconds: float = 0.0


Progress = Callable[[Published], None]
Acknowledged = Callable[[Sequence[Tweet]], None]


@dataclass(frozen=True, slots=True)
class Patience:
    """How an unattended publisher waits for a broker that is away: without end, as long as nobody stops it.

    Attributes:
        stopped: whether it has been told to end.
        waiting: told when it begins to wait (True), and when the broker acknowledges again (False).
        seconds: how long it still waits once it is stopped.
    """

    stopped: Callable[[], bool]
    waiting: Callable[[bool], None]
    seconds: float = 10.0


class Publisher:
    """An idempotent producer (acks=all) for one topic, to be closed or used in a `with`.

    Args:
        settings: the broker; records go to `settings.tweets_topic`.
        topic: another topic.
        delivery_timeout: seconds that a record may wait for its acknowledgement before publishing fails.
        clock: by which it paces; it also says when to stop.
        acknowledged: told the tweets that Kafka has, in the order in which they came; they are held until then.
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
        acknowledged: Acknowledged | None = None,
        patience: Patience | None = None,
    ) -> None:
        self.topic = topic or settings.tweets_topic
        self._settings = settings
        self._clock = clock
        self._acknowledged = acknowledged
        self._patience = _Waiting(patience, clock) if patience else None
        self._window: deque[tuple[Any, int, bool, Tweet | None]] = deque()
        self._buffered = 0
        self._published = Published()
        timeout = ENDLESS_SECONDS if patience else delivery_timeout
        self._producer = connect(KafkaProducer, settings, **producer_options(timeout))

    @property
    def unacknowledged(self) -> int:
        """How many items Kafka was sent and has not acknowledged."""
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
                # The source's own fault: what it gave before is acknowledged all the same.
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
        tweet = item if isinstance(item, Tweet) else None
        value = (encode(item) if isinstance(item, Tweet) else item.raw)[:MAX_RECORD_BYTES]
        key = item.id.encode("utf-8", "replace") if isinstance(item, Tweet) else None
        future = self._producer.send(self.topic, value, key)
        self._window.append((future, len(value), tweet is not None, tweet if self._acknowledged else None))
        self._buffered += len(value)
        if self._buffered > MAX_BUFFERED_BYTES:
            self._settle(keep=MAX_BUFFERED_BYTES // 2)

    def _settle(self, keep: int = MAX_BUFFERED_BYTES) -> None:
        """Count what is acknowledged, and wait while more than `keep` bytes are not."""
        self._count()
        while self._window and self._buffered > keep:
            future = self._window[0][0]
            if self._patience is None:
                future.get()
            else:
                with suppress(KafkaError):  # Why it failed, if it did, is told when it is counted.
                    future.get(timeout=PROGRESS_SECONDS)
            self._count()

    def _count(self) -> None:
        tweets, unreadable, size = 0, 0, 0
        told: list[Tweet] = []
        try:
            while self._window and self._window[0][0].is_done:
                future, bytes_, is_tweet, tweet = self._window.popleft()
                self._buffered -= bytes_
                future.get()
                size += bytes_
                tweets += is_tweet
                unreadable += not is_tweet
                if tweet is not None:
                    told.append(tweet)
        finally:
            self._add(Published(tweets, unreadable, size))
            if told and self._acknowledged:
                self._acknowledged(told)
        if self._patience:
            self._patience.look(moved=bool(tweets or unreadable or not self._window))

    def _add(self, new: Published) -> None:
        old = self._published
        self._published = Published(old.tweets + new.tweets, old.unreadable + new.unreadable, old.bytes + new.bytes)


class _Waiting:
    """Tells when the broker begins to be late, and gives up some time after it was told to stop."""

    def __init__(self, patience: Patience, clock: Clock) -> None:
        self._patience = patience
        self._clock = clock
        self._moved = clock.monotonic()
        self._stopped: float | None = None
        self._late = False

    def look(self, *, moved: bool) -> None:
        now = self._clock.monotonic()
        if moved:
            self._moved = now
        late = now - self._moved > LATE_SECONDS
        if late != self._late:
            self._late = late
            self._patience.waiting(late)
        if not self._patience.stopped():
            return
        if self._stopped is None:
            self._stopped = now
        if late and now - self._stopped > self._patience.seconds:
            raise KafkaTimeoutError("stopped while the broker is away")


def producer_options(delivery_timeout: float) -> dict[str, Any]:
    """Of an idempotent kafka-python producer whose records may wait so many seconds for their acknowledgement."""
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

"""A feed of records at a constant rate through all faults, each acknowledged by Kafka in the end."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

from kafka import KafkaProducer
from kafka.errors import KafkaError

from pipeline.kafka.client import connect
from pipeline.settings import KafkaSettings
from tests.faults.records import Made

MOST_UNACKNOWLEDGED = 20_000
"""Where Kafka is away for long, what it has not acknowledged must not fill this process's memory."""

_TICK = 0.05


class Feed:
    """Sends records in a thread of its own; an outage of Kafka is waited out.

    Attributes:
        rate: records per second; may be set at any time, 0 pauses.
        acknowledged: how many records of each key Kafka has said that it has.
        refused: what it refused for good, by the error's name: a broken test, or a fault of Kafka's.
    """

    def __init__(self, settings: KafkaSettings, records: Iterable[Made], rate: float) -> None:
        self.rate = rate
        self.acknowledged: Counter[bytes] = Counter()
        self.refused: Counter[str] = Counter()
        # A counter adds up all of its keys whenever it is asked, which takes half a second after an hour.
        self._total = 0
        self._topic = settings.tweets_topic
        self._settings = settings
        self._records = iter(records)
        self._making = threading.Lock()
        self._sent: deque[tuple[Any, bytes]] = deque()
        self._lock = threading.Lock()
        self._producer = connect(KafkaProducer, settings, **_OPTIONS)

    @property
    def total(self) -> int:
        """The number of records that Kafka has acknowledged."""
        self._settle()
        return self._total

    @contextmanager
    def running(self) -> Iterator[None]:
        """Send as long as the block runs."""
        stop = threading.Event()
        thread = threading.Thread(target=self._run, args=(stop,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def send(self, records: Iterable[Made]) -> None:
        """Send these now, and return when they are acknowledged, whatever else is sent meanwhile."""
        for record in records:
            self._send(record)
        self._await(self._sent[-1][0] if self._sent else None)

    def more(self, number: int) -> None:
        """Send so many of its own records now, and return when all that was sent is acknowledged."""
        with self._making:
            for record in islice(self._records, number):
                self._send(record)
        self.flush()

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """Send nothing by itself within the block; all that was sent before is acknowledged."""
        rate, self.rate = self.rate, 0.0
        with self._making:
            self.flush()
        try:
            yield
        finally:
            self.rate = rate

    def acknowledge(self, keys: Iterable[bytes]) -> None:
        """Count records of these keys, which Kafka has said that it has."""
        for key in keys:
            self.acknowledged[key] += 1
            self._total += 1

    def renew(self) -> None:
        """Read the topic's partitions again after a change. No record may be in flight."""
        self._producer.close(5)
        self._producer = connect(KafkaProducer, self._settings, **_OPTIONS)

    def flush(self, timeout: float = 300.0) -> None:
        """Wait until Kafka has everything."""
        deadline = time.monotonic() + timeout
        while self._sent:
            self._settle()
            assert time.monotonic() < deadline, f"Kafka has not acknowledged {len(self._sent)} records"
            time.sleep(_TICK)

    def _await(self, last: Any, timeout: float = 300.0) -> None:
        """Wait until a record is settled, which are settled in their order: so all before it are."""
        deadline = time.monotonic() + timeout
        # A copy, because the feed's own thread changes the queue at the same time.
        while last is not None and any(future is last for future, _ in self._sent.copy()):
            self._settle()
            assert time.monotonic() < deadline, f"Kafka has not acknowledged {len(self._sent)} records"
            time.sleep(_TICK)

    def close(self) -> None:
        self._producer.close(5)

    def _run(self, stop: threading.Event) -> None:
        due, last = 0.0, time.monotonic()
        while not stop.wait(_TICK):
            now = time.monotonic()
            # What could not be sent in time is not caught up with: it is a flow, not a burst.
            due = min(due + (now - last) * self.rate, self.rate)
            last = now
            room = MOST_UNACKNOWLEDGED - len(self._sent)
            with self._making:
                # Whoever has just asked for quiet waits for this.
                number = max(0, min(int(due), room)) if self.rate else 0
                for record in islice(self._records, number):
                    self._send(record)
            due -= number
            self._settle()

    def _send(self, record: Made) -> None:
        self._sent.append((self._producer.send(self._topic, record.value, record.key), record.key))

    def _settle(self) -> None:
        with self._lock:
            while self._sent and self._sent[0][0].is_done:
                future, key = self._sent.popleft()
                try:
                    future.get()
                    self.acknowledge([key])
                except KafkaError as error:
                    self.refused[type(error).__name__] += 1


_OPTIONS = {
    "acks": "all",
    "enable_idempotence": True,
    "linger_ms": 20,
    "batch_size": 262_144,
    # As long as its milliseconds go: only then no record is given up while the broker is away.
    "delivery_timeout_ms": 24 * 86_400_000,
    "request_timeout_ms": 10_000,
    "reconnect_backoff_max_ms": 1_000,
    "allow_auto_create_topics": False,
    "metrics_enabled": False,
}

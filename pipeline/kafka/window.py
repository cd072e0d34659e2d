"""Records that Kafka was sent and has not acknowledged, in their order, over a producer that may have to be replaced.

An idempotent producer of kafka-python's ends for good when the broker refuses a single record as too large
(MESSAGE_TOO_LARGE): all that it holds fails with that same error, and it takes nothing more. So everything that is not
settled is kept. The largest of what failed is sent alone by another producer, which shows whether it is the one; then
comes the rest. What was in Kafka by then without our knowing is there twice, under the same key.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from kafka import KafkaProducer
from kafka import errors as kafka

from pipeline.sources.source import Item

CLOSE_SECONDS = 2.0
FRUITLESS = 3
"""Producers in a row by which nothing came into Kafka, after which the error counts."""

TOO_LARGE = (kafka.MessageSizeTooLargeError, kafka.RecordListTooLargeError)
OUT_OF_ORDER = (kafka.OutOfOrderSequenceNumberError, kafka.DuplicateSequenceNumberError, kafka.UnknownProducerIdError)
"""What befalls batches that were under way while one before them was split, since it was too large as a whole."""


@dataclass(slots=True)
class Sent:
    """An item as a record; `is_refused` where the broker does not take it, being too large."""

    item: Item
    key: bytes | None
    value: bytes
    future: Any = None
    is_refused: bool = False

    @property
    def is_acknowledged(self) -> bool:
        """True if Kafka has it."""
        return self.future is not None and self.future.is_done and not self.future.failed()

    @property
    def error(self) -> BaseException | None:
        """Why it is not in Kafka, once that is known."""
        failed = self.future is not None and self.future.is_done and self.future.failed()
        return self.future.exception if failed else None


class Window:
    """Sends, and tells in their order what became of the records.

    Args:
        topic: where to.
        connect: makes a producer.

    Raises:
        Whatever `connect` raises.
    """

    def __init__(self, topic: str, connect: Callable[[], KafkaProducer]) -> None:
        self._topic = topic
        self._connect = connect
        self._producer = connect()
        self._sent: deque[Sent] = deque()
        self._suspect: Sent | None = None
        self._fruitless = 0
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._sent)

    def send(self, sent: Sent) -> None:
        """Hand a record to the producer, or keep it while another one is sent alone.

        Raises:
            KafkaError: there can be no producer that takes it.
        """
        self._sent.append(sent)
        self.bytes += len(sent.value)
        if self._suspect is None:
            self._send(sent)

    def settled(self) -> Iterator[Sent]:
        """The oldest records, as far as it is known of each that Kafka has it, or that it is refused.

        Raises:
            KafkaError: one can't be had into Kafka, and it is not its size.
        """
        self._judge()
        while self._sent:
            first = self._sent[0]
            if first.is_acknowledged or first.is_refused:
                self._fruitless = 0
                self.bytes -= len(first.value)
                yield self._sent.popleft()
            elif first.error is not None and self._suspect is None:
                self._replace(first.error)
            else:
                return

    def wait(self, seconds: float | None) -> None:
        """Wait for the next record to be settled, so long at most; what became of it is told by `settled`."""
        # While a record is sent alone, the others have not been sent, so there is nothing of theirs to wait for.
        awaited = self._suspect or self._sent[0]
        if awaited.future is not None:
            with suppress(kafka.KafkaError):
                awaited.future.get(timeout=seconds)

    def close(self) -> None:
        """Let go of the connection; what is not acknowledged within seconds is given up."""
        try:
            self._producer.close(CLOSE_SECONDS)
        except kafka.KafkaError:
            # It gives up half-way, and would wait and log again when it is garbage-collected. Its thread is a daemon.
            self._producer._sender.force_close()
            self._producer._closed = True

    def _send(self, sent: Sent) -> None:
        try:
            sent.future = self._producer.send(self._topic, sent.value, sent.key)
        except TOO_LARGE:
            # It is larger than the producer's own limit.
            sent.is_refused = True
        except kafka.KafkaError as error:
            self._replace(error)

    def _replace(self, error: BaseException) -> None:
        """Begin anew with another producer; the error where that is of no use."""
        # Closing ends all records under way: the one that caused the error may come after the first that failed.
        self.close()
        large = [sent for sent in self._sent if isinstance(sent.error, TOO_LARGE)]
        self._fruitless += 1
        if self._fruitless > FRUITLESS or not (large or isinstance(error, OUT_OF_ORDER)):
            raise error
        self._producer = self._connect()
        # Whatever is not acknowledged is sent again, also what may be in Kafka: twice is allowed, never is not.
        for sent in self._sent:
            if not sent.is_acknowledged:
                sent.future = None
        if large:
            # All of them failed with the same error; the largest is the likeliest cause.
            self._suspect = max(large, key=lambda sent: len(sent.value))
            self._send(self._suspect)
        else:
            self._send_rest()

    def _judge(self) -> None:
        """Once it is known what became of the record that was sent alone: send the rest."""
        suspect = self._suspect
        if suspect is None or not (suspect.is_acknowledged or suspect.is_refused or suspect.error):
            return
        self._suspect = None
        if suspect.error is not None:
            if not isinstance(suspect.error, TOO_LARGE):
                raise suspect.error
            suspect.is_refused, suspect.future = True, None
            self.close()
            self._producer = self._connect()
        self._fruitless = 0
        self._send_rest()

    def _send_rest(self) -> None:
        for sent in self._sent:
            # If a record fails at once, `_send` begins anew with all that is left, and this loop is done.
            if sent.future is None and not sent.is_refused and self._suspect is None:
                self._send(sent)

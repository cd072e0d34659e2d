"""Rejected records are sent again, and each is marked once Kafka has acknowledged it.

A mark is a record in the topic of dead letters, in the partition of its letter. Its key says which record was sent
again, and for the how manieth time (`pipeline.domain.replay`); its value says where it lies now. A process that is
killed may have sent what it has not marked; that is sent once more by the next one. Why so: ADR 0014.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType
from typing import Any, Self

from kafka import KafkaProducer
from kafka.errors import KafkaError, MessageSizeTooLargeError, RecordListTooLargeError

from pipeline.domain.record import Reason
from pipeline.domain.replay import Replay
from pipeline.kafka.client import connect, kafka_errors
from pipeline.kafka.dead_letters import DeadLetter, History
from pipeline.kafka.publisher import MAX_BUFFERED_BYTES, producer_options
from pipeline.kafka.window import CLOSE_SECONDS
from pipeline.settings import KafkaSettings

MAX_REQUEST_BYTES = 256_000_000
"""Before compression, so that it is the broker who says what is too large: it had the record once."""

_TOO_LARGE = (MessageSizeTooLargeError, RecordListTooLargeError)


class Left(StrEnum):
    """Why a rejected record is not sent again. A closed list."""

    SENT_BEFORE = "sent_before"
    GONE = "gone"
    TOO_LARGE = "too_large"


@dataclass(frozen=True, slots=True)
class Chosen:
    """A letter that is to be sent again, and as which attempt."""

    letter: DeadLetter
    attempt: Replay


@dataclass(slots=True)
class Resent:
    """The records that Kafka has acknowledged and that were marked, and those that were left, by reason."""

    sent: int = 0
    left: Counter[Left] = field(default_factory=Counter)


def chosen(
    letters: Iterable[DeadLetter],
    history: History,
    resent: Resent,
    *,
    reason: Reason | None = None,
    again: bool = False,
) -> Iterator[Chosen]:
    """The records to send again: those that never were, or, with `again`, each record by its last rejection, once.

    Args:
        letters: each dead letter once.
        history: of all of them.
        resent: where the ones left are counted.
        reason: only those that were rejected for it.
        again: also what was sent again before.
    """
    firsts: set[str] = set()
    for letter in letters:
        if reason not in (None, letter.reason) or not history.is_last(letter) or letter.attempt.first in firsts:
            continue
        firsts.add(letter.attempt.first)
        if again or not history.was_sent(letter):
            yield Chosen(letter, history.after(letter))
        else:
            resent.left[Left.SENT_BEFORE] += 1


class Resender:
    """Sends rejected records to the topic of tweets again, and marks them; to be used in a `with`.

    Args:
        settings: the broker and the topics.
        whole: the whole value of a letter that holds only its head; None where it is gone.
        delivery_timeout: seconds that a record may wait for its acknowledgement before sending fails.

    Raises:
        SetupError: the broker does not answer.
        ConfigError: it refuses the credentials.
    """

    def __init__(
        self, settings: KafkaSettings, whole: Callable[[DeadLetter], bytes | None], delivery_timeout: float = 120.0
    ) -> None:
        self._settings = settings
        self._whole = whole
        self._sent: deque[tuple[Chosen, Any, int]] = deque()
        self._marks: deque[Any] = deque()
        self._buffered = 0
        # kafka-python's idempotent producer takes nothing more once the broker has refused a record as too large.
        own = {"max_request_size": MAX_REQUEST_BYTES, "enable_idempotence": False}
        options = producer_options(delivery_timeout) | own
        self._producer = connect(KafkaProducer, settings, **options)

    def resend(self, letters: Iterable[Chosen], resent: Resent) -> None:
        """Send all of them, and wait until each is acknowledged and marked; what is, is also when this fails.

        Raises:
            SetupError: the broker has stopped answering, or does not take the records.
            ConfigError: the broker does not let this user write to the one topic or the other.
        """
        with kafka_errors(self._settings):
            try:
                for one in letters:
                    self._send(one, resent)
                    # The first record alone, so that a user without the right to mark sends no more than one.
                    self._settle(resent, keep=MAX_BUFFERED_BYTES if resent.sent else 0)
                self._settle(resent, keep=0)
            except BaseException:
                self._mark_acknowledged()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._producer.close(CLOSE_SECONDS)

    def _send(self, one: Chosen, resent: Resent) -> None:
        letter = one.letter
        value = letter.value if letter.size is None else self._whole(letter)
        if letter.size is not None and value is None:
            resent.left[Left.GONE] += 1
            return
        headers = [("attempt", str(one.attempt.number).encode())]
        future = self._producer.send(self._settings.tweets_topic, value, one.attempt.key, headers)
        self._sent.append((one, future, len(value or b"")))
        self._buffered += len(value or b"")

    def _settle(self, resent: Resent, keep: int) -> None:
        """Mark what is acknowledged, and wait while more than `keep` bytes are not."""
        # `keep` 0 waits for all of them, also for records without a value, which have no bytes to count.
        while self._sent and (self._sent[0][1].is_done or self._buffered > keep or not keep):
            one, future, size = self._sent.popleft()
            self._buffered -= size
            try:
                self._marks.append(self._mark(one, future.get()))
            except _TOO_LARGE:
                resent.left[Left.TOO_LARGE] += 1
        while self._marks and (self._marks[0].is_done or not keep):
            self._marks.popleft().get()
            resent.sent += 1

    def _mark(self, one: Chosen, at: Any) -> Any:
        where = f"{at.topic}-{at.partition}-{at.offset}-{at.timestamp}".encode()
        return self._producer.send(
            self._settings.rejected_topic, where, one.attempt.key, partition=one.letter.partition
        )

    def _mark_acknowledged(self) -> None:
        """Whatever went wrong: what Kafka has by now must not be sent once more."""
        try:
            for one, future, _ in self._sent:
                if future.succeeded():
                    self._mark(one, future.get())
            self._producer.flush(CLOSE_SECONDS)
        except KafkaError:
            return

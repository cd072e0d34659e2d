"""The dead letters: rejected records as they came, read back from their topic.

The topic is at-least-once, keyed by where the record lay: what comes twice is given once. It also holds the marks of
what was sent again (`pipeline.kafka.resending`), each in the partition of its letter: Kafka deletes a partition from
its beginning, so that no mark goes before its letter.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaTimeoutError

from pipeline.domain.replay import HEADER, PREFIX, Replay, replay_in
from pipeline.kafka.client import connect, kafka_errors
from pipeline.settings import KafkaSettings

SILENCE_SECONDS = 30.0
"""Seconds without a record, where there must be more, after which a broker is taken to be away."""

_POLL_MS = 1_000
_TRUNCATED = "truncated"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A rejected record.

    Attributes:
        key: its coordinates when it was rejected.
        reason, error: why.
        time: when that was written down.
        value: its bytes; None if it had no value.
        partition: of the topic of dead letters.
        attempt: its first rejection, and how often it had been sent again when it was rejected this time.
        size: bytes of the whole record where `value` is only its head, else None.
    """

    key: str
    reason: str
    error: str
    time: datetime
    value: bytes | None
    partition: int
    attempt: Replay
    size: int | None = None

    @property
    def bytes(self) -> int:
        """Of the whole record."""
        return len(self.value or b"") if self.size is None else self.size


@dataclass(slots=True)
class History:
    """Records that were sent again, and those that came back, by the coordinates of the first rejection.

    Attributes:
        sent: the highest number that was sent.
        back: the highest number that was rejected again.
    """

    sent: dict[str, int] = field(default_factory=dict)
    back: dict[str, int] = field(default_factory=dict)

    def was_sent(self, letter: DeadLetter) -> bool:
        """True if its record was ever sent again."""
        return letter.attempt.first in self.sent

    def is_last(self, letter: DeadLetter) -> bool:
        """True if it is its record's last rejection."""
        return letter.attempt.number == self.back.get(letter.attempt.first, 0)

    def after(self, letter: DeadLetter) -> Replay:
        """The attempt that comes next."""
        first = letter.attempt.first
        return Replay(first, self.sent.get(first, 0) + 1)

    def note(self, key: bytes | None, came_back: Replay | None) -> None:
        """Take a record of the topic into account: a mark by its key, or a letter."""
        mark = replay_in(key)
        if mark:
            self.sent[mark.first] = max(mark.number, self.sent.get(mark.first, 0))
        elif came_back:
            # It has come back, so it was sent, even if the process was killed before it wrote the mark.
            self.sent[came_back.first] = max(came_back.number, self.sent.get(came_back.first, 0))
            self.back[came_back.first] = max(came_back.number, self.back.get(came_back.first, 0))


class DeadLetters:
    """The dead letters that are there now, oldest first in each partition; to be closed or used with `closing`.

    Args:
        settings: the broker; they are in `settings.rejected_topic`.

    Raises:
        SetupError: the broker does not answer.
        ConfigError: it refuses the credentials.
    """

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        # No group: nothing is committed, and a user needs no privilege for one.
        self._consumer: Any = connect(KafkaConsumer, settings, enable_auto_commit=False, auto_offset_reset="earliest")
        with kafka_errors(settings):
            self._ends = self._ends_of(settings.rejected_topic)

    def read(self) -> Iterator[DeadLetter]:
        """Each dead letter once."""
        seen: set[str] = set()
        for record in self._records():
            if not (record.key or b"").startswith(PREFIX):
                letter = _letter(record)
                if letter.key not in seen:
                    seen.add(letter.key)
                    yield letter

    def history(self) -> History:
        """The history of records that were sent again: all of the topic is read, and little of it is kept."""
        history = History()
        for record in self._records():
            history.note(record.key, _came_back(record))
        return history

    def close(self) -> None:
        """Let go of the connection."""
        self._consumer.close()

    def _ends_of(self, topic: str) -> dict[TopicPartition, int]:
        numbers = self._consumer.partitions_for_topic(topic) or ()
        partitions = [TopicPartition(topic, number) for number in sorted(numbers)]
        ends: dict[TopicPartition, int] = self._consumer.end_offsets(partitions) if partitions else {}
        return ends

    def _records(self) -> Iterator[Any]:
        """All that the topic held when it was opened."""
        if not self._ends:
            return
        with kafka_errors(self._settings):
            self._consumer.assign(list(self._ends))
            for partition, offset in self._consumer.beginning_offsets(list(self._ends)).items():
                self._consumer.seek(partition, offset)
            yield from next_records(self._consumer, self._ends)


def open_dead_letters(settings: KafkaSettings) -> closing[DeadLetters]:
    """The dead letters, closed at the end of a `with`."""
    return closing(DeadLetters(settings))


def next_records(consumer: Any, ends: dict[TopicPartition, int], max_records: int | None = None) -> Iterator[Any]:
    """A consumer's records from its positions up to these offsets.

    Raises:
        KafkaTimeoutError: nothing came for `SILENCE_SECONDS` seconds.
    """
    moved = time.monotonic()
    # By position, since markers of transactions and what compaction has removed are never returned by a poll.
    while any(consumer.position(partition) < end for partition, end in ends.items()):
        polled = consumer.poll(_POLL_MS, max_records=max_records)
        if polled:
            moved = time.monotonic()
        elif time.monotonic() - moved > SILENCE_SECONDS:
            raise KafkaTimeoutError("the broker has stopped answering")
        for partition, records in polled.items():
            yield from (record for record in records if record.offset < ends[partition])
            # Whoever takes the records may need long for one, which is no silence of the broker's.
            moved = time.monotonic()


def _letter(record: Any) -> DeadLetter:
    headers = {name: value for name, value in record.headers or () if value is not None}
    key = (record.key or b"").decode("utf-8", "replace")
    return DeadLetter(
        key=key,
        reason=headers.get("reason", b"unknown").decode("utf-8", "replace"),
        error=headers.get("error", b"").decode("utf-8", "replace"),
        time=datetime.fromtimestamp(record.timestamp / 1000, UTC),
        value=record.value,
        partition=record.partition,
        attempt=replay_in(headers.get(HEADER)) or Replay(key),
        size=_size(headers.get(_TRUNCATED)),
    )


def _came_back(record: Any) -> Replay | None:
    return next((replay_in(value) for name, value in record.headers or () if name == HEADER), None)


def _size(header: bytes | None) -> int | None:
    if header is None:
        return None
    with suppress(ValueError):
        return int(header[:20])
    # Unknown, and never the size of a record: the letter counts as truncated, and no original matches it.
    return -1

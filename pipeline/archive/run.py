"""A run of the archive: reads batches and commits each with the positions behind it, until it is stopped.

Nothing but the table's log says what is archived. After a kill at any moment, the log has a batch with its positions,
or neither.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Protocol
from uuid import uuid4

from tenacity import RetryCallState

from pipeline.archive.columns import RawRecord, as_table
from pipeline.archive.reader import Batch, TopicReader
from pipeline.archive.table import ArchiveTable
from pipeline.domain.progress import Lag, Partition, lags
from pipeline.domain.record import Reason, Rejection, decode
from pipeline.domain.tweet import Tweet
from pipeline.errors import PipelineError, SinkUnavailable
from pipeline.outages import FIRST_WAIT, attempts
from pipeline.privacy.forgotten import ForgottenList, entries_in
from pipeline.privacy.guard import OPEN, Guard
from pipeline.privacy.key import secret_key
from pipeline.settings import Settings


class Observer(Protocol):
    """Is told what becomes of records."""

    def made(self, uri: str) -> None:
        """There was no table, and now there is."""

    def began(self, topic_id: str) -> None:
        """It reads a topic, from the positions in the log."""

    def expired(self, partition: int, records: int) -> None:
        """Kafka had deleted records before they were archived."""

    def archived(self, records: int, size: int, rejected: int, forgotten: int, seconds: float) -> None:
        """A commit is done: its rows and their bytes, those of them that are no tweets, and what was left out."""

    def behind(self, lags: Mapping[Partition, Lag]) -> None:
        """The lag of each partition."""

    def waiting(self, error: SinkUnavailable, attempt: int) -> None:
        """Kafka or the store does not let it go on."""


class Stopped(PipelineError):
    """It was asked to stop while it waited; what is not committed is read again at the next start."""


class TopicChanged(PipelineError):
    """The topic was deleted and made anew: what was read and is not committed may be of either."""


class Archiving:
    """The archive's loop.

    Args:
        settings: all of them.
        table: where to.
        observer: is told.
        stop: set it to end the run after the batch in hand is committed.
        sleep_first: seconds of the first wait.
    """

    def __init__(
        self, settings: Settings, table: ArchiveTable, observer: Observer, stop: threading.Event, *,
        sleep_first: float = FIRST_WAIT, clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._settings = settings
        self._table = table
        self._observer = observer
        self._stop = stop
        self._sleep_first = sleep_first
        self._clock = clock
        self._forgotten = ForgottenList(settings.privacy_folder)
        self._was_there = False
        self._counted: set[tuple[str, int, int]] = set()

    def until_stopped(self, *, once: bool = False) -> None:
        """Archive, and wait out the faults of Kafka and of the store.

        Args:
            once: end when all is archived that Kafka held at the start.

        Raises:
            AlreadyRunning: another reader writes to the archive.
            ConfigError: Kafka refuses the user, or the key of the list of the forgotten is wrong.
            SetupError: the archive can't be written, and waiting does not mend that.
        """
        try:
            self._patiently(lambda: self._through(once=once))
        except Stopped:
            return

    def _through(self, *, once: bool) -> None:
        """From the positions in the log on; again from there after a fault of Kafka's."""
        self._open()
        with closing(TopicReader(self._settings.kafka, self._settings.archive, clock=self._clock)) as reader:
            ends = {number: end for number, (_, end) in reader.held().items()} if once else None
            while not self._stop.is_set():
                try:
                    self._one_topic(reader, reader.topic_id(), ends)
                except TopicChanged:
                    continue
                return

    def _open(self) -> None:
        # Made at the start only: one that is gone later is on a disk that is not mounted now.
        if self._was_there:
            self._table.open()
            return
        if self._table.ensure():
            self._observer.made(self._table.uri)
        self._was_there = True

    def _one_topic(self, reader: TopicReader, topic_id: str, ends: Mapping[int, int] | None) -> None:
        """Archive one topic, until it is stopped, or `ends` are reached.

        Raises:
            TopicChanged: it was made anew; the one that is there now begins at its own beginning.
        """
        self._observer.began(topic_id)
        at: dict[int, int] = {}
        logged: dict[int, int] = {}
        while not self._stop.is_set():
            held = reader.held()
            if at.keys() != held.keys():
                # Read from the table only where reading begins from it. Asked again later, it could have the positions
                # of another reader, and what was read from ours on would pass for what follows them.
                logged = self._table.positions(topic_id, held)
                at = self._starts(topic_id, logged, held)
                reader.seek(at)
            self._observer.behind(_lags(self._settings.kafka.tweets_topic, logged, held))
            if ends is not None and all(at.get(number, 0) >= end for number, end in ends.items()):
                return
            seconds = 1.0 if ends is not None else self._settings.archive.commit_seconds
            batch = reader.read(at, self._stop.is_set, seconds)
            if batch.after:
                # Only now: an id never comes back, so that all that was read until here is of this topic.
                if reader.topic_id() != topic_id:
                    raise TopicChanged("the topic was deleted and made anew")
                self._commit(batch, topic_id, logged)
                logged |= batch.after
                at |= batch.after

    def _starts(self, topic_id: str, logged: Mapping[int, int], held: Mapping[int, tuple[int, int]]) -> dict[int, int]:
        """Where to begin in each partition; what Kafka has deleted before that is counted, once."""
        starts = {}
        for number, (beginning, _) in held.items():
            position = logged.get(number, beginning)
            starts[number] = max(position, beginning)
            gap = (topic_id, number, beginning)
            if beginning > position and gap not in self._counted:
                self._counted.add(gap)
                self._observer.expired(number, beginning - position)
        return starts

    def _commit(self, batch: Batch, topic_id: str, logged: Mapping[int, int]) -> None:
        name = uuid4().hex
        before = {number: logged[number] for number in batch.after if number in logged}

        def attempt(state: list[bool]) -> None:
            if state:
                # The last attempt may have been committed all the same: only the log says so.
                self._table.open()
            state.append(True)
            self._attempt(batch, topic_id, before, name)

        attempts: list[bool] = []
        self._patiently(lambda: attempt(attempts))

    def _attempt(self, batch: Batch, topic_id: str, before: Mapping[int, int], name: str) -> None:
        started = self._clock()
        # For each attempt anew: `forget` gets its turn between two, and the next one knows what it has listed.
        with self._forgotten.batch():
            judged = self._judged(batch.records)
            rows = as_table(judged, topic_id)
            self._table.append(rows, topic_id, before, batch.after, name)
        rejected = sum(isinstance(decoded, Rejection) for _, decoded in judged)
        size = sum(record.size for record, _ in judged)
        left_out = len(batch.records) - len(judged)
        self._observer.archived(len(judged), size, rejected, left_out, self._clock() - started)

    def _judged(self, records: list[RawRecord]) -> list[tuple[RawRecord, Tweet | Rejection]]:
        """The records with what is decoded of them, without those of the forgotten."""
        guard, most = self._guard(), self._settings.stream.max_record_bytes
        judged = []
        for record in records:
            decoded = guard.judged(_decoded(record.value, most), record.value)
            if not (isinstance(decoded, Rejection) and decoded.reason is Reason.FORGOTTEN):
                judged.append((record, decoded))
        return judged

    def _guard(self) -> Guard:
        content = self._forgotten.read()
        if not content:
            return OPEN
        key = secret_key(self._settings)
        return Guard(self._settings.privacy, key, entries_in(content, key), self._settings.scoring)

    def _patiently(self, work: Callable[[], None]) -> None:
        """Do it again and again while the environment is at fault.

        Raises:
            Stopped: it was asked to stop meanwhile.
        """
        for attempt in attempts(self._stop, self._tell_waiting, first_wait=self._sleep_first):
            with attempt:
                if attempt.retry_state.attempt_number > 1 and self._stop.is_set():
                    raise Stopped("asked to stop")
                work()

    def _tell_waiting(self, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        assert isinstance(error, SinkUnavailable)
        self._observer.waiting(error, state.attempt_number)


def _decoded(value: bytes | None, most: int) -> Tweet | Rejection:
    """As the stream decodes it: a record that is too large is no tweet."""
    if value is not None and len(value) > most:
        return decode(b"", len(value))
    return decode(value)


def _lags(topic: str, logged: Mapping[int, int], held: Mapping[int, tuple[int, int]]) -> dict[Partition, Lag]:
    committed = {(topic, number): position for number, position in logged.items()}
    return lags(committed, {(topic, number): bounds for number, bounds in held.items()})

"""A reprocessing: the archive's records through the very code of the stream's tasks, without Spark around it."""

from __future__ import annotations

import pickle
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tenacity import RetryCallState

from pipeline.archive.table import ArchiveTable
from pipeline.domain.delivery import Attempt
from pipeline.domain.document import SCORED
from pipeline.domain.outcome import Outcome
from pipeline.domain.prediction import Task
from pipeline.errors import ConfigError, PipelineError, SinkError, SinkUnavailable
from pipeline.outages import attempts
from pipeline.ports import Scorer, Sink
from pipeline.reprocess.progress import Progress, load, save
from pipeline.reprocess.windows import Days, Span, as_stream, read, spans
from pipeline.settings import Settings
from pipeline.stream import partition
from pipeline.stream.champions import Champion, Champions
from pipeline.stream.kafka_io import HEAD_BYTES
from pipeline.stream.privacy import Privacy

OFFSETS = 20_000
"""The offsets of a part: what is in memory at once, and what is repeated after a kill."""

Tell = Callable[[Progress], object]


class Stopped(PipelineError):
    """It was asked to stop; called again, it goes on."""


@dataclass(slots=True)
class Here:
    """Stands where tasks expect Spark: the driver and its one worker are this process.

    A broadcast is an object with a `value`, and outcomes are added up.
    """

    value: Any = None
    outcome: Outcome = field(default_factory=Outcome)

    def broadcast(self, value: Any) -> Here:
        """What a task gets is what the driver has."""
        return Here(value)

    def destroy(self, *, blocking: bool = False) -> None:
        """Nothing was sent anywhere."""

    def unpersist(self, *, blocking: bool = False) -> None:
        """Nothing was sent anywhere."""

    def add(self, outcome: Outcome) -> None:
        """As an accumulator of Spark's."""
        self.outcome.add(outcome)


class Strict:
    """The observer of champions: without one that can be loaded, documents would lack what it says."""

    def model_in_use(
        self, task: Task, version: str, trained: datetime, evaluation: Mapping[str, float], labels: Sequence[str]
    ) -> None:
        """It predicts from now on."""

    def model_failed(self, task: Task, error: PipelineError) -> None:
        """It ends the run."""
        raise error

    def model_mended(self, task: Task) -> None:
        """Never, since each is loaded once."""


class Reprocessing:
    """One run; a run that was ended at any moment goes on where it was.

    Args:
        settings: all of them, with the namespace that is written to.
        archive: where from.
        scorers, sink: as the stream has them.
        champions: of the registry; those of the start score all of a run.
        documents: counts the tweets in the namespace.
        file: keeps the progress.
        stop: set it to end the run after the part in hand.
        tell: told after each part.
        waiting: told why it waits.
    """

    def __init__(
        self,
        settings: Settings,
        archive: ArchiveTable,
        scorers: tuple[Scorer, ...],
        sink: Sink,
        champions: Champions,
        documents: Callable[[], int],
        file: Path,
        stop: threading.Event,
        tell: Tell = lambda _: None,
        waiting: Callable[[SinkUnavailable], object] = lambda _: None,
    ) -> None:
        self._settings = settings
        self._archive = archive
        self._sink = sink
        self._documents = documents
        self._file = file
        self._stop = stop
        self._tell = tell
        self._waiting = waiting
        self._told = pickle.dumps(partition.TaskSettings.of(settings, scorers, (sink,)))
        self._here = Here()
        self._champions: tuple[Champion, ...] = champions.of_batch(self._here)
        self._privacy = Privacy(settings)

    def run(self, days: Days) -> Progress:
        """Score and index all records of these days.

        Raises:
            Stopped: it was asked to stop.
            ConfigError: the namespace has a reprocessing of other days that is not finished.
            PipelineError: a fault that waiting does not mend.
        """
        progress = self._begun(days)
        for span in progress.spans:
            while (first := progress.done.get(span.name, span.first)) < span.end:
                if self._stop.is_set():
                    raise Stopped("stopped; the same command goes on")
                self._part(days, span, first, progress)
                self._tell(progress)
        return progress

    def require_agreement(self, progress: Progress) -> int:
        """Hold the number of documents against the counts; the number.

        Raises:
            SinkError: they differ.
        """
        found, wanted = self._patiently(self._documents), progress.documents + progress.indexed
        if found != wanted:
            raise SinkError(
                f"the namespace has {found:,} tweets and should have {wanted:,}: does anybody else write to it? "
                "The alias stays where it was"
            )
        return int(found)

    def _begun(self, days: Days) -> Progress:
        asked, known = f"{days.first or ''} {days.end or ''}", load(self._file)
        versions = {str(one.task): one.version for one in self._champions}
        if known is not None and not known.finished:
            if known.asked != asked:
                raise ConfigError(
                    "a reprocessing of other days into this namespace is not finished: "
                    f"finish it, or remove {self._file}"
                )
            if known.champions != versions:
                raise ConfigError(
                    "the champions are others than when this reprocessing began: roll them back (`tweetpulse models "
                    f"rollback`), or remove {self._file} and reprocess into another namespace"
                )
            return known
        progress = Progress(
            asked, versions, self._patiently(self._documents), self._patiently(lambda: spans(self._archive, days))
        )
        save(self._file, progress)
        return progress

    def _part(self, days: Days, span: Span, first: int, progress: Progress) -> None:
        end = min(first + OFFSETS, span.end)
        # With the time of the first attempt, what it indexed before a kill still counts as indexed by this part.
        again = progress.in_hand()
        began = again or datetime.now(UTC)
        progress.began = began.timestamp()
        save(self._file, progress)
        attempts: list[Attempt] = []

        def attempt() -> Outcome:
            this = Attempt(began, repeated=again is not None or bool(attempts))
            attempts.append(this)
            return self._attempt(days, span, first, end, this)

        counts = self._patiently(attempt).accounting(self._sink.target(SCORED))
        if counts.missing:
            raise SinkError(f"of {counts.read:,} records nothing is known of {counts.missing:,}: this is a fault")
        progress.read += counts.read
        progress.indexed += counts.indexed
        progress.already_there += counts.already_there
        progress.rejected += counts.rejected
        progress.done[span.name], progress.began = end, None
        save(self._file, progress)

    def _attempt(self, days: Days, span: Span, first: int, end: int, this: Attempt) -> Outcome:
        rows = read(self._archive, days, span, first, end)
        limit, chunk = self._settings.stream.max_record_bytes, self._settings.elasticsearch.bulk_documents
        batches = as_stream(rows, limit, HEAD_BYTES, chunk)
        outcomes = Here()
        with self._privacy.in_force(self._here) as told:
            plan = self._sink.prepare(this)
            work = partition.Work(self._told, (plan,), this, self._champions, told)
            # The messages for Kafka are left out: the stream has sent them.
            deque(partition.run(batches, work, outcomes), maxlen=0)
        if outcomes.outcome.fault is not None:
            raise outcomes.outcome.fault
        return outcomes.outcome

    def _patiently(self, work: Callable[[], Any]) -> Any:
        for attempt in attempts(self._stop, self._tell_waiting):
            with attempt:
                if self._stop.is_set():
                    raise Stopped("stopped; the same command goes on")
                found = work()
        return found

    def _tell_waiting(self, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        assert isinstance(error, SinkUnavailable)
        self._waiting(error)

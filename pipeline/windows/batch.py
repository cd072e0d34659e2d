"""A micro-batch of the windows' query on the driver: write what it changed, and wait out the environment's faults."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, Row
from tenacity import RetryCallState

from pipeline.errors import NewerFormat, SetupError, SinkUnavailable
from pipeline.outages import attempts
from pipeline.sinks.elasticsearch.client import Elasticsearch, elasticsearch_errors
from pipeline.sinks.elasticsearch.settings import ElasticsearchSettings
from pipeline.sinks.elasticsearch.window_indices import delete_expired, expired, index_of
from pipeline.sinks.elasticsearch.window_store import EXPIRED, Window, WindowStore
from pipeline.stream import kafka_io
from pipeline.stream.batch import Stopping

SWEEP_SECONDS = 3_600.0
"""How often windows that are too old are deleted."""

_OURS = re.compile(r"pipeline\.errors\.(NewerFormat|SetupError): (.+)")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Observer(Protocol):
    """Is told what became of a batch."""

    def waiting(self, sink: str, error: SinkUnavailable, attempt: int) -> None:
        """Elasticsearch is waited for."""

    def written(self, batch: int, counts: Mapping[str, int]) -> None:
        """All windows of a batch are in the index; counts by what became of them."""

    def deleted(self, indices: Sequence[str]) -> None:
        """Indices were too old."""


class WindowWriter:
    """Called by `foreachBatch`. Once it returns, all windows of the batch are in the index.

    Args:
        client: of Elasticsearch.
        settings: of Elasticsearch.
        kept: length → how long its windows are kept.
        observer: is told what became of each batch.
        stop: set it to end a wait.
        check_topic: is called before a batch.
        now: seconds of the epoch.
    """

    def __init__(
        self,
        client: Elasticsearch,
        settings: ElasticsearchSettings,
        kept: Mapping[str, timedelta],
        observer: Observer,
        stop: threading.Event,
        *,
        check_topic: Callable[[], None] = lambda: None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._client = client
        self._settings = settings
        self._store = WindowStore(client, settings)
        self._kept = kept
        self._observer = observer
        self._stop = stop
        self._check_topic = check_topic
        self._now = now
        self._sweeps_at = 0.0
        self.failure: Exception | None = None
        self.in_flight = threading.Lock()

    def __call__(self, changed: DataFrame, batch: int) -> None:
        """Write the windows of a batch, however long that takes.

        Raises:
            Stopping: the query was asked to stop before the batch was done.
            PipelineError: what waiting does not mend; kept in `failure` too.
        """
        with self.in_flight:
            try:
                self._patiently(self._check_topic)
                rows = self._collected(changed)
                # Once the rows are here their state is made: only the writing is repeated, never the query.
                self._patiently(lambda: self._write([self._window(row) for row in rows], batch))
            except Exception as error:
                # An outage of Kafka ends the query, and the run starts it again.
                if not kafka_io.is_unavailable(error):
                    self.failure = error
                raise

    def _collected(self, changed: DataFrame) -> list[Row]:
        try:
            return changed.collect()
        except (PySparkException, Py4JError) as error:
            if self._stop.is_set():
                raise Stopping("cancelled") from None
            if found := _OURS.search(str(error)):
                raise {"NewerFormat": NewerFormat, "SetupError": SetupError}[found[1]](found[2]) from None
            raise

    def _write(self, windows: Sequence[Window], batch: int) -> None:
        old = {*expired({window.target for window in windows}, self._settings.namespace, self._kept, self._time())}
        results = self._store.write([window for window in windows if window.target not in old])
        results[EXPIRED] = sum(window.target in old for window in windows)
        self._observer.written(batch, results)
        if self._now() >= self._sweeps_at:
            self._sweep()

    def _sweep(self) -> None:
        self._sweeps_at = self._now() + SWEEP_SECONDS
        with elasticsearch_errors(self._settings):
            deleted = delete_expired(self._client, self._settings.namespace, self._kept, self._time())
        if deleted:
            self._observer.deleted(deleted)

    def _time(self) -> datetime:
        return datetime.fromtimestamp(self._now(), UTC)

    def _patiently(self, step: Callable[[], None]) -> None:
        # There is no last attempt: an outage may take days, and the batch must not be skipped.
        for attempt in attempts(self._stop, self._tell_waiting):
            with attempt:
                if self._stop.is_set():
                    raise Stopping("asked to stop")
                step()

    def _window(self, row: Row) -> Window:
        begin = _EPOCH + timedelta(seconds=row.start)
        target = index_of(self._settings.namespace, row.length, row.seconds, begin)
        return Window(target, row.id, row.version, bytes(row.body))

    def _tell_waiting(self, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        assert isinstance(error, SinkUnavailable)
        self._observer.waiting("kafka" if error.reason == "kafka" else "elasticsearch", error, state.attempt_number)

"""The Elasticsearch sink: one document per id, whatever is repeated, resent or rolled over in between."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from elastic_transport import TransportError
from elasticsearch import ApiError, Elasticsearch
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_random_exponential

from pipeline.domain.outcome import Durations
from pipeline.elasticsearch_client import as_pipeline_error
from pipeline.errors import ConfigError, SinkUnavailable
from pipeline.settings import ElasticsearchSettings
from pipeline.sinks.elasticsearch import backing as backing_indices
from pipeline.sinks.elasticsearch.backing import Backing
from pipeline.sinks.elasticsearch.bulk import (
    ALREADY_THERE,
    FILTER_PATH,
    Entry,
    Fate,
    Verdict,
    halves,
    operations,
    verdicts,
)

PATIENCE = 2.0
"""Seconds that a task sends again before it gives up and leaves the waiting to the driver."""


@dataclass(slots=True)
class Report:
    """What became of the entries, by id, and what it took."""

    verdicts: dict[str, Verdict] = field(default_factory=dict)
    repeats: int = 0
    retries: Counter[str] = field(default_factory=Counter)
    bulk: Durations = field(default_factory=Durations)

    def count(self, fate: Fate) -> int:
        """How many entries met this fate; a repeat inside the chunk is already there."""
        found = sum(verdict.fate is fate for verdict in self.verdicts.values())
        return found + (self.repeats if fate is Fate.ALREADY_THERE else 0)


class ElasticsearchSink:
    """Creates documents in data streams; used by one task at a time or by several threads of it."""

    def __init__(
        self,
        client: Elasticsearch,
        settings: ElasticsearchSettings,
        *,
        patience: float = PATIENCE,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._client = client
        self._settings = settings
        self._patience = patience
        self._clock = clock

    def index(self, stream: str, entries: Sequence[Entry], backing: Backing) -> Report:
        """Create each entry unless its id is already there, in the write index or in an older one.

        Raises:
            SinkUnavailable: the environment does not let it be done now; some entries may have been indexed.
            ConfigError: a privilege is missing.
        """
        report = Report()
        distinct = {entry.id: entry for entry in reversed(entries)}
        report.repeats = len(entries) - len(distinct)
        try:
            older = backing_indices.present(self._client, backing.older, distinct)
            # A kill between a bulk and the taking back below leaves a repeat in the write index.
            self._delete(backing.write, backing_indices.held(self._client, backing.write, older))
            report.verdicts.update(dict.fromkeys(older, ALREADY_THERE))
            self._send_all(stream, [entry for entry in distinct.values() if entry.id not in report.verdicts], report)
            self._undo_repeats(stream, backing, report)
        except (TransportError, ApiError) as error:
            raise as_pipeline_error(error, self._settings) from None
        return report

    def _send_all(self, stream: str, entries: Sequence[Entry], report: Report) -> None:
        """Send, and send again what the server was too busy for, until all is said or patience ends."""
        for attempt in Retrying(
            retry=retry_if_exception_type(SinkUnavailable),
            wait=wait_random_exponential(multiplier=0.1, max=1),
            stop=stop_after_delay(self._patience),
            before_sleep=lambda state: _count_retry(state.outcome, report),
            reraise=True,
        ):
            with attempt:
                # What an earlier attempt settled is not sent again, or it would count as already there.
                self._send(stream, [entry for entry in entries if entry.id not in report.verdicts], report)

    def _send(self, stream: str, entries: Sequence[Entry], report: Report) -> None:
        """One request: each entry that has a last word gets it; SinkUnavailable if one has not."""
        if not entries:
            return
        try:
            answered = self._bulk(stream, entries, report)
        except (TransportError, ApiError) as error:
            raise as_pipeline_error(error, self._settings) from None
        for entry, verdict in zip(entries, answered, strict=True):
            if verdict.fate in _LAST_WORDS:
                report.verdicts[entry.id] = verdict
        _raise_for(answered)

    def _bulk(self, stream: str, entries: Sequence[Entry], report: Report) -> list[Verdict]:
        started = self._clock()
        try:
            lines: Any = operations(entries)
            answer: Any = self._client.bulk(
                index=stream, operations=lines, filter_path=FILTER_PATH, require_data_stream=True
            )
        except ApiError as error:
            if error.status_code != 413:
                raise
            if len(entries) == 1:
                return [Verdict(Fate.FAILED, "too_large", "larger than http.max_content_length")]
            return [verdict for half in halves(entries) for verdict in self._bulk(stream, half, report)]
        finally:
            report.bulk.observe(self._clock() - started)
        return verdicts(answer)

    def _undo_repeats(self, stream: str, known: Backing, report: Report) -> None:
        """After a rollover between the look-up and the bulk: take back what an index closed meanwhile has already."""
        made = {id_: verdict.index for id_, verdict in report.verdicts.items() if verdict.fate is Fate.INDEXED}
        surprising = [id_ for id_, index in made.items() if index != known.write]
        if not surprising:
            return
        now = backing_indices.resolve(self._client, stream, since=0)
        unasked = [index for index in (*now.older, now.write) if index not in known.older]
        self._client.indices.refresh(index=unasked)
        for index in set(made.values()):
            here = [id_ for id_ in surprising if made[id_] == index]
            earlier = unasked[: unasked.index(index)] if index in unasked else unasked
            repeated = backing_indices.present(self._client, earlier, here)
            self._delete(index, repeated)
            report.verdicts.update(dict.fromkeys(repeated, ALREADY_THERE))

    def _delete(self, index: str, ids: Iterable[str]) -> None:
        deletions = [{"delete": {"_index": index, "_id": id_}} for id_ in ids]
        if not deletions:
            return
        answer = self._client.bulk(operations=deletions, filter_path="items.delete.status,items.delete.error.type")
        for item in answer["items"]:
            status = item["delete"]["status"]
            if status in (401, 403) and item["delete"]["error"]["type"] != "cluster_block_exception":
                raise ConfigError("Elasticsearch does not let this user delete, which takes back a repeat: grant it")
            if status not in (200, 404):
                raise SinkUnavailable("Elasticsearch could not take back a repeat", reason="unavailable")


_LAST_WORDS = (Fate.INDEXED, Fate.ALREADY_THERE, Fate.FAILED)


def _raise_for(answered: Iterable[Verdict]) -> None:
    for verdict in answered:
        if verdict.fate is Fate.DENIED:
            raise ConfigError(f"Elasticsearch does not let this user write ({verdict.error}): grant it")
        if verdict.fate in (Fate.BUSY, Fate.WAITING):
            raise SinkUnavailable(f"Elasticsearch asks to wait ({verdict.reason})", reason=verdict.reason)


def _count_retry(outcome: Any, report: Report) -> None:
    error = outcome.exception() if outcome else None
    if isinstance(error, SinkUnavailable):
        report.retries[error.reason] += 1

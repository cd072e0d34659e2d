"""Creates documents in a data stream: one per id, whatever is repeated, resent or rolled over in between."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from elastic_transport import TransportError
from elasticsearch import ApiError, Elasticsearch
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_random_exponential

from pipeline.domain.delivery import LAST_WORDS, Attempt, Entry, Fate, Report, Verdict
from pipeline.domain.document import Coordinates
from pipeline.errors import ConfigError, SinkUnavailable
from pipeline.sinks.elasticsearch import backing as backing_indices
from pipeline.sinks.elasticsearch import copies
from pipeline.sinks.elasticsearch.backing import Backing, Seals
from pipeline.sinks.elasticsearch.bulk import (
    FILTER_PATH,
    bodies,
    halves,
    operations,
    verdicts,
)
from pipeline.sinks.elasticsearch.client import as_sink_error
from pipeline.sinks.elasticsearch.settings import ElasticsearchSettings

RETRY_SECONDS = 2.0
"""Seconds that a task sends again before it gives up and leaves the waiting to the driver."""


class DocumentWriter:
    """Creates documents in data streams; used by one task at a time or by several threads of it."""

    def __init__(
        self,
        client: Elasticsearch,
        settings: ElasticsearchSettings,
        *,
        patience: float = RETRY_SECONDS,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._client = client
        self._settings = settings
        self._seals = Seals(client)
        self._patience = patience
        self._clock = clock

    def index(
        self,
        stream: str,
        entries: Sequence[Entry],
        backing: Backing,
        records: Mapping[str, Coordinates] = MappingProxyType({}),
        attempt: Attempt | None = None,
    ) -> Report:
        """Create each entry unless its id is already there, in the write index or in an older one.

        Args:
            stream: the data stream.
            entries: what is to be there. Of several with one id the first one counts.
            backing: the data stream's indices; the older ones are sealed.
            records: id → the record that the entry was made of.
            attempt: which one it is: a document that an earlier one made of the very record counts as indexed. Without
                it (and `records`), whatever is there is already there.

        Raises:
            SinkUnavailable: the environment does not let it be done now; some entries may have been indexed.
            ConfigError: a privilege is missing.
            SetupError: Elasticsearch refuses for a reason that waiting does not mend.
        """
        report = Report()
        distinct = {entry.id: entry for entry in reversed(entries)}
        report.repeats = len(entries) - len(distinct)
        try:
            self._look_up(backing, distinct, report)
            self._send_all(stream, [entry for entry in distinct.values() if entry.id not in report.verdicts], report)
            self._take_back(stream, backing, report)
            # Only where an earlier request may have written something: it costs a request for each index.
            if attempt and (attempt.repeated or report.unanswered):
                self._claim(report, records, attempt.began)
        except (TransportError, ApiError) as error:
            raise as_sink_error(error, self._settings) from None
        return report

    def _look_up(self, backing: Backing, ids: Iterable[str], report: Report) -> None:
        """Mark ids that older indices hold as already there; of what a kill has left twice, the oldest copy stays."""
        if not backing.older:
            return
        places = copies.find(self._client, backing, list(ids))
        copies.keep_oldest(self._client, backing, places)
        report.verdicts.update({id_: Verdict(Fate.ALREADY_THERE, index=there[0]) for id_, there in places.items()})

    def _send_all(self, stream: str, entries: Sequence[Entry], report: Report) -> None:
        """Send, and send again what the server was too busy for, until all is said or patience ends."""
        for attempt in Retrying(
            retry=retry_if_exception_type(SinkUnavailable),
            # At random, because otherwise all tasks would return to a busy server at the same moment.
            wait=wait_random_exponential(multiplier=0.1, max=1),
            stop=stop_after_delay(self._patience),
            before_sleep=lambda state: _count_retry(state.outcome, report),
            reraise=True,
        ):
            with attempt:
                # What an earlier attempt settled is not sent again, or it would count as already there.
                self._send(stream, [entry for entry in entries if entry.id not in report.verdicts], report)

    def _send(self, stream: str, entries: Sequence[Entry], report: Report) -> None:
        """Each entry that has a last word gets it; SinkUnavailable if one has not."""
        for body in bodies(entries, self._settings.bulk_bytes):
            try:
                answered = self._bulk(stream, body, report)
            except (TransportError, ApiError) as error:
                report.unanswered = True
                raise as_sink_error(error, self._settings) from None
            for entry, verdict in zip(body, answered, strict=True):
                if verdict.fate in LAST_WORDS:
                    report.verdicts[entry.id] = verdict
                else:
                    # A server that reports an error may have written the document before it failed.
                    report.unanswered = True
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
            # The limit is the server's, or that of a proxy, and is not in the answer: halving finds what passes.
            if len(entries) == 1:
                return [Verdict(Fate.FAILED, "too_large", "larger than http.max_content_length")]
            return [verdict for half in halves(entries) for verdict in self._bulk(stream, half, report)]
        finally:
            report.bulk.observe(self._clock() - started)
        found = verdicts(answer.body)
        if len(found) != len(entries):
            report.unanswered = True
            raise SinkUnavailable("Elasticsearch did not answer for every document", reason="malformed")
        return found

    def _take_back(self, stream: str, known: Backing, report: Report) -> None:
        """After a rollover between the look-up and the bulk: only the oldest copy of each id stays.

        A conflict in the new write index is looked at too: what it conflicts with may be the copy that an attempt
        left there which was killed right here.
        """
        # Those of the look-up name an older index, and failures name none: neither was decided by this bulk request.
        made = {id_: verdict for id_, verdict in report.verdicts.items() if verdict.index not in ("", *known.older)}
        surprising = [id_ for id_, verdict in made.items() if verdict.index != known.write]
        if not surprising:
            return
        now = backing_indices.resolve(self._client, stream)
        self._seals.seal(now)
        places = copies.find(self._client, now, surprising)
        copies.keep_oldest(self._client, now, places)
        for id_, there in places.items():
            # The copy that this request has made is the younger one, and has just been deleted.
            if there[0] != made[id_].index:
                report.verdicts[id_] = Verdict(Fate.ALREADY_THERE, index=there[0])

    def _claim(self, report: Report, records: Mapping[str, Coordinates], began: datetime) -> None:
        """Count as indexed what an earlier attempt at this batch, or a request without an answer, has made.

        Such a document is found to be already there, but it was made of the very record that is at hand now.
        """
        there: dict[str, list[str]] = defaultdict(list)
        for id_, verdict in report.verdicts.items():
            if verdict.fate is Fate.ALREADY_THERE:
                there[verdict.index].append(id_)
        for index, ids in there.items():
            for id_, written in copies.written(self._client, index, ids).items():
                # Otherwise an earlier batch has counted it: the checkpoint was lost, or the topic created again.
                if written.record == records[id_].place and written.ingested >= began:
                    report.verdicts[id_] = Verdict(Fate.INDEXED, index=index)


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

"""The stream's own accounting over all of its processes: what it logs per finished batch, and what /metrics shows.

Counters begin anew with each process, so their last values over restarts can't be known for sure: a kill may fall
between a commit and a scrape. The log line `batch finished` is written before the batch is committed, so whatever is
committed has its line. Where a commit was lost, the batch is repeated, with the same number and the same records, and
its later line takes the place of the earlier one. That is the ledger, and it has each record exactly once.

That only sums up right if a repeated batch counts what its earlier attempts indexed as indexed, and not as already
there: the ledger finds a stream that does otherwise.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families


@dataclass(frozen=True, slots=True)
class Counts:
    """Counts of records by result. The document that a rejected record has too is in none of the others."""

    read: int = 0
    indexed: int = 0
    already_there: int = 0
    rejected: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.read + other.read,
            self.indexed + other.indexed,
            self.already_there + other.already_there,
            self.rejected + other.rejected,
        )

    def __neg__(self) -> Counts:
        return Counts(-self.read, -self.indexed, -self.already_there, -self.rejected)

    @property
    def balances(self) -> bool:
        """True if each record read was indexed, was already there or was rejected."""
        return self.read == self.indexed + self.already_there + self.rejected


@dataclass(frozen=True, slots=True)
class Finished:
    """A batch that a process logged as finished."""

    batch: int
    counts: Counts


def finished(log: Path) -> list[Finished]:
    """The finished batches of one process's log, without a line that a kill has cut."""
    events = (_event(line) for line in log.read_text(errors="replace").splitlines())
    return [found for event in events if (found := _finished(event))]


def ledger(batches: Iterable[Finished]) -> dict[int, Counts]:
    """Batch → its counts, of the lines of all processes in their order.

    A line takes the place of every earlier one of its number or of a greater one: whoever goes back to a batch begins
    there anew, also where the batches after it get other bounds.
    """
    found: dict[int, Counts] = {}
    for one in batches:
        found = {batch: counts for batch, counts in found.items() if batch < one.batch}
        found[one.batch] = one.counts
    return found


def all_but(batches: Iterable[Finished], again: Counts) -> dict[int, Counts]:
    """The counts of all lines, and less what was read again, since somebody has set a checkpoint back."""
    # Under a number that no batch has.
    return dict(enumerate(one.counts for one in batches)) | {-1: -again}


def total(counts: Iterable[Counts]) -> Counts:
    """The sum."""
    return reduce(add, counts, Counts())


def page(url: str) -> Counts | None:
    """The counts on /metrics now; None if nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return shown(answer.read().decode())
    except OSError:
        return None


def shown(text: str) -> Counts:
    """The counts on a page of metrics."""
    sums: dict[str, int] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            # A rejected record has a document, too, but is counted by its reason.
            if sample.name in _SHOWN and sample.labels.get("data_stream", _TWEETS).startswith(_TWEETS):
                sums[_SHOWN[sample.name]] = sums.get(_SHOWN[sample.name], 0) + int(sample.value)
    return Counts(**sums)


def differences(name: str, said: Counts, other: str, truth: Counts) -> list[str]:
    """The differences between two counts, in words."""
    return [
        f"{field}: {getattr(said, field):,} in {name}, {getattr(truth, field):,} in {other}"
        for field in Counts.__dataclass_fields__
        if getattr(said, field) != getattr(truth, field)
    ]


_TWEETS = "logs-tweets.scored-"
_SHOWN = {
    "tweetpulse_records_read_total": "read",
    "tweetpulse_documents_indexed_total": "indexed",
    "tweetpulse_documents_duplicate_total": "already_there",
    "tweetpulse_records_rejected_total": "rejected",
}


def _event(line: str) -> Mapping[str, Any]:
    try:
        event = json.loads(line) if line.startswith("{") else {}
    except json.JSONDecodeError:
        return {}
    return event if isinstance(event, dict) else {}


def _finished(event: Mapping[str, Any]) -> Finished | None:
    if _field(event, "event.action") != "batch-finished":
        return None
    read, indexed, already_there, rejected = (
        int(_field(event, f"tweetpulse.{name}")) for name in ("read", "indexed", "already_there", "rejected")
    )
    return Finished(int(_field(event, "tweetpulse.batch")), Counts(read, indexed, already_there, rejected))


def _field(event: Mapping[str, Any], name: str) -> Any:
    """A field of a log line, which ECS allows to be nested or dotted."""
    first, second = name.split(".")
    return event[name] if name in event else event.get(first, {}).get(second)

"""Deliveries to sinks, and the sinks' reports on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import NamedTuple

from pipeline.domain.document import Coordinates
from pipeline.domain.outcome import Durations


class Entry(NamedTuple):
    """A document ready to be sent: its id and its JSON, UTF-8."""

    id: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Delivery:
    """The documents that a chunk of records came to, for one sink.

    Attributes:
        dataset: `tweets.scored` or `tweets.rejected`.
        entries: in the order of the records; an id may be there twice, and then the first one counts.
        records: id → the first record in the chunk that it was made of. No record is in two chunks of a batch.
    """

    dataset: str
    entries: Sequence[Entry]
    records: Mapping[str, Coordinates]


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt at a batch.

    Attributes:
        began: the time at which the first attempt at the batch began. What was written since then from a record of
            the batch was written by the batch itself.
        repeated: an earlier attempt may have written something.
        batch: its number. The same number always means the same records.
    """

    began: datetime
    repeated: bool = False
    batch: int = 0


class Fate(Enum):
    """The result for a document. A sink's last word is one of the first three."""

    INDEXED = "indexed"
    ALREADY_THERE = "already there"
    FAILED = "failed"  # the document's own fault: never sent again
    BUSY = "busy"  # the server's: send it again
    WAITING = "waiting"  # the environment's: somebody has to mend something
    DENIED = "denied"  # a privilege is missing: nobody mends that by waiting


LAST_WORDS = (Fate.INDEXED, Fate.ALREADY_THERE, Fate.FAILED)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A document's fate.

    Attributes:
        reason: of a failed document one of its sink's `failures`; of one that waits one of its `waits`; or `denied`.
        error: the server's own words, without what they quote of the document.
        index: the index that holds the document; "" where nothing is said of it.
    """

    fate: Fate
    reason: str = ""
    error: str = ""
    index: str = ""


@dataclass(slots=True)
class Report:
    """A sink's report on a delivery: a verdict for each id, and the effort.

    Attributes:
        verdicts: of each distinct id.
        repeats: entries whose id came before in the same delivery.
        unanswered: of a request, or of an item in it, it is not known what it did.
        retries: reason → requests that were sent again.
        bulk: seconds of each request.
    """

    verdicts: dict[str, Verdict] = field(default_factory=dict)
    repeats: int = 0
    unanswered: bool = False
    retries: Counter[str] = field(default_factory=Counter)
    bulk: Durations = field(default_factory=Durations)

    def count(self, fate: Fate) -> int:
        """The number of entries with this fate; a repeat inside the delivery is already there."""
        found = sum(verdict.fate is fate for verdict in self.verdicts.values())
        return found + (self.repeats if fate is Fate.ALREADY_THERE else 0)

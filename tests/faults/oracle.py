"""The one oracle: nothing lost, nothing twice, and the stream's own accounting says the same.

records in Kafka = tweets indexed + their repeats + records rejected
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import chain, islice
from pathlib import Path

from pipeline.settings import Settings
from tests.faults import accounting
from tests.faults.accounting import Counts
from tests.faults.truth import Indexed, Truth, indexed, merged, topic

_SHOWN = 5
_NOTHING = Counts()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of a comparison of a world with what it should hold.

    Attributes:
        produced: records that Kafka has.
        repeats: of them, tweets whose id had come before.
        indexed: distinct tweets in Elasticsearch; `rejected`: distinct rejected records there.
        lost: tweets and invalid records that should be there and are not, and what Kafka had acknowledged and lost.
        twice: documents beyond the first of a tweet or of a rejected record.
        seconds: how long the stream took to recover, at most; None where that was not measured.
        recounted: records whose batch was finished twice, since a kill came before its commit: no fault.
        differences: where the stream's accounting, or the fate of a record, is not as it should be, in words.
        examples: a few ids of what was lost or twice.
    """

    produced: int
    repeats: int
    indexed: int
    rejected: int
    lost: int
    twice: int
    seconds: float | None = None
    recounted: int = 0
    differences: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """True if nothing is lost, twice or counted wrongly."""
        return not self.lost and not self.twice and not self.differences

    def __str__(self) -> str:
        took = "" if self.seconds is None else f", recovered within {self.seconds:.0f} s"
        metrics = "; ".join(self.differences) or "metrics equal"
        return (
            f"produced {self.produced:,} ({self.repeats:,} repeats), indexed {self.indexed:,}, "
            f"rejected {self.rejected:,}, lost {self.lost:,}, twice {self.twice:,}{took}; {metrics}"
        )

    def json(self) -> str:
        """For a file."""
        return json.dumps(asdict(self) | {"ok": self.ok})


def judge(
    settings: Settings,
    logs: Sequence[Path],
    acknowledged: Counter[bytes] | None = None,
    *,
    truth: Truth | None = None,
    seconds: float | None = None,
    more: Iterable[str] = (),
    taken: Indexed | None = None,
    refusals: Collection[str] = (),
    again: Counts | None = None,
    unlogged: Counts = _NOTHING,
) -> Verdict:
    """Read everything and compare it; the stream must have drained.

    Args:
        settings: the world's.
        logs: of all processes of the stream, in their order.
        acknowledged: how often Kafka has acknowledged each key, if it is known.
        truth: what Kafka was given, where its topic can't be asked any more.
        seconds: how long recovering took.
        more: differences that were found on the way.
        taken: documents that somebody has deleted: they were indexed, and are no loss.
        refusals: reasons by which Elasticsearch may have refused a tweet, which is indexed in the end all the same.
        again: what was read again, since somebody has set a checkpoint back: then each line counts.
        unlogged: what was counted where no log could be written.
    """
    found = indexed(settings)
    truth = with_refusals(truth or Truth.of(topic(settings.kafka)), found, refusals)
    batches = [one for log in logs for one in accounting.finished(log)]
    kept = (accounting.ledger(batches) if again is None else accounting.all_but(batches, again)) | {-2: unlogged}
    verdict = compared(truth, found, kept, acknowledged, taken)
    recounted = accounting.total(one.counts for one in batches).read - accounting.total(kept.values()).read
    return replace(verdict, seconds=seconds, recounted=recounted, differences=(*verdict.differences, *more))


def with_refusals(truth: Truth, found: Indexed, reasons: Collection[str]) -> Truth:
    """The truth in which tweets that Elasticsearch refused for one of these reasons were to be rejected. Pure."""
    refused = {at: those[0] for at, those in found.rejected.items() if those[0] in reasons}
    return replace(truth, rejected={**refused, **truth.rejected})


def compared(
    truth: Truth,
    found: Indexed,
    kept: dict[int, Counts],
    acknowledged: Counter[bytes] | None = None,
    taken: Indexed | None = None,
) -> Verdict:
    """The verdict on what was given, what was found and what the stream says of it. Pure.

    `taken` are the documents that somebody has deleted.
    """
    ever = merged(found, taken or Indexed())
    # The difference of two counters drops what is negative: a record that came without acknowledgement is no loss.
    lost_by_kafka = list(((acknowledged or Counter()) - truth.keys).elements())
    lost = [*sorted(truth.ids - ever.scored.keys()), *map(str, sorted(truth.rejected.keys() - ever.rejected.keys()))]
    twice = [id_ for id_, copies in found.scored.items() if copies > 1]
    twice += [str(at) for at, reasons in found.rejected.items() if len(reasons) > 1]
    copies = found.scored.total() + sum(map(len, found.rejected.values()))
    distinct = len(found.scored) + len(found.rejected)
    return Verdict(
        produced=truth.records,
        repeats=truth.repeats,
        indexed=len(ever.scored),
        rejected=len(ever.rejected),
        lost=len(lost) + len(lost_by_kafka),
        twice=copies - distinct,
        differences=(*_fates(truth, found), *_metrics(truth, ever, kept, taken is not None)),
        examples=(
            *(f"lost by Kafka: {key!r}" for key in islice(lost_by_kafka, _SHOWN)),
            *(f"lost: {one}" for one in islice(lost, _SHOWN)),
            *(f"twice: {one}" for one in islice(twice, _SHOWN)),
        ),
    )


def _fates(truth: Truth, found: Indexed) -> list[str]:
    """Documents that should not be there, and records that were rejected for another reason, in words."""
    unknown = found.scored.keys() - truth.ids
    refused = found.rejected.keys() - truth.rejected.keys()
    # One without any document counts as lost already.
    other = {at for at, reason in truth.rejected.items() if set(found.rejected.get(at, [reason])) != {reason}}
    said: dict[str, Collection[object]] = {
        "documents of tweets that nobody sent": unknown,
        "tweets were rejected": refused,
        "records were rejected for another reason": other,
    }
    return [f"{len(those):,} {what} ({next(iter(those))})" for what, those in said.items() if those]


def _metrics(truth: Truth, ever: Indexed, kept: dict[int, Counts], was_deleted: bool) -> list[str]:
    """The differences between the sum of the stream's log and what Kafka and Elasticsearch hold, in words.

    A tweet that comes again after its document was deleted is indexed again. A batch that is repeated after it counts
    it once, though, so then only bounds are known.
    """
    unbalanced = [f"batch {batch} does not balance: {counts}" for batch, counts in kept.items() if not counts.balances]
    said = accounting.total(kept.values())
    tweets, rejected = len(ever.scored), len(truth.rejected)
    if was_deleted and tweets <= said.indexed <= ever.scored.total():
        tweets = said.indexed
    true = Counts(truth.records, tweets, truth.records - tweets - rejected, rejected)
    return list(chain(islice(unbalanced, _SHOWN), accounting.differences("the log", said, "truth", true)))

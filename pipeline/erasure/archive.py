"""Deletes records of the forgotten from the raw archive, and at once the files that held them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random

from pipeline.erasure.documents import Wanted
from pipeline.errors import SinkUnavailable
from pipeline.extras import missing, require
from pipeline.privacy.subjects import subjects_of, unlooped
from pipeline.settings import Settings

if TYPE_CHECKING:
    from pipeline.archive.table import ArchiveTable

NAME = "archive"
"""In the report, beside the names of indices."""

ATTEMPTS = 10
"""How often a deletion is repeated, because a reader has committed meanwhile."""

_OFFSETS_PER_COMMIT = 5_000
_COLUMNS = ["topic_id", "partition", "offset", "day", "event_id", "user_id", "user_name"]

Place = tuple[date, str, int]


@dataclass(slots=True)
class Found:
    """The records that are to go.

    Attributes:
        offsets: by day, id of the topic and partition.
        tweets: the ids of those that are tweets.
    """

    offsets: defaultdict[Place, list[int]] = field(default_factory=lambda: defaultdict(list))
    tweets: set[str] = field(default_factory=set)

    @property
    def records(self) -> int:
        """How many."""
        return sum(map(len, self.offsets.values()))


def archive_of(settings: Settings) -> ArchiveTable | None:
    """The archive, if there is one.

    Raises:
        SetupError: an archive is set, and what reads it is not installed.
        SinkUnavailable: its store does not answer.
    """
    if missing("archive"):
        if settings.archive.uri is None and not (settings.state_dir / "archive").exists():
            return None
        require("archive")
    from pipeline.archive.table import ArchiveTable

    table = ArchiveTable.of(settings)
    return table if table.exists() else None


def find(archive: ArchiveTable, wanted: Wanted) -> Found:
    """Look through all records: by the ids of tweets and authors, and in the bytes of what is no tweet.

    Raises:
        SinkUnavailable: the store does not answer.
    """
    from pyarrow import dataset

    from pipeline.archive.delta_log import store_errors

    found = Found()
    with store_errors(archive.uri):
        rows = archive.open().to_pyarrow_dataset()
        rejected: Any = dataset.field("rejection").is_valid()
        for row in _rows(rows.to_batches(columns=_COLUMNS, filter=~rejected)):
            if _is_wanted(row, wanted):
                _add(found, row)
                found.tweets.add(row["event_id"])
        # With the tweets that were just found by their author: a broken record may hold nothing but their id.
        named = wanted | Wanted(tweets=frozenset(found.tweets))
        for row in _rows(rows.to_batches(columns=[*_COLUMNS, "value"], filter=rejected)):
            if _names(row["value"], named):
                _add(found, row)
    return found


def delete(archive: ArchiveTable, found: Found, tell: Callable[[str], object]) -> int:
    """Delete the records, and the files that held them; the number of records that were still there.

    Raises:
        SinkUnavailable: the store does not answer, or a reader has committed before each of many attempts.
    """
    from pipeline.archive.upkeep import drop_removed

    removed = 0
    for place, offsets in sorted(found.offsets.items()):
        tell(f"deleting {len(offsets):,} records of {place[0]} from the archive")
        for first in range(0, len(offsets), _OFFSETS_PER_COMMIT):
            removed += _deleted(archive, _predicate(place, offsets[first : first + _OFFSETS_PER_COMMIT]))
    drop_removed(archive)
    return removed


def _deleted(archive: ArchiveTable, predicate: str) -> int:
    from pipeline.archive.delta_log import store_errors

    # Nothing is read that the reader writes meanwhile, but Delta can't know that.
    patient = Retrying(
        retry=retry_if_exception(_is_conflict), stop=stop_after_attempt(ATTEMPTS), wait=wait_random(0, 1), reraise=True
    )
    for attempt in patient:
        with attempt, store_errors(archive.uri):
            return int(archive.open().delete(predicate)["num_deleted_rows"])
    raise AssertionError


def _is_conflict(error: BaseException) -> bool:
    return isinstance(error, SinkUnavailable) and error.reason == "conflict"


def _predicate(place: Place, offsets: Iterable[int]) -> str:
    day, topic_id, partition = place
    # Nothing in it comes from a record's content: a day, Kafka's own id, numbers.
    numbers = ", ".join(map(str, offsets))
    return f"day = '{day}' AND topic_id = '{topic_id}' AND partition = {partition} AND \"offset\" IN ({numbers})"


def _rows(batches: Iterable[Any]) -> Iterator[Mapping[str, Any]]:
    for batch in batches:
        yield from batch.to_pylist()


def _add(found: Found, row: Mapping[str, Any]) -> None:
    found.offsets[row["day"], row["topic_id"], row["partition"]].append(row["offset"])


def _is_wanted(row: Mapping[str, Any], wanted: Wanted) -> bool:
    id_, name = row["event_id"], row["user_name"]
    return (
        id_ in wanted.tweets
        or unlooped(id_) in wanted.tweets
        or row["user_id"] in wanted.users
        or (name is not None and name.lower() in wanted.names)
    )


def _names(value: bytes | None, wanted: Wanted) -> bool:
    if not value:
        return False
    kinds, subjects = wanted.by_kind(), subjects_of(value.decode("utf-8", "replace"))
    return any(not named.isdisjoint(kinds[kind]) for kind, named in subjects.items())

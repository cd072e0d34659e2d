"""The progress of a query by its Spark checkpoint, and its lag behind the broker.

Spark keeps one file per micro-batch: `offsets/N` before it runs, `commits/N` once it is done. Both start with a
version line; `offsets/N` then has a line of metadata and one JSON line per source, `{"topic": {"partition": offset}}`,
where the offset is the first one that the batch does *not* hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import orjson

from pipeline.domain.formats import check_format
from pipeline.errors import SetupError

VERSION = "v1"
"""Of Spark's files."""

TOPICS_FORMAT = 1
NO_OFFSET = "-"

TOPICS_FILE = "tweetpulse-topics.json"
"""In the checkpoint's folder: topic → the id that Kafka gave it. Written by the stream, not by Spark."""

_VERSION_LINE = re.compile(r"v(\d{1,4})")

Partition = tuple[str, int]
"""A topic and the number of one of its partitions."""


@dataclass(frozen=True, slots=True)
class Lag:
    """The lag of one partition.

    Attributes:
        records: those that are still to be read.
        expired: those that the broker deleted before they were read; they are lost, so they are not behind.
        next_offset: the offset of the oldest record that is still to be read; None when there is none.
    """

    records: int
    expired: int = 0
    next_offset: int | None = None


def newest_committed(offsets: Iterable[str], commits: Iterable[str]) -> int | None:
    """The newest batch that is done, by the names of the files in `offsets` and `commits`; None before the first.

    Names that are not a batch's (`.3.crc`, a draft) are passed over, and both folders may have gaps.
    """
    return max(batches(offsets) & batches(commits), default=None)


def batches(names: Iterable[str]) -> set[int]:
    """The numbers of the batches that files are named after; other names (`.3.crc`, a draft) are passed over."""
    return {int(name) for name in names if name.isdecimal()}


def parse_offsets(text: str) -> dict[Partition, int]:
    """The offsets in a file `offsets/N`, of all its sources.

    Raises:
        SetupError: it is not of the format that Spark 3 and 4 write.
    """
    lines = _lines(text)
    sources = [line for line in lines[1:] if line and line != NO_OFFSET]
    return {partition: offset for line in sources for partition, offset in _offsets(line).items()}


def parse_topic_ids(text: str) -> dict[str, str]:
    """Topic → its id, from `tweetpulse-topics.json`.

    Raises:
        SetupError: it is something else, or of a newer version.
    """
    try:
        found = orjson.loads(text)
        # Before the file named its format it was the inner map alone.
        if "format" in found:
            check_format(f"{TOPICS_FILE} of the checkpoint", found["format"], TOPICS_FORMAT)
            found = found["topics"]
        return {str(topic): str(id_) for topic, id_ in found.items()}
    except (ValueError, AttributeError, TypeError, KeyError):
        raise SetupError(
            f"{TOPICS_FILE} of the checkpoint is damaged: remove it, if the topic is still the same"
        ) from None


def format_topic_ids(ids: Mapping[str, str]) -> bytes:
    """The content of `tweetpulse-topics.json`."""
    return orjson.dumps({"format": TOPICS_FORMAT, "topics": ids})


def parse_start(text: str) -> dict[Partition, int]:
    """The offsets in a file `sources/0/0`: where the query began.

    Raises:
        SetupError: it is not of the format that Spark 3 and 4 write.
    """
    # Spark writes a NUL before the version, so that Spark 2.1 fails on this file.
    return _offsets("".join(_lines(text.removeprefix("\0"))))


def lag_of(committed: int | None, beginning: int, end: int) -> Lag:
    """The lag of a partition that is read up to `committed` and of which the broker has `beginning` up to `end`.

    None is a partition made after the batch: it will be read from its beginning. An offset beyond the end means
    that the topic was created again: nothing of it was read.
    """
    done = beginning if committed is None or committed > end else committed
    first = max(done, beginning)
    return Lag(records=end - first, expired=first - done, next_offset=first if first < end else None)


def lags(committed: Mapping[Partition, int], held: Mapping[Partition, tuple[int, int]]) -> dict[Partition, Lag]:
    """The lag of every partition that the broker has, by its name; `held` has their beginnings and ends."""
    return {
        partition: lag_of(committed.get(partition), beginning, end)
        for partition, (beginning, end) in sorted(held.items())
    }


def _lines(text: str) -> list[str]:
    version, *lines = text.splitlines() or [""]
    check_version_line(version)
    if version != VERSION:
        raise SetupError(f"the checkpoint is of a format this version can't read: it begins with {version[:20]!r}")
    return lines


def check_version_line(line: str) -> None:
    """Refuse a file of a checkpoint by its first line, if a newer Spark wrote it.

    Raises:
        NewerFormat: it did.
    """
    if found := _VERSION_LINE.fullmatch(line):
        check_format("the checkpoint", int(found[1]), int(VERSION.removeprefix("v")))


def _offsets(line: str) -> dict[Partition, int]:
    try:
        return {
            (topic, int(number)): int(offset)
            for topic, partitions in orjson.loads(line).items()
            for number, offset in partitions.items()
        }
    except (ValueError, TypeError, AttributeError):
        raise SetupError("the checkpoint holds something other than Kafka offsets") from None

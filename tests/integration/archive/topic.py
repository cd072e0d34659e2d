"""A topic of tweets for tests of the archive, and what an archive has of it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from deltalake import DeltaTable
from kafka import KafkaProducer

from pipeline.archive.run import Archiving
from pipeline.archive.table import ArchiveTable
from pipeline.domain.progress import Lag, Partition
from pipeline.domain.record import encode
from pipeline.errors import SinkUnavailable
from pipeline.settings import Settings
from tests.builders import tweet

Place = tuple[int, int]


@dataclass
class Seen:
    """Records what an archive tells."""

    made_: int = 0
    topics: list[str] = field(default_factory=list)
    expired_: Counter[int] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    lag: dict[Partition, Lag] = field(default_factory=dict)
    waits: Counter[str] = field(default_factory=Counter)

    def made(self, uri: str) -> None:
        self.made_ += 1

    def began(self, topic_id: str) -> None:
        self.topics.append(topic_id)

    def expired(self, partition: int, records: int) -> None:
        self.expired_[partition] += records

    def archived(self, records: int, size: int, rejected: int, forgotten: int, seconds: float) -> None:
        self.counts.update(commits=1, records=records, size=size, rejected=rejected, forgotten=forgotten)

    def behind(self, lags: Mapping[Partition, Lag]) -> None:
        self.lag = dict(lags)

    def waiting(self, error: SinkUnavailable, attempt: int) -> None:
        self.waits[error.reason] += 1


def publish(settings: Settings, values: Iterable[bytes | None]) -> None:
    """Write records, one after the other to each of four partitions."""
    with closing(KafkaProducer(bootstrap_servers=settings.kafka.bootstrap_servers)) as producer:
        for number, value in enumerate(values):
            producer.send(settings.kafka.tweets_topic, value, partition=number % 4, key=b"k%d" % number)
        producer.flush(60)


def tweets(count: int, first: int = 0) -> list[bytes]:
    """Records of tweets `x:0`, `x:1`, ..."""
    return [encode(tweet(id=f"x:{number}")) for number in range(first, first + count)]


def archive(
    settings: Settings, *, once: bool = True, stop: threading.Event | None = None, seen: Seen | None = None
) -> Seen:
    """Archive all that Kafka has; what was told."""
    seen = seen or Seen()
    made = Archiving(settings, ArchiveTable.of(settings), seen, stop or threading.Event(), sleep_first=0.05)
    made.until_stopped(once=once)
    return seen


def rows(settings: Settings, *columns: str) -> list[dict[str, Any]]:
    """All rows of the archive."""
    table = DeltaTable(settings.archive_uri).to_pyarrow_table(columns=list(columns) or None)
    found: list[dict[str, Any]] = table.to_pylist()
    return found


def values(settings: Settings) -> Counter[bytes | None]:
    """How often each value is archived."""
    return Counter(row["value"] for row in rows(settings, "value"))

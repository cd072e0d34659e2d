"""The view of `watch`, from two readings of the /metrics pages. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families

from pipeline.domain.document import SCORED, data_stream
from pipeline.domain.names import OTHER
from pipeline.domain.sentiment import Label

SILENT_SECONDS = 60.0
"""An idle query gives a sign of life every ten seconds or so; after this long it is called silent."""

FEELINGS = (Label.NEGATIVE, Label.NEUTRAL, Label.POSITIVE)

Labels = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Page:
    """A parsed /metrics page: name → labels → value."""

    series: Mapping[str, Mapping[Labels, float]]

    def total(self, name: str, **labels: str) -> float | None:
        """The sum of a metric's series that have these labels; None if there is none."""
        found = [value for at, value in self.series.get(name, {}).items() if labels.items() <= set(at)]
        return sum(found) if found else None

    def tweets(self, name: str) -> float | None:
        """The sum of a metric's series of the data streams of tweets: a rejected record's document is none."""
        found = [value for at, value in self.series.get(name, {}).items() if _is_of_tweets(dict(at))]
        return sum(found) if found else None

    def most(self, name: str) -> float | None:
        """The largest of a metric's series; None if there is none."""
        return max(self.series.get(name, {}).values(), default=None)

    def by(self, name: str, label: str) -> dict[str, float]:
        """Value of a label → sum of the series that have it."""
        sums: dict[str, float] = defaultdict(float)
        for at, value in self.series.get(name, {}).items():
            sums[dict(at)[label]] += value
        return dict(sums)


@dataclass(frozen=True, slots=True)
class Look:
    """Both pages at one moment (seconds of the epoch); None for one that could not be had."""

    at: float
    stream: Page | None = None
    exporter: Page | None = None


@dataclass(frozen=True, slots=True)
class Feelings:
    """Tweets about an entity since the stream started, by sentiment; those in unsupported languages are no feeling."""

    entity: str
    negative: int
    neutral: int
    positive: int

    @property
    def tweets(self) -> int:
        """All of them."""
        return self.negative + self.neutral + self.positive


@dataclass(frozen=True, slots=True)
class Store:
    """A data stream: documents, bytes on disk, seconds since a document was sent to it (None while it is empty)."""

    name: str
    documents: int
    size_bytes: int
    age: float | None


@dataclass(frozen=True, slots=True)
class View:
    """Everything that is shown; None for what is not known.

    Attributes:
        at: seconds of the epoch.
        state: of the stream: running, idle for long, waiting, not running; None if it is not reachable.
        read_rate, indexed_rate: per second, since the look before.
        read, indexed, already_there, rejected, failed: since the stream started.
        lag: records behind, over all partitions.
        lag_seconds: of the partition that is furthest behind.
        batch_seconds: what the last micro-batch took.
        seen: seconds since the query's last sign of life.
        waits: sinks that wait, each with the reason.
        feelings: the entities with tweets, most tweets first and what is not tracked last.
        stores: the data streams.
        broken: the exporter's collectors that fail.
        reachable: whether each of the two pages was there.
    """

    at: float
    state: str | None = None
    read_rate: float | None = None
    indexed_rate: float | None = None
    read: int | None = None
    indexed: int | None = None
    already_there: int | None = None
    rejected: int | None = None
    failed: int | None = None
    lag: int | None = None
    lag_seconds: float | None = None
    batch_seconds: float | None = None
    seen: float | None = None
    waits: tuple[tuple[str, str], ...] = ()
    feelings: tuple[Feelings, ...] = ()
    stores: tuple[Store, ...] = ()
    broken: tuple[str, ...] = ()
    reachable: tuple[bool, bool] = (False, False)


def parse(text: str) -> Page:
    """A page as it was read.

    Raises:
        ValueError: it is no exposition text.
    """
    series: dict[str, dict[Labels, float]] = defaultdict(dict)
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            series[sample.name][frozenset(sample.labels.items())] = sample.value
    return Page(dict(series))


def view(before: Look | None, now: Look) -> View:
    """The view at this moment; without an earlier reading there are no rates."""
    stream, exporter = now.stream or Page({}), now.exporter or Page({})
    seen = _since(stream.most("tweetpulse_query_last_seen_timestamp_seconds"), now.at)
    waits = _waits(stream)
    return View(
        at=now.at,
        state=_state(stream, seen, waits) if now.stream else None,
        read_rate=_rate(before, now, lambda page: page.total("tweetpulse_records_read_total")),
        indexed_rate=_rate(before, now, lambda page: page.tweets("tweetpulse_documents_indexed_total")),
        read=_count(stream.total("tweetpulse_records_read_total")),
        indexed=_count(stream.tweets("tweetpulse_documents_indexed_total")),
        already_there=_count(stream.tweets("tweetpulse_documents_duplicate_total")),
        rejected=_count(stream.total("tweetpulse_records_rejected_total")),
        failed=_count(stream.total("tweetpulse_documents_failed_total")),
        lag=_count(exporter.total("tweetpulse_stream_lag_records")),
        lag_seconds=exporter.most("tweetpulse_stream_lag_seconds"),
        batch_seconds=stream.total("tweetpulse_batch_phase_seconds") or None,
        seen=seen,
        waits=waits,
        feelings=_feelings(stream),
        stores=_stores(exporter, now.at),
        broken=_broken(exporter),
        reachable=(now.stream is not None, now.exporter is not None),
    )


def _state(stream: Page, seen: float | None, waits: tuple[tuple[str, str], ...]) -> str:
    if not stream.most("tweetpulse_query_active"):
        return "not running"
    if waits:
        return "waiting"
    return "silent" if seen is not None and seen > SILENT_SECONDS else "running"


def _is_of_tweets(labels: Mapping[str, str]) -> bool:
    return labels.get("data_stream", "").startswith(data_stream(SCORED, ""))


def _rate(before: Look | None, now: Look, counter: Callable[[Page], float | None]) -> float | None:
    """Per second; a counter that is smaller than before has started anew at 0."""
    if before is None or before.stream is None or now.stream is None or now.at <= before.at:
        return None
    new, old = counter(now.stream), counter(before.stream)
    if new is None:
        return None
    increase = new - old if old is not None and new >= old else new
    return increase / (now.at - before.at)


def _waits(stream: Page) -> tuple[tuple[str, str], ...]:
    waiting = stream.series.get("tweetpulse_sink_waiting", {})
    labels = [dict(at) for at, value in waiting.items() if value]
    return tuple(sorted((at["sink"], at["reason"]) for at in labels))


def _feelings(stream: Page) -> tuple[Feelings, ...]:
    name = "tweetpulse_entity_tweets_total"
    found = [
        Feelings(entity, *(int(stream.total(name, entity=entity, sentiment=label) or 0) for label in FEELINGS))
        for entity in stream.by(name, "entity")
    ]
    return tuple(sorted((row for row in found if row.tweets), key=lambda row: (row.entity == OTHER, -row.tweets)))


def _stores(exporter: Page, now: float) -> tuple[Store, ...]:
    sizes = exporter.by("tweetpulse_data_stream_size_bytes", "data_stream")
    newest = exporter.by("tweetpulse_data_stream_newest_ingested_timestamp_seconds", "data_stream")
    return tuple(
        Store(name, int(documents), int(sizes.get(name, 0)), _since(newest.get(name), now))
        for name, documents in sorted(exporter.by("tweetpulse_data_stream_documents", "data_stream").items())
    )


def _broken(exporter: Page) -> tuple[str, ...]:
    success = exporter.by("tweetpulse_exporter_scrape_success", "collector")
    return tuple(sorted(name for name, value in success.items() if not value))


def _since(timestamp: float | None, now: float) -> float | None:
    """Seconds since then; 0 is a gauge that was never set."""
    return max(0.0, now - timestamp) if timestamp else None


def _count(value: float | None) -> int | None:
    return None if value is None else int(value)

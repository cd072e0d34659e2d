"""A past in which every alert of Prometheus' fires, written into blocks before a Prometheus starts on them.

The rules stay as they are. What they look at is in the past: days of it for the shares of three days and a week, and
`ALERTS_FOR_STATE`, from which a Prometheus that was restarted knows since when an alert has been pending.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.domain.disks import WATERMARKS
from tests.rules.debian import program

MINUTE, HOUR, DAY = 60, 3600, 86400
PENDING = 2 * HOUR
"""How long all alerts have been pending: longer than any `for`."""
LATELY = tuple(range(10 * MINUTE, -1, -15))
LONG_AGO = (4 * DAY, 2 * DAY, DAY, 5 * HOUR, HOUR, *LATELY)
YESTERDAY = tuple(range(DAY + 10 * MINUTE, DAY - 10 * MINUTE, -MINUTE))

Labels = dict[str, str]


@dataclass(frozen=True)
class Series:
    """A series: its value at each age (seconds before the start), as a function of the age."""

    name: str
    labels: Labels
    value: Callable[[float], float]
    ages: tuple[int, ...] = LATELY


@dataclass(frozen=True)
class Firing:
    """An alert that fires: what its summary says (a pattern), and its labels besides name and severity."""

    name: str
    severity: str
    summary: str
    labels: Labels = field(default_factory=dict)


def firing(instances: Mapping[str, str]) -> list[Firing]:
    """All alerts; `instances` are the addresses of the processes (job → address), none of which answers."""
    process = {job.removeprefix("tweetpulse-"): {"job": job, "instance": at} for job, at in instances.items()}
    stream, exporter = process["stream"], process["exporter"]
    return [
        Firing("TweetpulseStreamDown", "critical", "The stream does not answer", stream),
        Firing("TweetpulseStreamStalled", "critical", "Query windows does nothing", stream | {"query": "windows"}),
        Firing("TweetpulseSinkDown", "critical", "The stream waits for elasticsearch", {"sink": "elasticsearch"}),
        Firing("TweetpulseLagGrowing", "critical", "Query score falls behind", {"query": "score"}),
        Firing("TweetpulseStoreStale", "critical", r"No tweet has been indexed for 2\dm \d+s"),
        Firing(
            "TweetpulseRecordsExpired",
            "critical",
            "Kafka deleted 42 records of tweets unread",
            {"query": "score", "topic": "tweets"},
        ),
        Firing("TweetpulseExporterAbsent", "warning", "The exporter does not answer", exporter),
        Firing(
            "TweetpulseCollectorFailing",
            "warning",
            "The exporter's collector data_streams fails",
            exporter | {"collector": "data_streams"},
        ),
        Firing("TweetpulseSourceAbsent", "warning", "A collecting process does not answer", process["source"]),
        Firing("TweetpulseSourceDisconnected", "critical", "Source away has no connection", {"source": "away"}),
        Firing("TweetpulseSourceWaiting", "critical", "Source held waits for Kafka", {"source": "held"}),
        Firing("TweetpulseSourceQuiet", "warning", "Source quiet has gone quiet", {"source": "quiet"}),
        Firing(
            "TweetpulseSourceBudgetLow",
            "warning",
            "Source eager is about to use up what it may ask for",
            {"source": "eager"},
        ),
        Firing("TweetpulseSourceGapLost", "warning", "Tweets of away are lost", {"source": "away"}),
        Firing("TweetpulseArchiveAbsent", "warning", "The archive does not answer", process["archive"]),
        Firing("TweetpulseArchiveWaiting", "warning", "The archive waits", _ARCHIVE),
        Firing("TweetpulseArchiveBehind", "warning", r"The archive is 33m \d+s behind", {"topic": "tweets"}),
        Firing("TweetpulseArchiveRecordsExpired", "critical", "Kafka deleted 7 records that were not archived", {}),
        Firing("TweetpulseRecordsRejected", "critical", "20% of the records are rejected", _JOB),
        Firing("TweetpulseRecordsRejected", "warning", "20% of the records of 3 days were rejected", _JOB),
        Firing("TweetpulseDocumentsFailed", "critical", "Elasticsearch refuses 5% of the documents", _JOB),
        Firing("TweetpulseDocumentsFailed", "warning", "Elasticsearch refused 5% of the documents of 3 days", _JOB),
        Firing(
            "TweetpulseModelLoadFailed", "warning", "The champion of complaint can't be loaded", {"task": "complaint"}
        ),
        Firing("TweetpulseModelDrifting", "warning", "The model of sentiment and VADER part", _MODEL),
        Firing("TweetpulseDiskFilling", "warning", "one has 12% of its disk left", {"node": "one"}),
        Firing("TweetpulseDiskFilling", "warning", "two has 5% of its disk left", {"node": "two"}),
        Firing("TweetpulseDiskNearFloodStage", "critical", "two has 5% of its disk left", {"node": "two"}),
        Firing("TweetpulseWindowsBehind", "warning", r"The long series is 33m \d+s behind", {"query": "windows"}),
        Firing(
            "TweetpulseWindowsExpired",
            "warning",
            "Kafka deleted 7 records of tweets.scored before they were counted",
            {"query": "windows", "topic": "tweets.scored"},
        ),
        Firing("TweetpulseWindowsLate", "warning", "20% of the tweets come too late to be counted", _WINDOWS),
        Firing("TweetpulseAliasWrong", "critical", "The alias tweetpulse-tweets does not show the tweets", exporter),
    ]


def write(folder: Path, start: float, instances: Mapping[str, str]) -> None:
    """Write the past into blocks in a folder of Prometheus' data.

    Args:
        folder: the data; it need not be there.
        start: the end of the past, in seconds of the epoch.
        instances: job → address.
    """
    text = folder.parent / "past.txt"
    text.write_text("".join(_lines(_past(start, instances), start)) + "# EOF\n")
    create: list[str | Path] = [
        program("promtool"),
        "tsdb",
        "create-blocks-from",
        "openmetrics",
        "--quiet",
        text,
        folder,
    ]
    done = subprocess.run(create, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def _past(start: float, instances: Mapping[str, str]) -> Iterator[Series]:
    yield from _processes(instances)
    yield from _flow(start, instances)
    yield from _sources(start)
    yield from _archive()
    yield from _quality()
    yield from _models()
    yield from _windows()
    yield from _pending(start, instances)


_JOB = {"job": "tweetpulse-stream"}
_WINDOWS = {"job": "tweetpulse-windows"}
_ARCHIVE = {"job": "tweetpulse-archive"}
_SCORED = _JOB | {"data_stream": "logs-tweets.scored-default"}
_MODEL = {"task": "sentiment", "version": "one"}
_TASK = {"task": "sentiment"}


def _always(value: float) -> Callable[[float], float]:
    return lambda _: value


def _growing(per_second: float, since: float = 5 * DAY) -> Callable[[float], float]:
    return lambda age: per_second * (since - age)


def _processes(instances: Mapping[str, str]) -> Iterator[Series]:
    """They have answered, and do not any more."""
    for job, address in instances.items():
        yield Series("up", {"job": job, "instance": address}, lambda age: float(age > 5 * MINUTE), (HOUR, *LATELY))


def _flow(start: float, instances: Mapping[str, str]) -> Iterator[Series]:
    stream, exporter = (
        {"job": job, "instance": instances[job]} for job in ("tweetpulse-stream", "tweetpulse-exporter")
    )
    partition = {"query": "score", "topic": "tweets", "partition": "0"}
    waiting = {"sink": "elasticsearch", "reason": "connection"}
    newest = {"data_stream": _SCORED["data_stream"]}
    ingested = "tweetpulse_data_stream_newest_ingested_timestamp_seconds"
    yield Series("tweetpulse_query_active", stream | {"query": "windows"}, _always(0))
    yield Series("tweetpulse_sink_waiting", waiting, _always(1))
    yield Series("tweetpulse_stream_lag_seconds", partition, _always(400))
    yield Series("tweetpulse_stream_lag_records", partition, _growing(10, HOUR))
    yield Series("query:tweetpulse_stream_lag_records:sum", {"query": "score"}, _growing(10, HOUR))
    yield Series(ingested, newest, _always(start - 20 * MINUTE))
    yield Series("tweetpulse_stream_expired_records", partition, _always(42))
    yield Series("tweetpulse_exporter_scrape_success", exporter | {"collector": "data_streams"}, _always(0))
    yield Series("tweetpulse_elasticsearch_disk_free_ratio", {"node": "one"}, _always(0.12))
    yield Series("tweetpulse_elasticsearch_disk_free_ratio", {"node": "two"}, _always(0.05))
    for node in ("one", "two"):
        for watermark, share in WATERMARKS.items():
            labels = {"node": node, "watermark": watermark}
            yield Series("tweetpulse_elasticsearch_disk_watermark_ratio", labels, _always(share))
    yield Series("tweetpulse_alias_ok", exporter, _always(0))


def _sources(start: float) -> Iterator[Series]:
    search = {"source": "eager", "endpoint": "search"}
    yield Series("tweetpulse_source_connected", {"source": "away"}, _always(0))
    yield Series("tweetpulse_source_waiting", {"source": "held"}, _always(1))
    yield Series("tweetpulse_source_connected", {"source": "quiet"}, _always(1))
    yield Series("tweetpulse_source_last_tweet_timestamp_seconds", {"source": "quiet"}, _always(start - HOUR))
    yield Series("source:tweetpulse_source_tweets:rate1h", {"source": "quiet"}, _always(1), YESTERDAY)
    yield Series("tweetpulse_source_rate_limit", search, _always(450))
    yield Series("tweetpulse_source_rate_limit_remaining", search, _always(10))
    yield Series("tweetpulse_source_rate_limit_reset_timestamp_seconds", search, _always(start + HOUR))
    lost = {"source": "away", "outcome": "lost"}
    yield Series("tweetpulse_source_gaps_total", lost, lambda age: float(age < 5 * MINUTE))


def _archive() -> Iterator[Series]:
    partition = {"topic": "tweets", "partition": "0"}
    yield Series("tweetpulse_archive_waiting", _ARCHIVE | {"reason": "away"}, _always(1))
    yield Series("tweetpulse_archive_lag_seconds", partition, _always(2000))
    yield Series("tweetpulse_archive_records_expired_total", _ARCHIVE, _always(7))


def _quality() -> Iterator[Series]:
    """Of 100 records 20 are rejected, of 100 documents 5 are refused, for days."""
    read, rejected = _JOB | {"topic": "tweets"}, _JOB | {"reason": "not_json"}
    yield Series("tweetpulse_records_read_total", read, _growing(100), LONG_AGO)
    yield Series("tweetpulse_records_rejected_total", rejected, _growing(20), LONG_AGO)
    yield Series("tweetpulse_documents_indexed_total", _SCORED, _growing(90), LONG_AGO)
    yield Series("tweetpulse_documents_duplicate_total", _SCORED, _always(0), LONG_AGO)
    yield Series("tweetpulse_documents_failed_total", _SCORED | {"reason": "mapping"}, _growing(90 / 19), LONG_AGO)


def _models() -> Iterator[Series]:
    """They differed on 40 % in the week, and differ on 70 % since five hours ago; nothing is compared just now."""
    level = "task_version:tweetpulse_scorer"
    hours = (4 * DAY, 2 * DAY, DAY, 5 * HOUR, HOUR)
    yield Series("tweetpulse_model_load_failed", {"task": "complaint"}, _always(1))
    yield Series("tweetpulse_model_info", _MODEL, _always(1), (*YESTERDAY, *LATELY))
    yield Series("tweetpulse_scorer_compared_total", _TASK, lambda age: 5000.0 * (age < 2 * HOUR), (5 * HOUR, *LATELY))
    yield Series("tweetpulse_scorer_disagreements_total", _TASK, _always(0))
    yield Series(f"{level}_compared:increase5m", _MODEL, _always(1000), hours)
    yield Series(f"{level}_disagreements:increase5m", _MODEL, lambda age: 700 if age < 6 * HOUR else 400, hours)


def _windows() -> Iterator[Series]:
    """Half an hour behind, some deleted unread, and a fifth of what is read is late."""
    partition = {"query": "windows", "topic": "tweets.scored", "partition": "0"}
    read, late = (_WINDOWS | {"result": result} for result in ("counted", "late"))
    yield Series("tweetpulse_windows_lag_seconds", partition, _always(2000))
    yield Series("tweetpulse_windows_expired_records", partition, _always(7))
    yield Series("tweetpulse_windows_records_total", read, _growing(80), LONG_AGO)
    yield Series("tweetpulse_windows_records_total", late, _growing(20), LONG_AGO)


def _pending(start: float, instances: Mapping[str, str]) -> Iterator[Series]:
    for alert in firing(instances):
        labels = alert.labels | {"alertname": alert.name, "severity": alert.severity}
        yield Series("ALERTS_FOR_STATE", labels, _always(start - PENDING))


def _lines(past: Iterator[Series], start: float) -> Iterator[str]:
    """The samples of a metric stand together, as the format has it."""
    for series in sorted(past, key=lambda series: series.name):
        labels = ",".join(f'{name}="{value}"' for name, value in series.labels.items())
        for age in series.ages:
            yield f"{series.name}{{{labels}}} {series.value(age)} {start - age:.3f}\n"

"""The raw archive: is every record in it before Kafka deletes it?"""

from __future__ import annotations

from grafana_foundation_sdk.models import dashboard as sdk

from dashboards.grafana import config
from dashboards.grafana.panels.charts import chart, happenings, states
from dashboards.grafana.queries.flow import over_time, quantiles

NONE = "no archive: tweetpulse archive run"
STATES = {"0": ("archives, or has nothing to do", config.GOOD), "1": ("waits", config.WARNING)}
QUANTILES = {"median": config.VOLUME, "95 %": config.WARNING, "99 %": config.EVENT}


def what_is_kept() -> list[sdk.Panel]:
    return [_records(), _lag(), _besides()]


def commits() -> list[sdk.Panel]:
    return [_durations(), _ages(), _faults()]


def waiting() -> sdk.Panel:
    return states(
        "Does the archive wait?",
        "Orange while its store, or Kafka, does not let it go on, by reason.",
        [over_time("max by (reason) (tweetpulse_archive_waiting{$scope})", "{{reason}}")],
        STATES,
    )


def _records() -> sdk.Panel:
    size = "sum(rate(tweetpulse_archive_bytes_total{$scope}[$__rate_interval])) / 1000"
    return chart(
        "Records archived",
        "Per second, once they are committed, and their size in thousands of bytes per second, uncompressed.",
        [
            over_time("sum(rate(tweetpulse_archive_records_total{$scope}[$__rate_interval]))", "records", "A"),
            over_time(size, "kB", "B"),
        ],
        unit="short",
        colours={"records": config.VOLUME, "kB": config.QUIET},
        legend=("mean",),
        absent=NONE,
    )


def _lag() -> sdk.Panel:
    return chart(
        "Records that are not archived yet",
        "They wait in Kafka, by partition; from the log of the archive's table, also while nobody archives.",
        [over_time("sum by (partition) (tweetpulse_archive_lag_records{$scope})", "{{partition}}")],
        unit="short",
        legend=("lastNotNull",),
        absent=NONE,
    )


def _besides() -> sdk.Panel:
    deleted = "sum(increase(tweetpulse_archive_records_expired_total{$scope}[$__rate_interval]))"
    forgotten = "sum(increase(tweetpulse_archive_records_forgotten_total{$scope}[$__rate_interval]))"
    rejected = "sum(increase(tweetpulse_archive_records_rejected_total{$scope}[$__rate_interval]))"
    return happenings(
        "Records that are no tweets, or not archived",
        "No tweets: archived as they came. Forgotten: left out. Deleted unread: Kafka had no longer got them.",
        [
            over_time(rejected, "no tweets", "A"),
            over_time(forgotten, "forgotten", "B"),
            over_time(deleted, "deleted unread", "C"),
        ],
        colours={"no tweets": config.WARNING, "forgotten": config.QUIET, "deleted unread": config.BAD},
    )


def _durations() -> sdk.Panel:
    return chart(
        "Commits of the archive",
        "From a full batch to its commit.",
        quantiles("tweetpulse_archive_commit_duration_seconds"),
        unit="s",
        colours=QUANTILES,
        legend=("lastNotNull",),
        absent=NONE,
    )


def _ages() -> sdk.Panel:
    return chart(
        "Since the last commit",
        "And since it last asked Kafka for what is new, or waited: without tweets nothing is committed, but it asks. "
        "Lag: age of the oldest record that is not archived; above the red line the alert fires.",
        [
            over_time("max(tweetpulse_archive_lag_seconds{$scope})", "lag", "C"),
            over_time("time() - max(tweetpulse_archive_last_commit_timestamp_seconds{$scope} > 0)", "commit", "A"),
            over_time("time() - max(tweetpulse_archive_last_seen_timestamp_seconds{$scope} > 0)", "sign of life", "B"),
        ],
        unit="s",
        colours={"commit": config.VOLUME, "sign of life": config.QUIET, "lag": config.WARNING},
        legend=("lastNotNull",),
        limit=900,
        absent=NONE,
    )


def _faults() -> sdk.Panel:
    expression = "sum by (reason) (increase(tweetpulse_archive_faults_total{$scope}[$__rate_interval])) > 0"
    return happenings(
        "Faults of the archive by reason",
        "Attempts that failed and were repeated.",
        [over_time(expression, "{{reason}}")],
    )

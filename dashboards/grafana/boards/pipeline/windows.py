"""The long series: what becomes of each scored tweet in it, and is it up to date?"""

from __future__ import annotations

from grafana_foundation_sdk.models import dashboard as sdk

from dashboards.grafana import config
from dashboards.grafana.panels.charts import AREAS, chart, happenings, states
from dashboards.grafana.queries.flow import over_time, quantiles

NONE = "no long series: tweetpulse windows"
RESULTS = {
    "counted": config.VOLUME,
    "repeated": config.QUIET,
    "late": config.WARNING,
    "ahead": config.EVENT,
    "unreadable": config.BAD,
}
STATES = {"0": ("writes, or has nothing to do", config.GOOD), "1": ("waits", config.WARNING)}
QUANTILES = {"median": config.VOLUME, "95 %": config.WARNING, "99 %": config.EVENT}


def what_counts() -> list[sdk.Panel]:
    return [_results(), _late(), _behind()]


def state() -> list[sdk.Panel]:
    return [_unread(), _written(), _batches(), _kept()]


def waiting() -> sdk.Panel:
    return states(
        "Does the long series wait?",
        "Orange while Elasticsearch, or Kafka, is waited for; the log says for which reason.",
        [over_time("max(tweetpulse_windows_waiting{$scope})", "windows")],
        STATES,
    )


def _results() -> sdk.Panel:
    return chart(
        "Scored tweets by what becomes of them",
        "Per second. Only what is counted is in the windows. Late: behind the watermark. Ahead: dated in the future.",
        [over_time("sum by (result) (rate(tweetpulse_windows_records_total{$scope}[$__rate_interval]))", "{{result}}")],
        unit="recps",
        style=AREAS,
        colours=RESULTS,
        legend=("mean",),
        absent=NONE,
    )


def _late() -> sdk.Panel:
    share = """
        sum(rate(tweetpulse_windows_records_total{$scope, result="late"}[1h]))
        /
        sum(rate(tweetpulse_windows_records_total{$scope}[1h]))
    """
    return chart(
        "Share of late tweets",
        "Of the last hour. Above the red line the alert fires: a replay of old tweets, or a watermark too short.",
        [over_time(share, "late")],
        unit="percentunit",
        colours={"late": config.WARNING},
        limit=0.05,
        top=0.06,
        absent=NONE,
    )


def _behind() -> sdk.Panel:
    watermark = "time() - max(tweetpulse_windows_watermark_timestamp_seconds{$scope})"
    return chart(
        "How far behind is the long series?",
        "Lag: age of the oldest record that is not counted, from the checkpoint. Watermark: how old a tweet may be and "
        "still be counted.",
        [
            over_time("max(tweetpulse_windows_lag_seconds{$scope})", "lag", "A"),
            over_time(watermark, "watermark", "B"),
        ],
        unit="s",
        colours={"lag": config.VOLUME, "watermark": config.QUIET},
        legend=("lastNotNull",),
        limit=900,
        absent=NONE,
    )


def _unread() -> sdk.Panel:
    return chart(
        "Records that are not counted yet",
        "Unread: they wait in Kafka. Deleted unread: Kafka no longer has them, and the long series never will.",
        [
            over_time("sum(tweetpulse_windows_lag_records{$scope})", "unread", "A"),
            over_time("sum(tweetpulse_windows_expired_records{$scope})", "deleted unread", "B"),
        ],
        unit="short",
        colours={"unread": config.VOLUME, "deleted unread": config.BAD},
        absent=NONE,
    )


def _written() -> sdk.Panel:
    windows = "sum by (result) (increase(tweetpulse_windows_documents_total{$scope}[$__rate_interval]))"
    deleted = "sum(increase(tweetpulse_windows_deleted_indices_total{$scope}[$__rate_interval]))"
    return happenings(
        "Windows that changed",
        "Written; or not, because a fuller state is there, or because they are older than windows are kept. Deleted: "
        "whole indices that were too old.",
        [over_time(windows, "{{result}}", "A"), over_time(deleted, "deleted indices", "B")],
        colours={"written": config.VOLUME, "fuller": config.WARNING, "expired": config.QUIET},
    )


def _batches() -> sdk.Panel:
    return chart(
        "Batches of the long series",
        "From the trigger to the commit.",
        quantiles("tweetpulse_windows_batch_duration_seconds"),
        unit="s",
        colours=QUANTILES,
        legend=("lastNotNull",),
        absent=NONE,
    )


def _kept() -> sdk.Panel:
    return chart(
        "State of the long series",
        "Ids of tweets within the watermark, and windows that are not over.",
        [over_time("sum by (state) (tweetpulse_windows_state_rows{$scope})", "{{state}}")],
        unit="short",
        colours={"tweets": config.VOLUME, "windows": config.EVENT},
        legend=("lastNotNull",),
        absent=NONE,
    )

"""Elasticsearch as the stream feels it: how fast, how often it refuses, how full it is."""

from __future__ import annotations

from grafana_foundation_sdk.models import dashboard as sdk

from dashboards.grafana import config
from dashboards.grafana.panels import fields
from dashboards.grafana.panels.charts import chart, happenings, heatmap, states
from dashboards.grafana.panels.stats import stat
from dashboards.grafana.queries.flow import heat, now, over_time

STREAMS = [
    fields.matching(f"/^logs-tweets[.]{name}-/", {"color": fields.fixed(colour)})
    for name, colour in {"scored": config.VOLUME, "rejected": config.WARNING, "events": config.EVENT}.items()
]
ALIAS_STATES = {"0": ("wrong", config.BAD), "1": ("right", config.GOOD)}
WAITING = {"0": (" ", config.DARK), "1": ("waits", config.WARNING)}


def bulk() -> sdk.Panel:
    return heatmap(
        "Bulk request duration",
        "A column is an interval, the brighter the more requests.",
        [heat("sum by (le) (increase(tweetpulse_bulk_request_duration_seconds_bucket{$scope}[$__rate_interval]))")],
        unit="s",
    )


def retries() -> sdk.Panel:
    expression = "sum by (reason) (increase(tweetpulse_bulk_retries_total{$scope}[$__rate_interval])) > 0"
    return happenings(
        "Bulk retries by reason",
        "Each one waited, longer every time; none lost a tweet.",
        [over_time(expression, "{{reason}}")],
    )


def refused() -> sdk.Panel:
    failed = "sum by (reason) (increase(tweetpulse_documents_failed_total{$scope}[$__rate_interval])) > 0"
    duplicate = "sum(increase(tweetpulse_documents_duplicate_total{$scope}[$__rate_interval])) > 0"
    return happenings(
        "Refused and already there",
        "Documents that Elasticsearch refused, by reason, and those that were there before: "
        "expected after a restart and in a replay, else not.",
        [over_time(failed, "{{reason}}", "A"), over_time(duplicate, "already there", "B")],
        colours={"already there": config.VOLUME, "mapping": config.BAD},
    )


def waiting() -> sdk.Panel:
    return states(
        "Does the sink wait?",
        "Lit while a sink waits and the stream does not read; below it the reason. No tweet's fault, but the "
        "environment's.",
        [
            over_time("max by (sink) (tweetpulse_sink_waiting{$scope})", "{{sink}}", "A"),
            over_time("max by (sink, reason) (tweetpulse_sink_waiting{$scope}) > 0", "{{sink}}: {{reason}}", "B"),
        ],
        WAITING,
    )


def alias() -> sdk.Panel:
    return stat(
        "Alias",
        "Whether the alias that boards read tweets through shows all of one data stream. Wrong: it is gone, filtered, "
        "or on several, and boards show no tweets, a part of them, or some twice.",
        [now("min(tweetpulse_alias_ok{$scope})", "alias")],
        unit="short",
        steps=((None, config.BAD), (1, config.GOOD)),
        meanings=fields.words(ALIAS_STATES),
        absent=fields.nothing("no tweets yet"),
    )


def size() -> sdk.Panel:
    return chart(
        "Store",
        "Size of each data stream on disk.",
        [over_time("max by (data_stream) (tweetpulse_data_stream_size_bytes{$scope})", "{{data_stream}}")],
        unit="bytes",
        overrides=STREAMS,
        legend=("lastNotNull",),
    )


def documents() -> sdk.Panel:
    return chart(
        "Documents",
        "Documents in each data stream.",
        [over_time("max by (data_stream) (tweetpulse_data_stream_documents{$scope})", "{{data_stream}}")],
        unit="short",
        overrides=STREAMS,
        legend=("lastNotNull",),
    )


def disk() -> sdk.Panel:
    flood_stage = 'max by (node) (tweetpulse_elasticsearch_disk_watermark_ratio{$scope,watermark="flood_stage"})'
    return chart(
        "Free disk of Elasticsearch",
        "Free share of each node's disk. Below its flood stage (5 % by default) Elasticsearch takes no more documents.",
        [
            over_time("min by (node) (tweetpulse_elasticsearch_disk_free_ratio{$scope})", "{{node}}", "A"),
            over_time(flood_stage, "{{node}}: flood stage", "B"),
        ],
        unit="percentunit",
        overrides=[fields.matching("/flood stage$/", {"color": fields.fixed(config.BAD)})],
        legend=("lastNotNull",),
        top=1,
    )

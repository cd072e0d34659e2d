"""Five numbers that say whether somebody has to get up."""

from __future__ import annotations

from grafana_foundation_sdk.models import dashboard as sdk

from dashboards.grafana import config
from dashboards.grafana.panels import fields
from dashboards.grafana.panels.stats import stat
from dashboards.grafana.queries.flow import now, over_time

QUERY_STATES = {"0": ("stopped", config.BAD), "1": ("runs", config.GOOD)}


def panels() -> list[sdk.Panel]:
    return [_behind(), _newest(), _last_seen(), _queries(), _rejected()]


def _behind() -> sdk.Panel:
    return stat(
        "Behind",
        "How old the oldest record is that the scoring query has not read yet: the longest lag of a partition, "
        "measured by the exporter, so it holds while the stream is down. Orange from 1 min, red from 5 min.",
        [over_time('max(tweetpulse_stream_lag_seconds{$scope, query="score"})', "lag")],
        unit="s",
        steps=config.worse(60, 300),
        decimals=0,
        history=True,
    )


def _newest() -> sdk.Panel:
    expression = """
        time() - max(
          tweetpulse_data_stream_newest_ingested_timestamp_seconds{$scope, data_stream=~"logs-tweets[.]scored-.*"}
        )
    """
    return stat(
        "Newest in store",
        "How long ago the newest document was indexed, asked of Elasticsearch by the exporter. "
        "It grows too when nobody tweets: compare with what arrives.",
        [over_time(expression, "age")],
        unit="s",
        steps=config.worse(120, 600),
        decimals=0,
        history=True,
    )


def _last_seen() -> sdk.Panel:
    expression = "time() - max by (query) (tweetpulse_query_last_seen_timestamp_seconds{$scope})"
    return stat(
        "Last sign of life",
        "Time since each query last finished a batch, or said that it has nothing to do. A query that hangs still says "
        "it is active; this does not lie.",
        [now(expression, "{{query}}")],
        unit="s",
        steps=config.worse(120, 300),
        decimals=0,
        text="value_and_name",
    )


def _queries() -> sdk.Panel:
    return stat(
        "Queries",
        "Streaming queries that are active. Nothing here: the stream process is down.",
        [now("min by (query) (tweetpulse_query_active{$scope})", "{{query}}")],
        unit="short",
        steps=((None, config.BAD), (1, config.GOOD)),
        text="value_and_name",
        meanings=fields.words(QUERY_STATES),
        absent=fields.nothing("process down", config.BAD),
    )


def _rejected() -> sdk.Panel:
    expression = """
        sum(rate(tweetpulse_records_rejected_total{$scope}[5m]))
        /
        sum(rate(tweetpulse_records_read_total{$scope}[5m]))
    """
    return stat(
        "Rejected",
        "Share of the records of the last 5 minutes that could not be used. Orange from 0.5 %, red from 1 %.",
        [over_time(expression, "rejected")],
        unit="percentunit",
        steps=config.worse(0.005, 0.01),
        decimals=2,
        history=True,
    )

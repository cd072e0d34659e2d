"""Live sources: what they bring, what goes wrong with them, what they may still ask for."""

from __future__ import annotations

from grafana_foundation_sdk.models import dashboard as sdk

from dashboards.grafana import config
from dashboards.grafana.panels.charts import AREAS, chart, happenings, states
from dashboards.grafana.panels.stats import stat
from dashboards.grafana.queries.flow import now, over_time

STATES = {"0": ("not connected", config.BAD), "1": ("connected", config.GOOD), "2": ("waits for Kafka", config.WARNING)}
NONE = "no live source"


def what_comes() -> list[sdk.Panel]:
    return [_tweets(), _errors(), _interruptions(), _besides()]


def state() -> list[tuple[int, sdk.Panel]]:
    """With their widths."""
    return [(10, _connected()), (6, _last()), (8, _budget())]


def _tweets() -> sdk.Panel:
    return chart(
        "Tweets by source",
        "Per second, as Kafka has acknowledged them. A replay and invented tweets are no live source.",
        [over_time("sum by (source) (rate(tweetpulse_source_tweets_total{$scope}[$__rate_interval]))", "{{source}}")],
        unit="recps",
        style=AREAS,
        legend=("mean",),
        absent=NONE,
    )


def _errors() -> sdk.Panel:
    expression = """
        sum by (source, reason) (
          increase(tweetpulse_source_errors_total{$scope}[$__rate_interval])
          or
          label_replace(
            increase(tweetpulse_source_refused_total{$scope}[$__rate_interval]), "reason", "refused by Kafka", "", ""
          )
        ) > 0
    """
    return happenings(
        "Source errors by reason",
        "Attempts at a connection that failed, connections that were lost, lines that are no tweet, and records that "
        "the topic refuses as too large.",
        [over_time(expression, "{{source}}: {{reason}}")],
    )


def _interruptions() -> sdk.Panel:
    reconnects = "sum by (source) (increase(tweetpulse_source_reconnects_total{$scope}[$__rate_interval])) > 0"
    gaps = "sum by (source, outcome) (increase(tweetpulse_source_gaps_total{$scope}[$__rate_interval])) > 0"
    return happenings(
        "Reconnections and gaps",
        "How often a source was connected anew, and what became of the time between: refilled, or lost.",
        [
            over_time(reconnects, "{{source}}: reconnected", "A"),
            over_time(gaps, "{{source}}: gap {{outcome}}", "B"),
        ],
    )


def _besides() -> sdk.Panel:
    refilled = "sum by (source) (increase(tweetpulse_source_gap_tweets_total{$scope}[$__rate_interval])) > 0"
    passed = "sum by (source) (increase(tweetpulse_source_passed_over_total{$scope}[$__rate_interval])) > 0"
    return happenings(
        "Refilled, and passed over",
        "Tweets that came by refilling gaps, and those that came and are not for us: of somebody else's rule, "
        "without a word, or a later version of one.",
        [over_time(refilled, "{{source}}: refilled", "A"), over_time(passed, "{{source}}: passed over", "B")],
    )


def _connected() -> sdk.Panel:
    # Whether Kafka takes what comes counts more than whether something can come.
    expression = """
        max by (source) (tweetpulse_source_waiting{$scope} * 2 > 0)
        or
        max by (source) (tweetpulse_source_connected{$scope})
    """
    return states(
        "Are they connected?",
        "Green while tweets can come, red while not, orange while Kafka takes none and the source is held back.",
        [over_time(expression, "{{source}}")],
        STATES,
    )


def _last() -> sdk.Panel:
    return stat(
        "Last tweet",
        "How long ago Kafka acknowledged the last tweet of each source. Nights are quiet: the alert compares with the "
        "same hour of yesterday.",
        [now("time() - max by (source) (tweetpulse_source_last_tweet_timestamp_seconds{$scope})", "{{source}}")],
        unit="s",
        decimals=0,
        text="value_and_name",
        colour=config.VOLUME,
    )


def _budget() -> sdk.Panel:
    expression = """
        min by (source, endpoint) (
          tweetpulse_source_rate_limit_remaining{$scope} / (tweetpulse_source_rate_limit{$scope} > 0)
        )
    """
    return chart(
        "Rate limit left",
        "Share of the requests that are left until the limit is reset, by endpoint; the red line is where the alert "
        "begins to look. What a server does not say is not here.",
        [over_time(expression, "{{source}} {{endpoint}}")],
        unit="percentunit",
        legend=("lastNotNull",),
        limit=0.1,
        top=1,
    )

"""What comes in: from where, whether it stops, and whom it is about."""

from __future__ import annotations

from grafana_foundation_sdk.models import dashboard as sdk

from dashboards.grafana import config
from dashboards.grafana.panels.charts import AREAS, chart, happenings
from dashboards.grafana.queries.flow import over_time

SOURCES = {"twitter": config.VOLUME, "synthetic": config.EVENT, "replay": config.WARNING}


def deliveries() -> list[sdk.Panel]:
    return [_by_source(), _silence(), _errors()]


def content() -> list[sdk.Panel]:
    return [_by_sentiment(), _by_entity(), _age()]


def _by_source() -> sdk.Panel:
    return chart(
        "Tweets by source",
        "Published per second.",
        [over_time("sum by (source) (rate(tweetpulse_source_tweets_total{$scope}[$__rate_interval]))", "{{source}}")],
        unit="recps",
        colours=SOURCES,
        legend=("mean",),
    )


def _silence() -> sdk.Panel:
    expression = "time() - max by (source) (tweetpulse_source_last_tweet_timestamp_seconds{$scope} > 0)"
    return chart(
        "Since the last tweet",
        "How long each source has published nothing. A quiet night looks like a dead connection: see the errors.",
        [over_time(expression, "{{source}}")],
        unit="s",
        colours=SOURCES,
        legend=("lastNotNull",),
    )


def _errors() -> sdk.Panel:
    expression = "sum by (source, reason) (increase(tweetpulse_source_errors_total{$scope}[$__rate_interval])) > 0"
    return happenings("Source errors", "By source and reason.", [over_time(expression, "{{source}}: {{reason}}")])


def _by_sentiment() -> sdk.Panel:
    expression = "sum by (sentiment) (rate(tweetpulse_tweets_scored_total{$scope}[$__rate_interval]))"
    return chart(
        "Tweets scored, by sentiment",
        "Per second. Whatever a person would say of them: a sudden single colour is a broken scorer.",
        [over_time(expression, "{{sentiment}}")],
        unit="recps",
        style=AREAS,
        colours=config.LABELS,
        legend=("mean",),
    )


def _by_entity() -> sdk.Panel:
    expression = "sum by (entity) (rate(tweetpulse_entity_tweets_total{$scope}[$__rate_interval]))"
    return chart(
        "Tweets by entity",
        "Matches per second; a tweet may name two. Shows whose news bring the load.",
        [over_time(expression, "{{entity}}")],
        unit="recps",
        style=AREAS,
        legend=("mean",),
    )


def _age() -> sdk.Panel:
    expression = "time() - max by (query) (tweetpulse_event_newest_timestamp_seconds{$scope} > 0)"
    return chart(
        "Age of the newest tweet read",
        "By when it was written: a replay of old tweets shows here, and is no fault.",
        [over_time(expression, "{{query}}")],
        unit="s",
        colours={"score": config.VOLUME, "windows": config.EVENT},
        legend=("lastNotNull",),
    )

"""The row on incoming tweets: their sentiment, entities and age."""

from __future__ import annotations

from grafana_foundation_sdk.models import dashboard as sdk

from dashboards.grafana import config
from dashboards.grafana.panels.charts import AREAS, chart
from dashboards.grafana.queries.flow import over_time


def panels() -> list[sdk.Panel]:
    return [_by_sentiment(), _by_entity(), _age()]


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

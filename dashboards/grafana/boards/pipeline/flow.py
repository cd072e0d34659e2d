"""Does it keep up, and is anything lost or late?"""

from __future__ import annotations

from grafana_foundation_sdk.models import dashboard as sdk

from dashboards.grafana import config
from dashboards.grafana.panels import fields
from dashboards.grafana.panels.charts import DASHED, chart, happenings
from dashboards.grafana.panels.stats import stat
from dashboards.grafana.queries.flow import now, over_time, quantiles

QUANTILES = {"median": config.VOLUME, "95 %": config.WARNING, "99 %": config.EVENT}

REASONS = {
    **dict(
        zip(
            ("not_json", "not_a_tweet", "bad_id", "bad_time", "bad_field", "empty_text", "too_long", "no_value"),
            config.CATEGORIES,
            strict=False,
        )
    ),
    "too_large": config.WARNING,
    "mapping": config.BAD,
    "forgotten": config.UNSUPPORTED,
}
"""The closed list of reasons; what Elasticsearch refused is the worst: neither source nor stream saw it coming.
What is forgotten is rejected on purpose."""

READ = 'sum(tweetpulse_records_read_total{$scope, topic!~"tweets[.]scored.*"})'
INDEXED = 'sum(tweetpulse_documents_indexed_total{$scope, data_stream=~"logs-tweets[.]scored-.*"})'
ALREADY_THERE = 'sum(tweetpulse_documents_duplicate_total{$scope, data_stream=~"logs-tweets[.]scored-.*"})'
ARRIVED = "sum(tweetpulse_source_tweets_total{$scope})"
REJECTED = "sum(tweetpulse_records_rejected_total{$scope})"


def keeping_up() -> list[sdk.Panel]:
    return [_throughput(), _lag()]


def losses() -> list[sdk.Panel]:
    return [_delay(), _rejections(), _accounting()]


def _throughput() -> sdk.Panel:
    targets = [
        over_time(_rate(READ), "read", "A"),
        over_time(_rate(INDEXED), "searchable", "B"),
        over_time(_rate(ARRIVED), "arrives", "C"),
    ]
    return chart(
        "Records per second",
        "Read (from Kafka) and searchable (indexed); dashed what live sources bring. Read below what arrives: the "
        "stream falls behind. Searchable below read: documents are rejected or already there.",
        targets,
        unit="recps",
        colours={"read": config.VOLUME, "searchable": config.GOOD},
        overrides=[fields.when("arrives", {"color": fields.fixed(config.QUIET), **DASHED})],
        legend=("mean",),
    )


def _lag() -> sdk.Panel:
    return chart(
        "Lag",
        "Age of the oldest unread record, the worst partition of each query. The red line is 5 minutes; "
        "the alert looks at whether it grows.",
        [over_time("max by (query) (tweetpulse_stream_lag_seconds{$scope})", "{{query}}")],
        unit="s",
        colours={"score": config.VOLUME, "windows": config.EVENT},
        legend=("max",),
        limit=300,
        top=320,
    )


def batches() -> sdk.Panel:
    trigger = over_time('max(tweetpulse_trigger_interval_seconds{$scope, query="score"})', "trigger", "D")
    return chart(
        "Batch duration against the trigger",
        "While a batch takes longer than the trigger interval, the lag grows.",
        [*quantiles("tweetpulse_batch_duration_seconds", 'query="score"')[:2], trigger],
        unit="s",
        colours=QUANTILES,
        overrides=[fields.when("trigger", {"color": fields.fixed(config.BAD), **DASHED})],
        legend=("lastNotNull",),
    )


def _delay() -> sdk.Panel:
    return chart(
        "Delay until searchable",
        "From the record's Kafka time until Elasticsearch has acknowledged the document. "
        "The red line is the objective: 95 % within 60 s.",
        quantiles("tweetpulse_ingest_delay_seconds"),
        unit="s",
        colours=QUANTILES,
        legend=("lastNotNull",),
        limit=60,
    )


def _rejections() -> sdk.Panel:
    expression = "sum by (reason) (increase(tweetpulse_records_rejected_total{$scope}[$__rate_interval])) > 0"
    heads = "sum by (topic) (increase(tweetpulse_messages_truncated_total{$scope}[$__rate_interval])) > 0"
    return happenings(
        "Rejected records by reason",
        "They are kept in the topic of rejected records and can be replayed after a fix, but for what is forgotten. "
        "A *head*: a message was too large for its topic, so that only its beginning was written there.",
        [over_time(expression, "{{reason}}", "A"), over_time(heads, "head: {{topic}}", "B")],
        colours=REASONS,
    )


def _accounting() -> sdk.Panel:
    # Raw counters of one scrape: increase() extrapolates, and the accounting would never balance.
    columns = {"Read": READ, "Indexed": INDEXED, "Already there": ALREADY_THERE, "Rejected": REJECTED}
    missing = f"{READ} - {INDEXED} - {ALREADY_THERE} - {REJECTED}"
    entries = {**columns, "Missing": missing}
    targets = [now(expression, name, ref) for ref, (name, expression) in zip("ABCDE", entries.items(), strict=True)]
    # A threshold holds from its value on: the green range ends halfway to the whole numbers beside 0.
    balanced: config.Steps = ((None, config.BAD), (-0.5, config.GOOD), (0.5, config.BAD))
    return stat(
        "The accounting since the start",
        "Read = indexed + already there + rejected. Whatever is left is missing, and must be 0 between batches.",
        targets,
        unit="locale",
        text="value_and_name",
        orientation="horizontal",
        overrides=[fields.when("Missing", {"thresholds": fields.thresholds(balanced), "decimals": 0})],
    )


def _rate(total: str) -> str:
    # From the same expression, so that the chart and the books never count different series.
    return total.replace("sum(", "sum(rate(").replace("})", "}[$__rate_interval]))")

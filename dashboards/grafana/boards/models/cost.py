"""The cost of scoring, the models' findings, and champions that can't be loaded."""

from __future__ import annotations

from grafana_foundation_sdk.models import dashboard as sdk

from dashboards.grafana import config
from dashboards.grafana.panels import fields
from dashboards.grafana.panels.charts import AREAS, BARE, chart, chunk_time, happenings, reasons, states
from dashboards.grafana.queries import models as m
from dashboards.grafana.queries.flow import over_time

LOADED = {"0": (" ", config.DARK), "1": ("can't be loaded", config.WARNING)}


def scoring() -> sdk.Panel:
    return chunk_time(
        "Scoring time of a chunk, 95 %",
        "What a chunk of records took, by step; 95 % took less. The models together should stay in the order of the "
        "documents, which is all else that is done for a tweet, VADER included.",
    )


def complaints() -> sdk.Panel:
    return fields.of_tweets(
        reasons(
            "Complaints recognised",
            "Tweets that need an answer, as the complaint model has it, by the reason that the reason model gives.",
            m.COMPLAINTS,
            table=True,
        )
    )


def complaint_rate() -> sdk.Panel:
    expression = """
        sum(rate(tweetpulse_predictions_total{$scope, task="complaint", label="complaint"}[$__rate_interval]))
        /
        (sum(rate(tweetpulse_predictions_total{$scope, task="complaint"}[$__rate_interval])) > 0)
    """
    return chart(
        "Complaint rate",
        "Share of the tweets that the complaint model holds for a complaint. A jump with a promotion is the model's, "
        "without one it is the world's.",
        [over_time(expression, "complaints")],
        unit="percentunit",
        style=BARE,
        colours={"complaints": config.WARNING},
        legend=("mean",),
        absent=config.NO_MODEL_OF["complaint"],
    )


def predictions() -> sdk.Panel:
    expression = (
        'sum by (task, label) (rate(tweetpulse_predictions_total{$scope, task=~"$task"}[$__rate_interval])) > 0'
    )
    return chart(
        "Predictions",
        "Per second, by task and label. One single label from a promotion on: roll back, tweetpulse models "
        "rollback --task TASK.",
        [over_time(expression, "{{task}}: {{label}}")],
        unit="recps",
        style=AREAS,
        legend=("mean",),
        absent=config.NO_MODEL,
    )


def loads() -> sdk.Panel:
    return states(
        "Does the champion load?",
        "Lit while the stream can't load a champion: an older version, or none, stands in for it.",
        [over_time('max by (task) (tweetpulse_model_load_failed{$scope, task=~"$task"})', "{{task}}")],
        LOADED,
    )


def load_errors() -> sdk.Panel:
    expression = (
        'sum by (task) (increase(tweetpulse_model_load_errors_total{$scope, task=~"$task"}[$__rate_interval])) > 0'
    )
    return happenings(
        "Failed attempts to load a champion",
        "Each micro-batch tries again, until it loads or another version is promoted.",
        [over_time(expression, "{{task}}")],
    )

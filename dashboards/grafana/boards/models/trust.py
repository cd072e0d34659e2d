"""The model in use, its measures on held-out rows, and its drift."""

from __future__ import annotations

from grafana_foundation_sdk.models import dashboard as sdk

from dashboards.grafana import config
from dashboards.grafana.panels import fields
from dashboards.grafana.panels.stats import share_bars, stat
from dashboards.grafana.queries import models as m
from dashboards.grafana.queries import tweets as q
from dashboards.grafana.queries.flow import now

DRIFT: config.Steps = (
    (None, config.BAD),
    (-10, config.WARNING),
    (-5, config.GOOD),
    (5, config.WARNING),
    (10, config.BAD),
)
"""Points away from the week's mean, to either side: a model that suddenly agrees with VADER has changed too."""
AGE: config.Steps = ((None, config.PLAIN), (30 * 86400, config.WARNING), (90 * 86400, config.BAD))
SURE: config.Steps = ((None, config.BAD), (0.6, config.WARNING), (0.7, config.PLAIN))
ABSENT = fields.nothing(config.NO_MODEL_YET)
NO_SENTIMENT = fields.nothing(config.NO_SENTIMENT_YET)


def panels() -> list[tuple[int, sdk.Panel]]:
    """Of all tasks, with their widths."""
    return [(8, _version()), (5, _trained()), (11, _tested())]


def drift() -> sdk.Panel:
    expression = """
        100 * (
          max by (task) (task_version:tweetpulse_scorer_disagreements:ratio_rate6h)
          -
          max by (task) (task_version:tweetpulse_scorer_disagreements:ratio_rate7d)
        )
    """
    return stat(
        "Drift from the week",
        "Share of the tweets of the last 6 hours on which the model and VADER differ, minus the same share since this "
        "version is in use, 7 days at most; in percentage points. A jump means that the tweets or the model changed. "
        "The level itself says little: VADER differs from people's labels on about every second tweet. Orange from 5, "
        "red from 10, up or down. Of the task of sentiment, which alone VADER has a word on.",
        [now(expression, "{{task}}")],
        unit="suffix: pp",
        steps=DRIFT,
        decimals=1,
        absent=NO_SENTIMENT,
    )


def _version() -> sdk.Panel:
    return stat(
        "Version",
        "The champion that scores now, of each task. No model yet? Train and promote one: tweetpulse train sentiment "
        "--data FILE, then tweetpulse models promote VERSION; docs/models.md has it all.",
        [now('max by (task, version) (tweetpulse_model_info{$scope, task=~"$task"})', "{{task}}: {{version}}")],
        unit="short",
        text="name",
        orientation="horizontal",
        absent=ABSENT,
    )


def _trained() -> sdk.Panel:
    expression = 'time() - max by (task, version) (tweetpulse_model_trained_timestamp_seconds{$scope, task=~"$task"})'
    return stat(
        "Trained",
        "How long ago the version that scores now was trained. Orange from 30 days, red from 90: tweetpulse retrain.",
        [now(expression, "{{task}}")],
        unit="s",
        steps=AGE,
        decimals=0,
        orientation="horizontal",
        absent=ABSENT,
    )


def confidence() -> sdk.Panel:
    return fields.of_tweets(
        stat(
            "Confidence",
            "Median probability that the sentiment model gives its own label, in the time range. Orange below 70 %, "
            "red below 60 %.",
            # By version, of which there is none without a model: one bucket of everything would say 0 %.
            [q.ask(m.JUDGED, q.by_term(m.VERSION, 1), metrics=(q.percentiles(m.PROBABILITY, 50),))],
            unit="percentunit",
            steps=SURE,
            decimals=0,
            field="/p50/",
            absent=NO_SENTIMENT,
        )
    )


def _tested() -> sdk.Panel:
    expression = """
        max by (task, measure) (
          tweetpulse_model_evaluation_ratio{$scope, task=~"$task", measure=~"accuracy|macro_f1|macro_recall"}
        )
    """
    return share_bars(
        "How good was it when it was tested?",
        "On rows that training never saw. Choose a task at the top; the version's report has every measure, by class "
        "and by slice: tweetpulse models show.",
        [now(expression, "{{task}} {{measure}}")],
        absent=config.NO_MODEL,
        base=config.VOLUME,
    )

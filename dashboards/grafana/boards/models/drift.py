"""Drift: disagreements of model and VADER, the model's labels, its confidence."""

from __future__ import annotations

from grafana_foundation_sdk.models import dashboard as sdk

from dashboards.grafana import config
from dashboards.grafana.panels import fields
from dashboards.grafana.panels.charts import BARE, DASHED, SHARES, chart
from dashboards.grafana.queries import models as m
from dashboards.grafana.queries import tweets as q
from dashboards.grafana.queries.flow import over_time


def panels() -> list[sdk.Panel]:
    return [_differs(), _says(), _sure()]


def _differs() -> sdk.Panel:
    share = """
        task_version:tweetpulse_scorer_disagreements:increase5m
        /
        (task_version:tweetpulse_scorer_compared:increase5m > 0)
    """
    mean = "max by (task) (task_version:tweetpulse_scorer_disagreements:ratio_rate7d)"
    return chart(
        "Differs from VADER",
        "Share of the tweets that the model and VADER label differently. VADER is no truth and the level means little: "
        "what counts is a change. Dashed: the mean since the version is in use, of 7 days at most.",
        [over_time(share, "{{version}}", "A"), over_time(mean, "mean of the week", "B")],
        unit="percentunit",
        style=BARE,
        overrides=[fields.when("mean of the week", {"color": fields.fixed(config.QUIET), **DASHED})],
        absent=config.NO_MODEL_OF["sentiment"],
    )


def _says() -> sdk.Panel:
    return fields.of_tweets(
        chart(
            "What the model says",
            "Tweets per interval by the model's label, stacked to 100 %.",
            [q.ask(m.JUDGED, q.by_name(m.LABEL, len(config.MODEL_LABELS)), q.by_time(), alias="{{tweet.model.label}}")],
            unit="short",
            style=SHARES,
            colours=config.MODEL_LABELS,
            points=100,
            absent=config.NO_MODEL_OF["sentiment"],
        )
    )


def sure_of_complaints() -> sdk.Panel:
    """The same of the model of complaints."""
    return _how_sure("How sure it is of complaints", m.ASKED, m.COMPLAINT_PROBABILITY, "complaint")


def _sure() -> sdk.Panel:
    return _how_sure("How sure it is", m.JUDGED, m.PROBABILITY, "sentiment")


def _how_sure(title: str, query: str, field: str, task: str) -> sdk.Panel:
    names = {
        f"p50.0 {field}": ("median", config.VOLUME),
        f"p10.0 {field}": ("least sure tenth", config.WARNING),
    }
    return fields.of_tweets(
        chart(
            title,
            "Probability of the label that the model chose: the median, and the least sure tenth. Both sink when "
            "tweets come that it was not trained for.",
            [q.ask(query, q.by_time(), metrics=(q.percentiles(field, 10, 50),))],
            unit="percentunit",
            style=BARE,
            top=1,
            overrides=[
                fields.when(name, {"displayName": text, "color": fields.fixed(colour)})
                for name, (text, colour) in names.items()
            ],
            points=100,
            absent=config.NO_MODEL_OF[task],
        )
    )

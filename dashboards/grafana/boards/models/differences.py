"""Differences between VADER and the model: by label, by entity, tweet by tweet."""

from __future__ import annotations

from grafana_foundation_sdk.models import dashboard as sdk

from dashboards.grafana import config
from dashboards.grafana.panels import fields
from dashboards.grafana.panels.stats import share_bars
from dashboards.grafana.panels.tables import ENTITY, against, tweets
from dashboards.grafana.queries import models as m
from dashboards.grafana.queries import tweets as q

COLUMNS = ("@timestamp", ENTITY, "message", q.SCORE, q.LABEL, m.LABEL, m.PROBABILITY, "event.id")


def matrix() -> sdk.Panel:
    return fields.of_tweets(
        against(
            "VADER against the model",
            "Rows: VADER. Columns: the model. Off the diagonal they differ.",
            [q.ask(m.JUDGED, q.by_label(), q.by_name(m.LABEL, 4))],
            absent=config.NO_MODEL_OF["sentiment"],
        )
    )


def by_entity() -> sdk.Panel:
    commonest = q.by_term(ENTITY, 8)
    return fields.of_tweets(
        share_bars(
            "Share that differs, by entity",
            "Of the tweets about it. One far above the others: its name, or a word of its trade, misleads one of them.",
            [
                q.ask(m.DIFFERS, q.by_term(ENTITY, 50), hide=True),
                q.ask(m.COMPARED, commonest, ref="B", hide=True),
                q.math("E", "$A / $B"),
            ],
            name='${__field.labels["tweet.entity"]}',
            absent=config.NO_MODEL_OF["sentiment"],
            base=config.VOLUME,
        )
    )


def opposite() -> sdk.Panel:
    return fields.of_tweets(
        tweets(
            "Opposite labels, newest first",
            "One says positive, the other negative, and the model is sure. Say who is right, and the next training "
            "learns from it: tweetpulse label ID negative.",
            m.OPPOSITE,
            COLUMNS,
            variables=False,
        )
    )

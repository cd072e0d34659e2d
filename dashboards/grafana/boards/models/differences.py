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


def agreement() -> sdk.Panel:
    counted = q.sums(A=m.VADER_AGREES, B=m.LABELLED, F=m.MODEL_AGREES, G=m.LABELLED_JUDGED)
    return fields.of_tweets(
        share_bars(
            "Agrees with the file's own labels",
            "Of the tweets whose file says what they are (tweet.label.given), the share of which VADER, and the model, "
            "say the same. Where the model was trained on that file, its share only says how much it remembers.",
            [*counted, q.math("E", "$A / $B"), q.math("H", "$F / $G")],
            names={"E": "VADER", "H": "model"},
            absent=config.NO_LABELS,
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

"""Alerting rules of Kibana: made through its API, since imported rules arrive disabled.

What Prometheus and Grafana alert on is not repeated here: this one needs the single tweet, not a number.
"""

from __future__ import annotations

import json

from dashboards.kibana import grafana
from dashboards.kibana.conditions import RETWEET, All, Compares, Json, Not
from dashboards.kibana.data_views import TIME, TWEETS

CONNECTOR = "6f6d2f0e-6a0c-4c53-9d0b-2f6b1b6f3c01"
LOUD_CRITIC = "b6a3f1d2-0c7e-4d0e-8f57-8a9d5f0e7c02"
_CONDITION = All(
    (
        Compares("tweet.sentiment.compound", "<=", -0.6),
        Compares("tweet.author.followers", ">=", 100_000),
        Not(RETWEET),
    )
)
_MESSAGE = (
    "{{rule.name}}: {{context.value}} in the last 15 minutes. "
    f"Tweets: {{{{context.link}}}} Board: {grafana.around(grafana.OVERVIEW, 'context.date')}"
)


def connector() -> Json:
    """Writes to Kibana's own log: exchange it for e-mail or a chat in Kibana, under Connectors."""
    return {"id": CONNECTOR, "connector_type_id": ".server-log", "name": "tweetpulse: server log"}


def rules() -> list[Json]:
    """Each with its id and all that `POST /api/alerting/rule/{id}` takes."""
    return [
        {
            "id": LOUD_CRITIC,
            "name": "A very negative tweet with a large audience",
            "rule_type_id": ".es-query",
            "consumer": "stackAlerts",
            "tags": ["tweetpulse"],
            "schedule": {"interval": "1m"},
            "params": _params(),
            "actions": [_action()],
        }
    ]


def query() -> Json:
    """The rule's query to Elasticsearch, without the time range."""
    return {"query": _CONDITION.query()}


def _params() -> Json:
    return {
        "searchType": "esQuery",
        "index": [TWEETS.indices],
        "timeField": TIME,
        "esQuery": json.dumps(query()),
        "timeWindowSize": 15,
        "timeWindowUnit": "m",
        "threshold": [0],
        "thresholdComparator": ">",
        "size": 10,
        "aggType": "count",
        "groupBy": "all",
        # The window is longer than the interval: otherwise the same tweet would alert every minute.
        "excludeHitsFromPreviousRun": True,
    }


def _action() -> Json:
    return {
        "id": CONNECTOR,
        "group": "query matched",
        "params": {"level": "warn", "message": _MESSAGE},
        "frequency": {"summary": False, "notify_when": "onActiveAlert", "throttle": None},
    }

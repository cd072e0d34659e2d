"""Questions about topics, as `tweetpulse topics` has found them: of one namespace, about the same tweets, at once."""

from __future__ import annotations

from grafana_foundation_sdk.models import elasticsearch as es

from dashboards.grafana.queries.tweets import ask, by_name, by_time

NUMBER, NAME = "topic.number", "topic.name"
MOST = 100
"""As many as may be asked for; a test holds it equal to the pipeline's own bound."""

CHOSEN = 'run.namespace:"$namespace" AND run.about:"$about" AND run.names:"$found"'
_TOPIC = f"{CHOSEN} AND topic.kind:topic"
FOUND = f"{_TOPIC} AND topic.tweets:>0"
"""The topics of the period; those that have vanished have no tweets in it."""
NEW = f"{_TOPIC} AND topic.state:new"
VANISHED = f"{_TOPIC} AND topic.state:vanished"
EXAMPLES = f"{CHOSEN} AND topic.kind:example"

_INTERVALS = f"{CHOSEN} AND topic.kind:interval"


def over_time() -> es.Dataquery:
    """The tweets of each topic, interval by interval; a topic is called by its number and name."""
    buckets = (by_name(NUMBER, MOST, "11"), by_name(NAME, 1), by_time())
    tweets = (es.Sum(id_val="1", field="topic.tweets"),)
    return ask(_INTERVALS, *buckets, metrics=tweets, alias=f"{{{{{NUMBER}}}}}. {{{{{NAME}}}}}")

"""Questions to Elasticsearch about a period. As on the boards, retweets are left out. Pure."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any

from pipeline.domain.prediction import COMPLAINT, MOST_LABELS
from pipeline.domain.record import Reason
from pipeline.domain.sentiment import Label
from pipeline.domain.tweet import Kind
from pipeline.report.period import Period

Body = dict[str, Any]

MOST_ENTITIES = 20
MOST_TERMS = 15
MOST_TWEETS = 25

_RETWEET: Body = {"term": {"tweet.kind": Kind.RETWEET}}
_NEGATIVE: Body = {"term": {"tweet.sentiment.label": Label.NEGATIVE}}
_LABELS: Body = {"labels": {"terms": {"field": "tweet.sentiment.label", "size": len(Label)}}}
_SHOWN = ["@timestamp", "message", "url.full", "tweet.entity", "tweet.sentiment.compound"]


def tweets(period: Period, entity: str | None = None) -> Body:
    """All counts of tweets: of the period, and of the one before.

    Args:
        period: by the time at which tweets were written.
        entity: only tweets about it.
    """
    both = Period(period.before.since, period.until)
    return {
        "size": 0,
        "query": {"bool": {"filter": _about(both, entity)}},
        "aggs": {
            "now": _of(
                period,
                _LABELS
                | _over_time(period)
                | {
                    "hashtags": _most("tweet.hashtags", MOST_TERMS),
                    "words": _most("tweet.words", MOST_TERMS),
                    "entities": {"cardinality": {"field": "tweet.entity"}},
                    "asked": {"filter": {"exists": {"field": "tweet.complaint.label"}}},
                    "complaints": {
                        "filter": {"term": {"tweet.complaint.label": COMPLAINT}},
                        "aggs": {"reasons": _most("tweet.complaint.reason", MOST_LABELS)},
                    },
                },
            ),
            "before": _of(period.before, _LABELS),
            "retweets": {"filter": {"bool": {"filter": [_written(period), _RETWEET]}}},
            "entities": {
                # An entity that nobody names any more is there too, with what it was before.
                "terms": {
                    "field": "tweet.entity",
                    "size": MOST_ENTITIES,
                    "shard_size": 10 * MOST_ENTITIES,
                    "order": [{"now": "desc"}, {"_count": "desc"}, {"_key": "asc"}],
                },
                "aggs": {
                    "now": _of(period, _LABELS | _over_time(period)),
                    "before": _of(period.before, _LABELS),
                },
            },
        },
    }


def newest_negative(period: Period, entity: str | None = None) -> Body:
    """The newest negative tweets themselves."""
    return {
        "size": MOST_TWEETS,
        "query": {"bool": {"filter": [*_about(period, entity), _NEGATIVE], "must_not": [_RETWEET]}},
        "sort": [{"@timestamp": "desc"}, {"event.id": "asc"}],
        "source": _SHOWN,
    }


def rejected(period: Period) -> Body:
    """Rejected records by reason, by the time at which the broker took them."""
    return {
        "size": 0,
        "query": {"bool": {"filter": [_written(Period(period.before.since, period.until))]}},
        "aggs": {
            "now": {
                "filter": _written(period),
                "aggs": {"reasons": _most("error.type", len(Reason))},
            },
            "before": {"filter": _written(period.before)},
        },
    }


def indexed(period: Period) -> Body:
    """The documents that were indexed in the period, whenever their tweets were written."""
    return _between("event.ingested", period)


def milliseconds(length: timedelta) -> int:
    """As Elasticsearch has durations."""
    return length // timedelta(milliseconds=1)


def _about(period: Period, entity: str | None) -> list[Body]:
    named = [] if entity is None else [{"term": {"tweet.entity": entity}}]
    return [_written(period), *named]


def _of(period: Period, aggs: Body) -> Body:
    return {"filter": {"bool": {"filter": [_written(period)], "must_not": [_RETWEET]}}, "aggs": aggs}


def _written(period: Period) -> Body:
    return _between("@timestamp", period)


def _between(field: str, period: Period) -> Body:
    return {"range": {field: {"gte": period.since.isoformat(), "lt": period.until.isoformat()}}}


def _over_time(period: Period) -> Body:
    """Intervals that begin with the period, and not with the hour or the day."""
    step = milliseconds(period.step)
    offset = int(period.since.astimezone(UTC).timestamp()) * 1_000 % step
    histogram = {"field": "@timestamp", "fixed_interval": f"{step}ms", "offset": f"{offset}ms", "min_doc_count": 1}
    return {"over_time": {"date_histogram": histogram, "aggs": _LABELS}}


def _most(field: str, size: int) -> Body:
    return {"terms": {"field": field, "size": size, "order": [{"_count": "desc"}, {"_key": "asc"}]}}

"""How many tweets there are of each entity, as their documents have it: metrics know the tracked ones alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from elasticsearch import Elasticsearch

from pipeline.domain.sentiment import Label


@dataclass(frozen=True, slots=True)
class Tally:
    """Tweets of an entity; `supported` are those in a language that a scorer speaks."""

    entity: str
    tweets: int
    negative: int
    supported: int


def tallies(client: Elasticsearch, stream: str, since: datetime, most: int) -> tuple[list[Tally], int]:
    """The entities with most tweets that were indexed since then, and the tweets of all other entities.

    Args:
        client: errors are the caller's to map.
        stream: a data stream of tweets.
        since: what was indexed before does not count.
        most: so many entities.
    """
    answer = client.search(
        index=stream,
        size=0,
        query={"range": {"event.ingested": {"gte": since.isoformat()}}},
        aggs={
            "entities": {
                "terms": {"field": "tweet.entity", "size": most},
                "aggs": {"labels": {"terms": {"field": "tweet.sentiment.label", "size": len(Label)}}},
            }
        },
    )["aggregations"]["entities"]
    return [_tally(bucket) for bucket in answer["buckets"]], answer["sum_other_doc_count"]


def _tally(bucket: Mapping[str, Any]) -> Tally:
    labels = {one["key"]: one["doc_count"] for one in bucket["labels"]["buckets"]}
    tweets = bucket["doc_count"]
    return Tally(bucket["key"], tweets, labels.get(Label.NEGATIVE, 0), tweets - labels.get(Label.UNSUPPORTED, 0))

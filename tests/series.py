"""Windows of an hour over months, of invented numbers that have days and weeks, for boards on the long series."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from math import cos, pi
from random import Random

from elasticsearch import Elasticsearch

from pipeline.sinks.elasticsearch.settings import ElasticsearchSettings
from pipeline.sinks.elasticsearch.window_indices import index_of, pattern
from pipeline.sinks.elasticsearch.window_store import Window, WindowStore
from pipeline.stream.chunk import dumps
from pipeline.windows.documents import Key, document, id_of
from pipeline.windows.tally import Tally

_LENGTH, _SECONDS = "1h", 3_600
_CHUNK = 10_000
_LANGUAGES: Mapping[str, float] = {"en": 1.0, "de": 0.3}
"""Each with how much is written in it."""


def write(client: Elasticsearch, settings: ElasticsearchSettings, windows: Iterator[Window]) -> int:
    """Write them as `tweetpulse windows` does, to be found at once; how many tweets are in those of all tweets."""
    store = WindowStore(client, settings)
    while some := list(islice(windows, _CHUNK)):
        store.write(some)
    client.indices.refresh(index=pattern(settings.namespace))
    query = {"bool": {"filter": [{"term": {"window.scope": "all"}}, {"term": {"window.length": _LENGTH}}]}}
    tweets = {"tweets": {"sum": {"field": "window.tweets"}}}
    answer = client.search(index=pattern(settings.namespace), size=0, query=query, aggs=tweets)
    return int(answer["aggregations"]["tweets"]["value"])


def windows(namespace: str, entities: Sequence[str], end: datetime, days: int) -> Iterator[Window]:
    """Of all tweets and of each entity, the same for the same end; the tweets of all are those of the entities."""
    choose = Random(1)
    for hours in range(24 * days):
        begin = end - timedelta(hours=hours + 1)
        for lang, part in _LANGUAGES.items():
            of_entities = {
                entity: _tally(choose, part * _volume(begin) / (1 + place), _negative(begin, place))
                for place, entity in enumerate(entities)
            }
            yield _window(namespace, begin, None, lang, _sum(list(of_entities.values())))
            for entity, tally in of_entities.items():
                yield _window(namespace, begin, entity, lang, tally)


def _window(namespace: str, begin: datetime, entity: str | None, lang: str, tally: Tally) -> Window:
    key = Key(_LENGTH, _SECONDS, int(begin.timestamp()), entity, lang)
    target = index_of(namespace, _LENGTH, _SECONDS, key.begin)
    return Window(target, id_of(key, namespace), tally.size, dumps(document(key, tally, namespace)))


def _volume(at: datetime) -> float:
    """Tweets in an hour: most in the evening, fewer at the week-end, and in some weeks."""
    day = 1 - 0.6 * cos(2 * pi * (at.hour - 8) / 24)
    week = 1 + 0.2 * cos(2.2 * at.isocalendar().week)
    return 60 * day * week * (0.7 if at.weekday() > 4 else 1)


def _negative(at: datetime, place: int) -> float:
    """The share of negative tweets: another one for each entity, and worse for the second one on three days a month."""
    is_crisis = place == 1 and at.day in (9, 10, 11)
    return 0.5 if is_crisis else 0.18 + 0.03 * place + 0.04 * cos(2 * pi * at.timetuple().tm_yday / 60)


def _tally(choose: Random, tweets: float, negative: float) -> Tally:
    count = max(1, round(tweets * choose.uniform(0.8, 1.2)))
    bad = min(count, round(count * negative * choose.uniform(0.8, 1.2)))
    good = min(count - bad, round(0.4 * count))
    labels = Counter({"negative": bad, "positive": good, "neutral": count - bad - good})
    complaints = bad // 2
    return Tally(
        tweets=count,
        retweets=count // 10,
        labels=labels,
        judged=count,
        complaints=complaints,
        reasons=Counter({"refund": complaints}),
        hashtags=Counter({"sale": count // 5}),
    )


def _sum(tallies: Sequence[Tally]) -> Tally:
    found = Tally()
    for one in tallies:
        found.tweets += one.tweets
        found.retweets += one.retweets
        found.labels += one.labels
        found.judged += one.judged
        found.complaints += one.complaints
        found.reasons += one.reasons
        found.hashtags += one.hashtags
    return found

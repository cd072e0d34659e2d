"""Scored tweets as the stream publishes them, and what windows of them come to, computed in another way than ours."""

from __future__ import annotations

import math
import random
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from kafka import KafkaProducer

from pipeline.domain.document import scored_document
from pipeline.domain.prediction import COMPLAINT, NO_COMPLAINT, Opinion, Prediction
from pipeline.domain.sentiment import UNSUPPORTED, Label, Sentiment
from pipeline.domain.tweet import Author, Kind
from pipeline.kafka.client import kafka_options
from pipeline.kafka.topics import ensure_topics
from pipeline.settings import Settings
from pipeline.sinks.elasticsearch.client import connect
from pipeline.sinks.elasticsearch.window_indices import pattern
from pipeline.stream.chunk import dumps
from tests.builders import AT, INGESTED, analysis, tweet

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ENTITIES = ((), ("Acme",), ("Acme",), ("Globex",), ("Acme", "Globex"))
HASHTAGS = tuple(f"tag{number}" for number in range(15))
REASONS = ("late_flight", "lost_luggage")

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Said:
    """A message of the topic of scored tweets: its key and its document."""

    id: str
    at: datetime
    body: Body


def said(id_: str, at: datetime, choose: random.Random) -> Said:
    """An arbitrary scored tweet of a moment."""
    compound = round(choose.uniform(-1, 1), 4) if choose.random() < 0.8 else 0.0
    label = Label.POSITIVE if compound >= 0.05 else Label.NEGATIVE if compound <= -0.05 else Label.NEUTRAL
    sentiment = Sentiment(label, compound, 0.0, 1.0, 0.0) if choose.random() < 0.9 else UNSUPPORTED
    written = tweet(
        id=id_,
        written_at=at,
        author=Author(str(choose.randrange(120)), "name") if choose.random() < 0.95 else Author(None, None),
    )
    about = analysis(
        sentiment=sentiment,
        kind=Kind.RETWEET if choose.random() < 0.1 else Kind.ORIGINAL,
        entities=choose.choice(ENTITIES),
        hashtags=tuple(choose.sample(HASHTAGS, choose.randrange(3))),
        lang=choose.choice(("en", "en", "de", None)),
    )
    return Said(id_, at, scored_document(written, about, AT, INGESTED, "any", _opinion(choose)))


def _opinion(choose: random.Random) -> Opinion:
    if choose.random() < 0.3:
        return Opinion()
    if choose.random() < 0.6:
        return Opinion(complaint=Prediction(NO_COMPLAINT, 0.9, "v1"))
    reason = Prediction(choose.choice(REASONS), 0.5, "v1") if choose.random() < 0.8 else None
    return Opinion(complaint=Prediction(COMPLAINT, 0.9, "v1"), reason=reason)


def publish_scored(settings: Settings, messages: Iterable[Said]) -> None:
    """Write them to the test's topic of scored tweets, in this order."""
    publish_raw(settings, [(one.id.encode(), dumps(one.body)) for one in messages])


def publish_raw(settings: Settings, messages: Sequence[tuple[bytes, bytes | None]]) -> None:
    """Write keys and values as they are."""
    ensure_topics(settings.kafka)
    with closing(KafkaProducer(**kafka_options(settings.kafka))) as producer:
        for key, value in messages:
            producer.send(settings.kafka.scored_topic, value, key)
        producer.flush(60)


def stored(settings: Settings) -> dict[str, Body]:
    """`_id` → document of every window of the test's namespace."""
    found: dict[str, Body] = {}
    index = pattern(settings.elasticsearch.namespace)
    with closing(connect(settings.elasticsearch)) as client:
        client.indices.refresh(index=index)
        after: Any = None
        while True:
            page = client.search(index=index, size=5_000, sort=[{"event.id": "asc"}], search_after=after)["hits"][
                "hits"
            ]
            if not page:
                return found
            assert not found.keys() & {hit["_id"] for hit in page}
            found |= {hit["_id"]: dict(hit["_source"]) for hit in page}
            after = page[-1]["sort"]


def recomputed(messages: Iterable[Said], lengths: Mapping[str, int], namespace: str) -> list[Body]:
    """The windows of these messages, as fields of documents, without their ids; each tweet is taken once."""
    series: dict[tuple[str, datetime, str | None, str], list[Body]] = defaultdict(list)
    for one in {message.id: message for message in messages}.values():
        fields = one.body["tweet"]
        for length, seconds in lengths.items():
            start = EPOCH + timedelta(seconds=(one.at - EPOCH) // timedelta(seconds=seconds) * seconds)
            for entity in (None, *fields["entity"]):
                series[length, start, entity, fields.get("lang", "und")].append(one.body)
    return [_window(key, bodies, lengths[key[0]], namespace) for key, bodies in series.items()]


def comparable(windows: Iterable[Body]) -> dict[tuple[str, str, str, str], Body]:
    """The windows by what they are of; numbers rounded to what a double holds."""
    found: dict[tuple[str, str, str, str], Body] = {}
    for window in windows:
        about = window["window"]
        key = (about["length"], window["@timestamp"], window["tweet"].get("entity", ""), window["tweet"]["lang"])
        assert key not in found
        found[key] = _rounded({name: part for name, part in window.items() if name != "event"})
    return found


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_rounded(one) for one in value]
    return float(f"{value:.12g}") if isinstance(value, float) else value


def _window(key: tuple[str, datetime, str | None, str], bodies: Sequence[Body], seconds: int, namespace: str) -> Body:
    length, start, entity, lang = key
    own = [body for body in bodies if body["tweet"]["kind"] != "retweet"]
    labels = Counter(str(body["tweet"]["sentiment"]["label"]) for body in own)
    scored = labels["negative"] + labels["neutral"] + labels["positive"]
    judged = [body["tweet"]["complaint"] for body in own if "complaint" in body["tweet"]]
    complaints = [one for one in judged if one["label"] == "complaint"]
    reasons = Counter(one["reason"] for one in complaints if "reason" in one)
    people = {body["user"]["id"] for body in own if "user" in body}
    tags = sorted(Counter(tag for body in own for tag in body["tweet"]["hashtags"]).items(), key=_most_first)[:10]
    window: Body = {
        "namespace": namespace,
        "length": length,
        "seconds": seconds,
        "scope": "entity" if entity else "all",
        "tweets": len(own),
        "retweets": len(bodies) - len(own),
        "scored": scored,
        **{name: labels[name] for name in ("negative", "neutral", "positive", "unsupported")},
        **({f"{name}_share": labels[name] / scored for name in ("negative", "neutral", "positive")} if scored else {}),
        **_compound([body["tweet"]["sentiment"].get("compound") for body in own]),
        "judged": len(judged),
        "complaints": len(complaints),
        **({"complaint_share": len(complaints) / len(judged)} if judged else {}),
        **({"reasons": dict(reasons)} if reasons else {}),
        **({"authors": len(people)} if people else {}),
        "hashtags_left_out": 0,
        **({"hashtags": [tag for tag, _ in tags], "hashtag_counts": [count for _, count in tags]} if tags else {}),
    }
    about = {"lang": lang} | ({"entity": entity} if entity else {})
    return {
        "@timestamp": f"{start:%Y-%m-%dT%H:%M:%SZ}",
        "tweet": about,
        "window": window,
        "ecs": {"version": "8.17.0"},
    }


def _most_first(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]


def _compound(found: Sequence[float | None]) -> Body:
    values = sorted(value for value in found if value is not None)
    if not values:
        return {}
    exact = [Fraction(str(value)) for value in values]
    middles = [round(math.floor((value + Fraction(1, 100)) * 50) / 50, 2) for value in exact]
    bins = Counter(middles)
    ranks = {percent: math.ceil(percent * len(values) / 100) for percent in (10, 25, 50, 75, 90)}
    return {
        "compound": {
            "count": len(values),
            "sum": float(sum(exact)),
            "mean": float(sum(exact) / len(exact)),
            "deviation": float(statistics.pstdev(exact)),
            **{f"p{percent}": middles[rank - 1] for percent, rank in ranks.items()},
            "values": sorted(bins),
            "counts": [bins[middle] for middle in sorted(bins)],
        }
    }

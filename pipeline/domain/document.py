"""A scored tweet, or a rejected record, as an ECS document."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pipeline.domain.analysis import Analysis
from pipeline.domain.prediction import NO_OPINION, Opinion, Prediction
from pipeline.domain.record import Rejection
from pipeline.domain.sentiment import Label
from pipeline.domain.tweet import Geo, Tweet
from pipeline.domain.unescaped import unescaped

ECS_VERSION = "8.17.0"
SCORED = "tweets.scored"
REJECTED = "tweets.rejected"
EVENTS = "tweets.events"
ORIGINAL_CHARS = 1_000
"""Characters of a rejected record that its document shows. The topic of rejected records has the whole of it."""

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Coordinates:
    """The place of a record in Kafka, and the time at which the broker took it."""

    topic: str
    partition: int
    offset: int
    time: datetime

    @property
    def place(self) -> tuple[str, int, int]:
        """Topic, partition and offset."""
        return self.topic, self.partition, self.offset

    @property
    def key(self) -> str:
        """`topic-partition-offset-milliseconds`: the id of a rejected record.

        The time tells it from the record that lies there once the topic is deleted and created again.
        """
        return f"{self.topic}-{self.partition}-{self.offset}-{round(self.time.timestamp() * 1000)}"


def data_stream(dataset: str, namespace: str) -> str:
    """`logs-<dataset>-<namespace>`."""
    return f"logs-{dataset}-{namespace}"


def stream_fields(dataset: str, namespace: str) -> Document:
    """The fields that say which data stream a document belongs to."""
    return {"type": "logs", "dataset": dataset, "namespace": namespace}


def readable(tweet: Tweet) -> Tweet:
    """The tweet with `&` where X, or a file of its tweets, has `&amp;`, and so on; other sources write plain text.

    The record in Kafka keeps the text as it came.
    """
    is_escaped = tweet.id.startswith("x:") or tweet.source == "replay"
    text = unescaped(tweet.text) if is_escaped else tweet.text
    return tweet if text == tweet.text else replace(tweet, text=text)


def scored_document(
    tweet: Tweet,
    analysis: Analysis,
    at: Coordinates,
    ingested: datetime,
    namespace: str,
    opinion: Opinion = NO_OPINION,
    geo: Geo | None = None,
) -> Document:
    """The document of a scored tweet, with what the champions say of it. Its `_id` is the tweet's id.

    `geo` is its place, where that is not the one that its source gave. What a profile says is in no document.
    """
    user = present({"id": tweet.author.id, "name": tweet.author.name}) or None
    return {
        "@timestamp": tweet.written_at or at.time,
        "message": tweet.text,
        "event": {
            "id": tweet.id,
            "kind": "event",
            "dataset": SCORED,
            "created": at.time,
            "ingested": ingested,
        },
        **present({"user": user, "url": {"full": tweet.url} if tweet.url else None}),
        "kafka": {"topic": at.topic, "partition": at.partition, "offset": at.offset},
        "data_stream": stream_fields(SCORED, namespace),
        "ecs": {"version": ECS_VERSION},
        "tweet": _tweet_fields(tweet, analysis, geo or tweet.geo) | _opinion_fields(opinion),
    }


def rejected_document(
    rejection: Rejection, value: bytes | None, at: Coordinates, ingested: datetime, namespace: str
) -> Document:
    """The document of a rejected record. Its `_id` is where and when the record lay in Kafka (`Coordinates.key`)."""
    return {
        "@timestamp": at.time,
        "event": {
            "id": at.key,
            "kind": "pipeline_error",
            "dataset": REJECTED,
            "created": at.time,
            "ingested": ingested,
            "original": escaped(value or b""),
        },
        "error": {"type": rejection.reason, "message": rejection.error},
        "kafka": {"topic": at.topic, "partition": at.partition, "offset": at.offset},
        "data_stream": stream_fields(REJECTED, namespace),
        "ecs": {"version": ECS_VERSION},
    }


def head_of(document: Document) -> Document:
    """A scored document without what can be long: for topics that don't take the whole of it.

    `kafka` in it says where the record is, and its `_id` where the document is.
    """
    fields = document["tweet"]
    short = {name: fields[name] for name in _SHORT_FIELDS if name in fields}
    kept = {name: value for name, value in document.items() if name not in ("user", "url")}
    return kept | {"message": document["message"][:ORIGINAL_CHARS], "tweet": short}


_SHORT_FIELDS = ("source", "kind", "sentiment", "model", "complaint", "label", "original_timestamp")


def escaped(value: bytes) -> str:
    """The first 1,000 characters, with everything that a terminal would obey made visible."""
    # A character has at most four bytes, so this is enough of them.
    text = value[: ORIGINAL_CHARS * 4].decode("utf-8", "backslashreplace")[:ORIGINAL_CHARS]
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)[:ORIGINAL_CHARS]


def present(fields: Document) -> Document:
    """Only the fields that have a value."""
    return {name: value for name, value in fields.items() if value is not None}


def _tweet_fields(tweet: Tweet, analysis: Analysis, geo: Geo | None) -> Document:
    sentiment = analysis.sentiment
    fields: Document = {
        "source": tweet.source,
        "kind": analysis.kind,
        "entity": analysis.entities,
        "hashtags": analysis.hashtags,
        "mentions": analysis.mentions,
        "words": analysis.words,
        "clean": analysis.clean,
        "sentiment": {"label": sentiment.label}
        if sentiment.compound is None
        else {
            "label": sentiment.label,
            "compound": sentiment.compound,
            "positive": sentiment.positive,
            "neutral": sentiment.neutral,
            "negative": sentiment.negative,
            # A number, since its mean is the negative share: a map of Kibana's takes means, but no quotient of counts.
            "is_negative": int(sentiment.label == Label.NEGATIVE),
        },
    }
    if analysis.lang is not None:
        fields["lang"] = analysis.lang
    if tweet.original_written_at is not None:
        fields["original_timestamp"] = tweet.original_written_at
    if tweet.author.followers is not None:
        fields["author"] = {"followers": tweet.author.followers}
    if counts := tweet.public_metrics.known():
        fields["public_metrics"] = counts
    if tweet.given_label is not None:
        fields["label"] = {"given": tweet.given_label}
    if geo is not None:
        fields["geo"] = _geo_fields(geo)
    return fields


def _opinion_fields(opinion: Opinion) -> Document:
    fields: Document = {}
    if opinion.sentiment is not None:
        fields["model"] = _prediction_fields(opinion.sentiment)
    if opinion.complaint is not None:
        fields["complaint"] = _prediction_fields(opinion.complaint)
        if opinion.reason is not None:
            fields["complaint"]["reason"] = opinion.reason.label
    return fields


def _prediction_fields(prediction: Prediction) -> Document:
    return {"label": prediction.label, "probability": prediction.probability, "version": prediction.version}


def _geo_fields(geo: Geo) -> Document:
    located = geo.lat is not None and geo.lon is not None
    return present(
        {
            "location": {"lat": geo.lat, "lon": geo.lon} if located else None,
            "place": geo.place,
            "country": geo.country,
            "country_code": geo.country_code,
            "source": geo.source,
            "confidence": geo.confidence,
        }
    )

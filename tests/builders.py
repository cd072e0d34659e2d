"""Tweets, analyses and Kafka coordinates for tests, with what a test does not care about filled in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
from hypothesis import strategies as st

from pipeline.domain.analysis import Analysis
from pipeline.domain.document import Coordinates
from pipeline.domain.prediction import CLOSED_LABELS, Task
from pipeline.domain.sentiment import SCORED, Label, Sentiment
from pipeline.domain.tweet import Author, Geo, GeoSource, Kind, PublicMetrics, Tweet
from pipeline.registry.manifest import MODEL, Manifest
from pipeline.registry.registry import Registry
from pipeline.scoring.features import Vocabulary, word_grams
from pipeline.scoring.linear import LinearModel
from pipeline.scoring.reading import NUMBERS, Recipe, reader_of

WRITTEN = datetime(2015, 2, 24, 11, 35, tzinfo=UTC)
AIRLINE_REASONS = (
    "bad_flight",
    "booking_problem",
    "cancelled_flight",
    "customer_service",
    "damaged_luggage",
    "flight_attendant",
    "late_flight",
    "long_lines",
    "lost_luggage",
    "other",
)
"""Why people complain, as the airline set has it."""
TASK_LABELS = {**CLOSED_LABELS, Task.REASON: AIRLINE_REASONS}

TAKEN = datetime(2026, 3, 1, 12, tzinfo=UTC)
INGESTED = datetime(2026, 3, 1, 12, 0, 1, tzinfo=UTC)
AT = Coordinates("tweets", 2, 41, TAKEN)


def tweet(**fields: Any) -> Tweet:
    said: dict[str, Any] = {"id": "x:1", "text": "late again", "source": "replay", "written_at": WRITTEN, **fields}
    return Tweet(**said)


def full_tweet(**fields: Any) -> Tweet:
    """A tweet that has everything."""
    return tweet(
        **{
            "original_written_at": WRITTEN,
            "lang": "en",
            "kind": Kind.QUOTE,
            "author": Author("7", "ann", 12, "Linz, Austria"),
            "entities": ("Acme",),
            "geo": Geo(52.5, 13.4, "Berlin", "Germany", GeoSource.PLACE, "DE", 0.8),
            "url": "https://example.org/1",
            "public_metrics": PublicMetrics(like_count=3, retweet_count=0),
            "given_label": Label.NEGATIVE,
        }
        | fields
    )


def analysis(**fields: Any) -> Analysis:
    said: dict[str, Any] = {
        "sentiment": Sentiment(Label.NEGATIVE, -0.5, 0.0, 0.25, 0.75),
        "kind": Kind.QUOTE,
        "hashtags": ("fail",),
        "mentions": ("acme",),
        "entities": ("Acme",),
        "clean": "late again",
        "words": ("late",),
        "lang": "en",
        **fields,
    }
    return Analysis(**said)


def linear_model(
    task: Task,
    leaning: Mapping[str, float],
    words: Mapping[str, Mapping[str, float]] | None = None,
    labels: tuple[str, ...] | None = None,
) -> LinearModel:
    """A model without training: how much it leans to each label, and what each word adds to labels."""
    labels, words = labels or TASK_LABELS[task], words or {}
    recipe = Recipe(words=1)
    hashes = {word: word_grams(reader_of(recipe).read([word])).hashes[0] for word in words}
    ordered = sorted(words, key=hashes.__getitem__)
    weights = [[words[word].get(label, 0.0) for label in labels] for word in ordered]
    return LinearModel(
        task,
        "",
        labels,
        recipe,
        Vocabulary(np.array([hashes[word] for word in ordered], np.uint64), np.ones(len(ordered))),
        np.vstack([np.array(weights).reshape(-1, len(labels)), np.zeros((len(NUMBERS), len(labels)))]),
        np.array([leaning.get(label, 0.0) for label in labels]),
    )


def published(registry: Registry, model: LinearModel | bytes, task: Task = Task.SENTIMENT, **fields: Any) -> str:
    """The version of a model that was just published, or of bytes that are not a model."""
    data = model if isinstance(model, bytes) else model.dumps()
    known = TASK_LABELS[task] if isinstance(model, bytes) else model.labels
    files = {MODEL: data} | fields.pop("files", {})
    said: dict[str, Any] = {"task": task, "labels": known, "created": TAKEN, **fields}
    return registry.publish(Manifest(**said), files).version


def promoted(registry: Registry, model: LinearModel | bytes, task: Task = Task.SENTIMENT) -> str:
    """The version of a model that was just made the champion."""
    version = published(registry, model, task)
    registry.promote(task, version, "a test")
    return version


words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
texts = words.filter(str.strip)
times = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))
maybe = st.one_of
counts = maybe(st.none(), st.integers(0, 2**63 - 1))
authors = st.builds(
    Author,
    id=maybe(st.none(), words),
    name=maybe(st.none(), words),
    followers=counts,
    location=maybe(st.none(), words),
)
degrees = st.tuples(st.floats(-90, 90), st.floats(-180, 180))
geos = st.builds(
    lambda at, *named: Geo(*at, *named),
    degrees,
    maybe(st.none(), words),
    maybe(st.none(), words),
    maybe(st.none(), st.sampled_from(GeoSource)),
    maybe(st.none(), st.sampled_from(["DE", "US"])),
    maybe(st.none(), st.floats(0, 1)),
)
tweets = st.builds(
    Tweet,
    id=texts,
    text=texts,
    source=words,
    written_at=maybe(st.none(), times),
    original_written_at=maybe(st.none(), times),
    lang=maybe(st.none(), words),
    kind=maybe(st.none(), st.sampled_from(Kind)),
    author=authors,
    entities=st.lists(words, unique=True, max_size=3).map(tuple),
    geo=maybe(st.none(), geos),
    url=maybe(st.none(), words),
    public_metrics=st.builds(PublicMetrics, *[counts] * 6),
    given_label=maybe(st.none(), st.sampled_from(SCORED)),
)

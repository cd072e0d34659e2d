"""Tweets, analyses and Kafka coordinates for tests, with what a test does not care about filled in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from pipeline.domain.analysis import Analysis
from pipeline.domain.document import Coordinates
from pipeline.domain.sentiment import Label, Sentiment
from pipeline.domain.tweet import Author, Geo, Kind, Tweet

WRITTEN = datetime(2015, 2, 24, 11, 35, tzinfo=UTC)
TAKEN = datetime(2026, 3, 1, 12, tzinfo=UTC)
INGESTED = datetime(2026, 3, 1, 12, 0, 1, tzinfo=UTC)
AT = Coordinates("tweets", 2, 41, TAKEN)


def tweet(**fields: Any) -> Tweet:
    return Tweet(**({"id": "x:1", "text": "late again", "source": "replay", "written_at": WRITTEN} | fields))


def full_tweet(**fields: Any) -> Tweet:
    """A tweet that has everything."""
    return tweet(
        **{
            "original_written_at": WRITTEN,
            "lang": "en",
            "kind": Kind.QUOTE,
            "author": Author("7", "ann", 12),
            "entities": ("Acme",),
            "geo": Geo(52.5, 13.4, "Berlin", "DE", "place"),
            "url": "https://example.org/1",
        }
        | fields
    )


def analysis(**fields: Any) -> Analysis:
    return Analysis(
        **(
            {
                "sentiment": Sentiment(Label.NEGATIVE, -0.5, 0.0, 0.25, 0.75),
                "kind": Kind.QUOTE,
                "hashtags": ("fail",),
                "mentions": ("acme",),
                "entities": ("Acme",),
                "clean": "late again",
                "words": ("late",),
            }
            | fields
        )
    )


words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
texts = words.filter(str.strip)
times = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))
maybe = st.one_of
authors = st.builds(
    Author,
    id=maybe(st.none(), words),
    name=maybe(st.none(), words),
    followers=maybe(st.none(), st.integers(0, 2**63 - 1)),
)
degrees = st.tuples(st.floats(-90, 90), st.floats(-180, 180))
geos = st.builds(
    lambda at, place, country: Geo(*at, place, country, "point"),
    degrees,
    maybe(st.none(), words),
    maybe(st.none(), words),
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
)

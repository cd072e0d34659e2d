"""Tweets for benchmarks: real ones where the test data have them, else invented ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import cycle, islice

from pipeline.domain.tweet import Tweet
from pipeline.sources.files import file_source
from pipeline.sources.source import Item
from pipeline.sources.synthetic import Synthetic
from tests.datasets import tables
from tests.paths import data_folder

AIRLINE = data_folder() / tables.AIRLINE
INVENTED = 20_000


def kind() -> str:
    """The table of the tweets themselves."""
    return "airline tweets" if AIRLINE.exists() else "invented tweets"


def tweets(number: int) -> Iterator[Tweet]:
    """That many tweets, over and over where there are not so many, each with an id of its own."""
    source: Iterator[Item] | Synthetic
    source = iter(file_source(AIRLINE)) if AIRLINE.exists() else Synthetic(start=datetime.now(UTC), count=INVENTED)
    read = [item for item in source if isinstance(item, Tweet) and item.text.strip()]
    return (replace(tweet, id=f"{tweet.id}-{place}") for place, tweet in enumerate(islice(cycle(read), number)))

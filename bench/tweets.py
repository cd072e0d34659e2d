"""Tweets for benchmarks: real ones if they are beside the checkout, else invented ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import cycle, islice
from pathlib import Path

from pipeline.domain.tweet import Tweet
from pipeline.sources.files import file_source
from pipeline.sources.source import Item
from pipeline.sources.synthetic import Synthetic

AIRLINE = Path(__file__).parents[2] / "shared/data/airline/tweets_first80pct_by_time.csv"
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

"""The sample is bounded, and does not depend on the order in which tweets come."""

from __future__ import annotations

from random import Random

from pipeline.topics.sample import Sample
from tests.topical import planted

TWEETS = planted({"luggage": 150, "coffee": 150})


def sampled(tweets: list, most: int) -> list:
    sample = Sample(most)
    for one in tweets:
        sample.add(one)
    return sample.tweets()


def test_the_same_tweets_in_any_order() -> None:
    found = sampled(TWEETS, 100)
    assert len(found) == 100
    assert sampled(Random(3).sample(TWEETS, len(TWEETS)), 100) == found


def test_few_tweets_are_all_there() -> None:
    assert {one.id for one in sampled(TWEETS, 1_000)} == {one.id for one in TWEETS}


def test_it_is_fair() -> None:
    """Both halves of the stream are in it, about as often."""
    early = {one.id for one in TWEETS[:150]}
    assert 30 < sum(one.id in early for one in sampled(TWEETS, 100)) < 70

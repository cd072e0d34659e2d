"""Planted topics are found, counted, and compared with those of before; every tweet is accounted for."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from pipeline.domain.sentiment import Label
from pipeline.domain.tweet import Kind
from pipeline.errors import TooFew
from pipeline.topics.find import find
from pipeline.topics.found import Found, Question
from pipeline.topics.models import Method
from pipeline.topics.said import LeftOut, Said
from tests.topical import DAY, THEMES, invented, planted, reader, theme_of

COUNTS = {"luggage": 400, "coffee": 300, "phone": 200, "weather": 150, "praise": 100}


def silent(_what: str) -> None:
    """Nobody listens."""


def asked(tweets: list[Said], most: int = 30_000, **fields: object) -> Found:
    return find(Question(DAY, **fields), reader(tweets), (), silent, most)  # type: ignore[arg-type]


def by_theme(found: Found) -> dict[str, int]:
    return {theme_of([word.text for word in topic.words]): topic.counts.tweets for topic in found.topics}


@pytest.mark.parametrize("method", Method)
def test_planted_topics_are_found(method: Method) -> None:
    """Each is a topic, with its own words and its own tweets, those of most tweets first."""
    found = asked(planted(COUNTS), k=5, method=method)
    assert [theme_of([word.text for word in topic.words]) for topic in found.topics] == list(THEMES)
    for topic, (theme, words) in zip(found.topics, THEMES.items(), strict=True):
        assert {word.text for word in topic.words[:7]} <= set(words.split())
        assert topic.counts.tweets == pytest.approx(COUNTS[theme], rel=0.1)
        assert {one.id.removeprefix("x:").rstrip("0123456789") for one in topic.examples} == {theme}


def test_the_number_of_topics_is_found() -> None:
    """Five are planted; what splits them is less coherent, and what joins them too."""
    found = asked(planted(COUNTS))
    assert set(by_theme(found)) == set(THEMES)
    assert 5 <= len(found.topics) <= 6
    assert max(found.tried, key=lambda k: found.tried[k].product) == 5


def test_both_methods_are_judged_and_the_better_is_trusted() -> None:
    """On the same tweets, with as many topics."""
    found = asked(planted(COUNTS), k=5)
    assert [one.method for one in found.judged] == [Method.NMF, Method.LDA]
    assert found.trusted.quality.product == max(one.quality.product for one in found.judged)
    assert all(one.quality.diversity > 0.9 for one in found.judged)


def test_the_same_tweets_give_the_same_topics() -> None:
    """In whatever order, and in whatever chunks, they come."""
    tweets = planted(COUNTS)
    shuffled = Random(5).sample(tweets, len(tweets))
    one, other = asked(tweets, k=5), asked(shuffled, k=5)
    assert one.topics == other.topics


def test_a_sample_finds_them_and_all_are_counted() -> None:
    found = asked(planted(COUNTS), most=400, k=5)
    assert (found.sample, found.read) == (400, sum(COUNTS.values()))
    assert set(by_theme(found)) == set(THEMES)
    assert found.used > 0.9 * found.read


def test_what_was_read_is_used_or_left_out() -> None:
    """Each reason of the list, and each tweet once."""
    tweets = planted(COUNTS)
    odd = tweets[:60]
    tweets[:60] = [
        *[replace(one, kind=Kind.RETWEET, lang="fr") for one in odd[:10]],
        *[replace(one, lang="fr", words=()) for one in odd[10:21]],
        *[replace(one, words=()) for one in odd[21:33]],
        *[replace(one, words=("bag", f"unheard{place}")) for place, one in enumerate(odd[33:46])],
        *[replace(one, lang=None) for one in odd[46:]],
    ]
    found = asked(tweets, k=5)
    # Words that all themes share may be in no topic.
    assert dict(Counter(found.left_out) - Counter({LeftOut.NO_TOPIC: found.left_out[LeftOut.NO_TOPIC]})) == {
        LeftOut.RETWEET: 10,
        LeftOut.LANGUAGE: 11,
        LeftOut.NO_WORDS: 12,
        LeftOut.TOO_SHORT: 13,
    }
    assert found.read == len(tweets) == found.used + sum(found.left_out.values())
    assert sum(topic.share for topic in found.topics) == pytest.approx(1)


def test_counts_are_of_the_tweets() -> None:
    """Sentiment, complaints, and each interval."""
    found = asked(planted(COUNTS), k=5)
    praise = next(topic for topic in found.topics if theme_of([word.text for word in topic.words]) == "praise")
    luggage = found.topics[0]
    assert praise.counts.share(Label.POSITIVE) > 0.9
    assert luggage.counts.negative_share > 0.9
    assert (luggage.asked, luggage.complaint_share > 0.9, praise.complaint_share < 0.1) == (
        luggage.counts.tweets,
        True,
        True,
    )
    assert len(luggage.over_time) == len(DAY.moments)
    assert sum(one.tweets for one in luggage.over_time) == luggage.counts.tweets


def test_an_interval_has_the_tweets_that_were_written_in_it() -> None:
    """All tweets about coffee are of the last hour; the edges of the period belong where they should."""
    tweets = planted(COUNTS)
    late = [
        replace(one, at=DAY.until - timedelta(microseconds=1)) if one.id.startswith("x:coffee") else one
        for one in tweets
    ]
    found = asked(late, k=5)
    coffee = next(topic for topic in found.topics if theme_of([word.text for word in topic.words]) == "coffee")
    assert coffee.over_time[-1].tweets > 0.9 * coffee.counts.tweets


def test_new_and_vanished_topics() -> None:
    """Weather was not there before, coffee was; the phone is not there any more."""
    now = planted({"luggage": 300, "coffee": 200, "weather": 200})
    before = planted({"luggage": 300, "coffee": 100, "phone": 200}, seed=2, period=DAY.before)
    before = [replace(one, id=f"{one.id}before") for one in before]
    found = asked([*now, *before], k=3)
    themes = {theme_of([word.text for word in topic.words]): topic for topic in found.topics}
    assert found.compared
    assert {theme for theme, topic in themes.items() if found.is_new(topic)} == {"weather"}
    assert theme_of([word.text for word in themes["coffee"].before.words]) == "coffee"
    assert themes["coffee"].before.share == pytest.approx(1 / 6, abs=0.03)
    assert [theme_of([word.text for word in gone.words]) for gone in found.vanished] == ["phone"]


def test_nothing_is_new_where_nothing_was_before() -> None:
    """Nobody knows then."""
    found = asked(planted(COUNTS), k=5)
    assert (found.compared, found.vanished) == (False, ())
    assert not any(found.is_new(topic) for topic in found.topics)


def test_examples_differ() -> None:
    """A text that a thousand robots send is shown once."""
    tweets = planted(COUNTS)
    robot = invented("luggage", 0, Random(9))
    copies = [replace(robot, id=f"x:luggage{number}") for number in range(5_000, 5_100)]
    luggage = asked([*tweets, *copies], k=5).topics[0]
    assert len({frozenset(one.words) for one in luggage.examples}) == len(luggage.examples) == 3


def test_tweets_of_few_different_words() -> None:
    """Fewer words than topics: there are no more topics than words."""
    random, words = Random(4), [f"word{number}" for number in range(20)]
    tweets = [invented("coffee", number, random, words="latte foam cup mug roast") for number in range(300)]
    alike = [replace(one, words=tuple(random.sample(words, 2))) for one in tweets]
    assert 1 <= len(asked(alike, k=30).topics) <= 20


@pytest.mark.parametrize("count", [0, 1, 99])
def test_too_few_tweets(count: int) -> None:
    """One line with what to do, and an exit code of its own."""
    with pytest.raises(TooFew, match="topics need 100: take a longer time") as caught:
        asked(planted({"luggage": count}), entity="Acme\x1b[2J")
    assert (caught.value.exit_code, "\n" in caught.value.message, "\x1b" in caught.value.message) == (10, False, False)

"""Which words tell topics apart."""

from __future__ import annotations

from random import Random

from pipeline.topics.said import Said
from pipeline.topics.vocabulary import LEAST_TWEETS, vocabulary_of, words_of_names
from tests.topical import DAY, planted


def of(*words: str, **fields: object) -> Said:
    return Said("x:1", DAY.since, words, **fields)  # type: ignore[arg-type]


def tweets(*extra: Said) -> list[Said]:
    return [*planted({"luggage": 60, "coffee": 60}), *extra]


def test_rare_words_are_left_out() -> None:
    """One tweet too few, and just enough."""
    some = tweets(*[of("rare", "x")] * (LEAST_TWEETS - 1), *[of("enough", "y")] * LEAST_TWEETS)
    terms = vocabulary_of(some).terms
    assert ("rare" in terms, "enough" in terms) == (False, True)


def test_common_words_are_left_out_and_named() -> None:
    """Half of all tweets have it: no reader wonders where it is."""
    found = vocabulary_of(tweets(*[of("flight")] * 100))
    assert "flight" not in found.terms
    assert found.common == ("flight",)
    assert found.of(["flight"]) == []


def test_a_plural_stands_with_its_singular() -> None:
    """Not where there is no singular, and not a word that only ends so."""
    found = vocabulary_of(tweets(*[of("bags", "boss", "thanks")] * 6, *[of("boss", "dress")] * 6))
    assert found.of(["bags"]) == found.of(["bag"]) == found.of(["bag", "bags"])
    assert {"boss", "thanks", "dress"} <= set(found.terms)


def test_names_are_left_out() -> None:
    """Entities', those of the settings, and the handles that many mention."""
    some = tweets(*[of("globex", "air", "acme", "handle", "late", entities=("Globex Air",), mentions=("handle",))] * 9)
    found = vocabulary_of(some, words_of_names(["@Acme"]))
    assert not {"globex", "air", "acme", "handle"} & set(found.places)
    assert "late" in found.terms


def test_fillers_are_left_out() -> None:
    assert vocabulary_of(tweets(*[of("getting", "today", "queue")] * 9)).of(["getting", "today"]) == []


def test_the_order_of_tweets_does_not_matter() -> None:
    some = tweets()
    shuffled = Random(2).sample(some, len(some))
    assert vocabulary_of(some) == vocabulary_of(shuffled)

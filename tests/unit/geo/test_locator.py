"""Where a tweet is from: coordinates, else its place, else the profile, each with its source and its confidence."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain, repeat

import orjson
import pytest

from pipeline.domain.record import encode
from pipeline.domain.tweet import Author, Geo, GeoSource, Tweet
from pipeline.geo.gazetteer import Gazetteer, gazetteer
from pipeline.geo.locator import REMEMBERED, Locator
from pipeline.privacy.guard import Guard
from pipeline.scoring.analysis import Analyzer
from pipeline.settings import PlacesSettings, PrivacySettings, ScoringSettings
from pipeline.stream.chunk import Record, score_chunk
from tests.builders import AT, tweet

LOCATOR = Locator(PlacesSettings())
MUNICH = "München, Deutschland"


def of_profile(text: str, **fields: Geo) -> Tweet:
    return tweet(author=Author("7", "ann", location=text), **fields)


def never() -> Gazetteer:
    raise AssertionError("the gazetteer was asked")


def test_a_profile() -> None:
    """Its place in English, with the country's name and code; the text is nowhere."""
    found = LOCATOR.of(of_profile(MUNICH))
    assert found is not None
    assert found == Geo(found.lat, found.lon, "Munich", "Germany", GeoSource.PROFILE, "DE", found.confidence)
    assert (found.lat, found.lon) == pytest.approx((48.14, 11.58), abs=0.01)
    assert found.confidence == pytest.approx(0.95 * 0.9, abs=0.01)


@pytest.mark.parametrize(
    ("stated", "confidence"),
    [
        (Geo(1.0, 2.0, source=GeoSource.COORDINATES), 1.0),
        (Geo(1.0, 2.0, source=GeoSource.PLACE), 0.9),
        (Geo(1.0, 2.0, source=GeoSource.PLACE, confidence=0.3), 0.3),
        (Geo(1.0, 2.0, source=GeoSource.PROFILE), 0.5),
        (Geo(1.0, 2.0), None),
        (Geo(place="a village", country="Somewhere", source=GeoSource.PLACE), 0.9),
    ],
)
def test_what_a_source_states_comes_first(stated: Geo, confidence: float | None) -> None:
    """Also where it has no point; nothing but the confidence is added, and the gazetteer is not asked."""
    found = Locator(PlacesSettings(), never).of(of_profile(MUNICH, geo=stated))
    assert found is not None
    assert found.confidence == confidence
    assert (found.lat, found.lon, found.place, found.country, found.source) == (
        stated.lat, stated.lon, stated.place, stated.country, stated.source,
    )  # fmt: skip


@pytest.mark.parametrize("text", ["your heart", "everywhere", "", "Springfield, Mars"])
def test_a_profile_that_names_no_place(text: str) -> None:
    """There is no place rather than a wrong one."""
    assert LOCATOR.of(of_profile(text)) is None


def test_profiles_are_read_if_the_settings_say_so() -> None:
    """Off, the gazetteer takes no memory."""
    assert Locator(PlacesSettings(profiles=False), never).of(of_profile(MUNICH)) is None
    assert Locator(PlacesSettings(), never).of(tweet()) is None
    assert Locator(PlacesSettings(min_confidence=0.9)).of(of_profile(MUNICH)) is None


def test_a_text_is_looked_up_once() -> None:
    """It is remembered, also where it names no place; the memory is bounded."""
    asked = chain([gazetteer()] * 2, repeat(None))
    names: Callable[[], Gazetteer] = lambda: next(asked) or never()  # noqa: E731
    locator = Locator(PlacesSettings(), names)
    for _ in range(3):
        assert locator.of(of_profile(MUNICH)) is not None
        assert locator.of(of_profile("your heart")) is None
    full = Locator(PlacesSettings())
    for number in range(REMEMBERED + 10):
        full.of(of_profile(f"place {number}"))
    assert len(full._of_profiles) <= REMEMBERED


@pytest.mark.parametrize("authors", ["keep", "hash", "drop"])
def test_the_text_of_a_profile_leaves_no_stream(authors: str) -> None:
    """The document has the gazetteer's name of the place, whatever is hidden of its author."""
    said = of_profile("Ｍünchen , GERMANY!")
    guard = Guard(PrivacySettings.model_validate({"authors": authors}), b"k" * 32, frozenset(), ScoringSettings())
    chunk = score_chunk(
        [Record(encode(said), AT)],
        Analyzer(ScoringSettings()),
        namespace="default",
        guard=guard,
        locator=LOCATOR,
    )
    ((_, body),) = chunk.documents
    geo = orjson.loads(body)["tweet"]["geo"]
    assert (geo["place"], geo["country"], geo["country_code"], geo["source"]) == ("Munich", "Germany", "DE", "profile")
    assert "Ｍünchen".encode() not in body
    assert b"GERMANY" not in body

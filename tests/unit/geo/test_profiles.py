"""The free text of a profile → a place with a confidence, by the rule in docs/geo.md."""

from __future__ import annotations

import time
from itertools import takewhile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.geo.folding import MOST_CHARS, folded, parts_of
from pipeline.geo.gazetteer import gazetteer
from pipeline.geo.profiles import ALONE, AREA, OTHER_NAME, SMALL, WITH_AREA, Guess, guess
from tests.paths import ROOT

NAMES = gazetteer()
LEAST = 0.5


def found(text: str, least: float = LEAST) -> tuple[str | None, str, bool] | None:
    """Place, country, and whether there is a point."""
    said = guess(text, NAMES, least)
    return None if said is None else (said.place, said.country, said.lat is not None)


def confidence(text: str) -> float:
    said = guess(text, NAMES, 0.0)
    assert said is not None
    return said.confidence


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Berlin, Germany", ("Berlin", "DE")),
        ("berlin, deutschland", ("Berlin", "DE")),
        ("Boston, MA", ("Boston", "US")),
        ("Boston MA", ("Boston", "US")),
        ("boston, mass", ("Boston", "US")),
        ("Washington D.C.", ("Washington", "US")),
        ("New York", ("New York City", "US")),
        ("nyc", ("New York City", "US")),
        ("Brooklyn, NYC", ("Brooklyn", "US")),
        ("Paris", ("Paris", "FR")),
        ("Paris, TX", ("Paris", "US")),
        ("London, Ontario", ("London", "CA")),
        ("London, England", ("London", "GB")),
        ("Sydney NSW", ("Sydney", "AU")),
        ("Москва, Россия", ("Moscow", "RU")),
        ("東京", ("Tokyo", "JP")),
        ("MÜNCHEN!", ("Munich", "DE")),
        ("Berlin, DE", ("Berlin", "DE")),
        ("Wilmington, DE", ("Wilmington", "US")),
        ("Reading, UK", ("Reading", "GB")),
        ("Philadelphia", ("Philadelphia", "US")),
    ],
)
def test_a_city(text: str, expected: tuple[str, str]) -> None:
    """A city that the text names clearly has a point; what DE and MA mean is told by where the city is."""
    assert found(text) == (*expected, True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Germany", (None, "DE")),
        ("USA", (None, "US")),
        ("uk", (None, "GB")),
        ("日本", (None, "JP")),
        ("Russia, Россия", (None, "RU")),
        ("Texas", ("Texas", "US")),
        ("England", ("England", "GB")),
        ("NY", ("New York", "US")),
        ("Lewes, DE, USA", ("Delaware", "US")),
        ("Tinytown, Texas", ("Texas", "US")),
        ("Tinytown, VA", ("Virginia", "US")),
        ("Tinytown, CA", ("California", "US")),
        ("Springfield", (None, "US")),
        ("Washington", (None, "US")),
        ("Mexico", (None, "MX")),
    ],
)
def test_a_country_has_no_point(text: str, expected: tuple[str | None, str]) -> None:
    """A country or a state alone, a village that the gazetteer lacks, namesakes in one country: a country, no point."""
    assert found(text) == (*expected, False)
    assert confidence(text) <= AREA


@pytest.mark.parametrize(
    "text",
    [
        "", " ", ",", "everywhere", "Earth", "Mars", "your heart", "Paradise", "somewhere over the rainbow", "Hogwarts",
        "they/them", "me", "in", "or", "find me, in", "33027", "3Ø4", "☁️", "✈", "http://goo.gl/eZTfG", "@ann",
        "ann@example.org",
        "40.741909,-73.997189", "ÜT: 40.96513,-73.872957", "NYC/LA", "Boston, Austin, Kansas City", "Michigan, Ohio",
        "NYC to London", "Paris, in my dreams", "x" * 10_000, "Berlin " * 30, "Thicktown, Thickania",
        "not Berlin, not Paris", "CO", "DE", "Vail, CO", "Tinytown, IN", "Bloomington/San Francisco",
    ],
)  # fmt: skip
def test_what_names_no_single_place(text: str) -> None:
    """Jokes, several places, codes of a state and of a country, addresses, coordinates: nothing, at any confidence."""
    assert guess(text, NAMES, 0.0) is None


@pytest.mark.parametrize("text", ["Cambridge", "Georgia", "Richmond", "Victoria", "Odessa"])
def test_an_ambiguous_name_is_nothing(text: str) -> None:
    """Namesakes in several countries: a guess with a low confidence, and below the threshold none."""
    assert guess(text, NAMES, LEAST) is None
    assert 0 < confidence(text) < LEAST


def test_the_confidence_of_a_city() -> None:
    """The share among namesakes, times: with a state or country, alone, alone and small, by another name."""
    assert confidence("Berlin, Germany") == WITH_AREA
    assert confidence("Memphis") == ALONE
    assert confidence("Leighton Buzzard") == pytest.approx(ALONE * SMALL)
    assert confidence("München") == pytest.approx(ALONE * OTHER_NAME)
    assert ALONE * 0.98 < confidence("Paris") < ALONE
    springfields = [one.people for one in NAMES.cities["springfield"]]
    assert guess("Springfield", NAMES, 0.0).confidence == pytest.approx(
        ALONE * max(springfields) / sum(springfields), abs=0.06
    )


def test_the_confidence_of_a_country() -> None:
    """A level of its own, below that of each city that is named clearly; less where the name means others, too."""
    assert confidence("Germany") == AREA
    assert AREA < ALONE
    assert 0 < guess("Georgia", NAMES, 0.0).confidence < 0.6 * AREA


def test_a_city_within_the_area_of_its_name() -> None:
    """Who means Singapore lives in Singapore, but few who mean Quebec live in the city."""
    assert confidence("Singapore") == ALONE
    assert guess("Quebec", NAMES, 0.0).confidence < 0.2
    assert found("Québec, Canada") is not None


def test_a_higher_threshold_shows_less() -> None:
    """First the point, then the country too."""
    assert found("Manchester", 0.5) == ("Manchester", "GB", True)
    assert found("Springfield", 0.6) == (None, "US", False)
    assert found("Springfield", 0.61) is None
    assert found("Berlin, Germany", 0.96) is None


@given(st.text(max_size=3 * MOST_CHARS), st.floats(0, 1))
def test_any_text(text: str, least: float) -> None:
    """No text raises; a guess is at least as sure as was asked, has a known country, and a point with both numbers."""
    said = guess(text, NAMES, least)
    if said is not None:
        assert least <= said.confidence <= WITH_AREA
        assert said.country in NAMES.countries
        assert (said.lat is None) == (said.lon is None)
        assert said.place is not None or said.lat is None


pieces = st.sampled_from(
    ["Berlin", "DE", "ma", "Paris", "USA", "Texas", ",", "/", " ", "-", ".", "\n", "é", "́", "\ud800"]
)


@given(st.lists(pieces, max_size=30).map("".join))
def test_any_names_in_any_order(text: str) -> None:
    """As above, of texts that are almost places."""
    said = guess(text, NAMES, 0.0)
    assert said is None or isinstance(said, Guess)


@pytest.mark.parametrize("piece", ["a ", "- ", ", ", "é", "\u0301", "'", "(", "Berlin ", "New York, ", " -", "ﷺ"])
def test_a_text_without_end(piece: str) -> None:
    """A text of any length takes as long as a short one."""
    text = piece * (1_000_000 // len(piece))
    started = time.process_time()
    assert guess(text, NAMES, 0.0) is None
    assert time.process_time() - started < 0.5


def test_folding() -> None:
    """Case, accents, dots and apostrophes make no difference; other signs are spaces."""
    assert folded("Saint-Étienne") == folded("saint etienne")
    assert folded("D.C.") == "dc"
    assert folded("Ｂｅｒｌｉｎ") == "berlin"
    assert parts_of("a, b / c") == ["a", "b", "c"]
    assert parts_of("a,b,c,d,e") == []


def examples() -> list[tuple[str, list[str]]]:
    """Each text in the table of docs/geo.md, with the cells beside it."""
    lines = (ROOT / "docs/geo.md").read_text(encoding="utf-8").splitlines()
    begin = lines.index("| a profile says | place | country | point | confidence |") + 2
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in takewhile(str.strip, lines[begin:])]
    return [(text, cells) for texts, *cells in rows for text in texts.split("; ")]


@pytest.mark.parametrize(("text", "cells"), examples())
def test_the_table_of_the_documentation(text: str, cells: list[str]) -> None:
    """It says what happens."""
    place, country, point, told = cells
    said = guess(text, NAMES, LEAST)
    if not country:
        assert said is None
        assert bool(told) == (guess(text, NAMES, 0.0) is not None)
        return
    assert said is not None
    shown = (said.place or "", NAMES.countries[said.country], "yes" if said.lat is not None else "no")
    assert (*shown, f"{said.confidence:.2f}") == (place, country, point, told)

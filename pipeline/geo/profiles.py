"""The free text of an author's profile → a place, with a confidence. The rule is in docs/geo.md. Pure.

The confidence is the share of people among all that the name may mean, times what the text says beside the name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.geo.folding import MOST_CHARS, MOST_WORDS, folded, is_list, parts_of
from pipeline.geo.gazetteer import LARGE, Gazetteer, Meaning, Meanings
from pipeline.geo.names import NO_PLACES

WITH_AREA = 0.95
"""A city and a state or country that it lies in."""
ALONE = 0.8
"""A city's name alone: it may be a name of something else."""
SMALL = 0.7
"""Times this for a name alone of a city with less than 100,000 people."""
OTHER_NAME = 0.9
"""Times this for a name that is not the city's main one."""
OTHER_WEIGHT = 0.1
"""Of the people of a city that has the name only beside its main one: `Philadelphia` once was a name of Amman."""
AREA = 0.6
"""A country or a state alone: whatever the share is, it says little about where somebody is."""

NEAR_DEGREES = 0.5
"""Cities of one name that are nearer to each other than this count as one."""


@dataclass(frozen=True, slots=True)
class Guess:
    """A place that a text may mean.

    Attributes:
        confidence: above 0, at most `WITH_AREA`.
        place: the name of the city or region; None where only the country is known.
        country: ISO 3166-1 alpha-2.
        lat, lon: of a city, degrees; None for regions and countries, whose middle is no place that anybody named.
    """

    confidence: float
    place: str | None
    country: str
    lat: float | None = None
    lon: float | None = None


@dataclass(frozen=True, slots=True)
class _Read:
    """A text as it was understood.

    Attributes:
        meanings: all that its name may mean.
        qualified: a state or country that they lie in is named, too.
        other_names: those of them that are seldom called so: their main name is another one.
    """

    meanings: Meanings
    qualified: bool
    other_names: frozenset[Meaning] = frozenset()


def guess(text: str, names: Gazetteer, least: float) -> Guess | None:
    """The place that a text names.

    Args:
        text: of any length and content.
        names: the gazetteer.
        least: a guess with less confidence is none.

    Returns:
        The city; else, where that is not sure enough, the country; else None.
    """
    # The length first: folding one text of a megabyte takes seconds.
    if len(text) > MOST_CHARS or "@" in text or folded(text) in NO_PLACES:
        return None
    read = _read(text, names)
    if read is None or not read.meanings:
        return None
    best = _city(read)
    if best is None or best.confidence < least:
        best = _area(read)
    return best if best.confidence >= least else None


def _read(text: str, names: Gazetteer) -> _Read | None:
    """What the text names, narrowed by the areas behind it; None where a part of it is not understood."""
    parts = parts_of(text)
    if not parts:
        return None
    first, *rest = parts
    found = _alone(first, names)
    if not rest:
        return found
    areas = [_areas_of(part, names) for part in rest]
    # Of `Bloomington/San Francisco` one can't lie in the other, though both are in California.
    if not all(areas) or (is_list(text) and any(one.lat is not None for area in areas for one in area)):
        return None
    narrowed = found.meanings if found else ()
    for area in areas:
        narrowed = _within(narrowed, area)
    if found is not None and narrowed:
        return _Read(narrowed, True, found.other_names)
    if is_list(text) or (found is not None and any(one.lat is None for one in found.meanings)):
        return None
    return _unknown_in(rest, areas)


def _alone(part: str, names: Gazetteer) -> _Read | None:
    """All that a part may mean."""
    name = folded(part)
    if known := names.nicknames.get(name):
        return _Read(known, False)
    cities, others = names.cities.get(name, ()), names.other_cities.get(name, ())
    # In small letters `me`, `in` and `or` are words.
    codes = _clear(names.codes.get(name, ())) if part == part.upper() else ()
    areas = names.areas.get(name, ()) or codes
    if found := tuple(dict.fromkeys((*cities, *others, *areas))):
        return _Read(found, False, frozenset(others) - frozenset(cities) | _rare(codes))
    return _before_area(name.split(), names)


def _clear(areas: Meanings) -> Meanings:
    """The meanings of an abbreviation; none where a country is the likeliest of several, as Colombia is of `CO`."""
    if len(areas) < 2:
        return areas
    read = _Read(areas, False, _rare(areas))
    return areas if max(areas, key=lambda one: _weight(one, read)).region else ()


def _rare(areas: Meanings) -> frozenset[Meaning]:
    """The countries of an abbreviation that is a state's, too: few write `CA` for Canada."""
    return frozenset(one for one in areas if one.region is None) if any(one.region for one in areas) else frozenset()


def _before_area(words: Sequence[str], names: Gazetteer) -> _Read | None:
    """`Boston MA`: a city, and behind it, without a comma, a state or country that it lies in."""
    for place in range(len(words) - 1, 0, -1) if len(words) <= MOST_WORDS else ():
        head, tail = " ".join(words[:place]), " ".join(words[place:])
        areas = (*names.areas.get(tail, ()), *names.codes.get(tail, ()))
        cities = (*names.nicknames.get(head, ()), *names.cities.get(head, ()))
        others = names.other_cities.get(head, ())
        if found := _within(tuple(dict.fromkeys((*cities, *others))), areas):
            return _Read(found, True, frozenset(others) - frozenset(cities))
    return None


def _unknown_in(rest: Sequence[str], areas: Sequence[Meanings]) -> _Read | None:
    """A village that the gazetteer lacks, in areas that it has: these are all that is known."""
    meanings = areas[0]
    for area in areas[1:]:
        meanings = _within(meanings, area)
    # Of `Boston, Austin, Dallas` nothing is known; and in small letters `me`, `in` and `or` are words.
    if any(one.lat is not None for one in meanings) or any(len(part) == 2 and part != part.upper() for part in rest):
        return None
    clear = _clear(meanings)
    return _Read(clear, False, _rare(clear)) if clear else None


def _areas_of(part: str, names: Gazetteer) -> Meanings:
    """Where the place before this part lies: in a state or country; else near a city, as in `Brooklyn, NYC`."""
    name = folded(part)
    areas = (*names.areas.get(name, ()), *names.codes.get(name, ()))
    return areas or names.nicknames.get(name) or names.cities.get(name) or names.other_cities.get(name, ())


def _within(meanings: Meanings, areas: Meanings) -> Meanings:
    """Those that lie in one of the areas."""
    return tuple(one for one in meanings if any(_lies_in(one, area) for area in areas))


def _lies_in(one: Meaning, area: Meaning) -> bool:
    """True for what is in the area, and for a country in itself: `Russia, Россия` says the same twice."""
    if one.country != area.country:
        return False
    if one.lat is None:
        return area.region is None if one.region else one == area
    return area.region is None or one.region == area.region


def _city(read: _Read) -> Guess | None:
    """The city that most people would mean."""
    cities = [one for one in read.meanings if one.lat is not None]
    if not cities:
        return None
    best = max(cities, key=lambda one: _weight(one, read))
    named = sum(_weight(one, read) for one in cities if _near(one, best))
    # Who means the state of Quebec lives in the city as often as the city has a share in the state's people.
    containing = sum(1 for one in read.meanings if one.lat is None and _lies_in(best, one))
    share = min(1.0, named * (1 + containing) / _people(read))
    said = WITH_AREA if read.qualified else ALONE * (1 if best.people >= LARGE else SMALL)
    factor = OTHER_NAME if best in read.other_names else 1.0
    return Guess(round(share * said * factor, 2), best.name, best.country, best.lat, best.lon)


def _area(read: _Read) -> Guess:
    """The country that most people would mean; with the region, where that is what the name means there."""
    best = max(read.meanings, key=lambda one: _weight(one, read))
    here = [one for one in read.meanings if one.country == best.country]
    share = sum(_weight(one, read) for one in here) / _people(read)
    is_region = best.lat is None and best.region is not None and all(one.region == best.region for one in here)
    return Guess(round(share * AREA, 2), best.name if is_region else None, best.country)


def _weight(one: Meaning, read: _Read) -> float:
    return max(one.people, 1) * (OTHER_WEIGHT if one in read.other_names else 1.0)


def _people(read: _Read) -> float:
    return sum(_weight(one, read) for one in read.meanings)


def _near(one: Meaning, other: Meaning) -> bool:
    if one.lat is None or one.lon is None or other.lat is None or other.lon is None:
        return False
    return abs(one.lat - other.lat) < NEAR_DEGREES and abs(one.lon - other.lon) < NEAR_DEGREES

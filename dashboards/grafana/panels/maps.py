"""A map of tweets on the outlines that Grafana brings: no internet needed."""

from __future__ import annotations

from typing import Any

from grafana_foundation_sdk.models import dashboard as sdk

from dashboards.grafana import config
from dashboards.grafana.panels import fields
from dashboards.grafana.panels.charts import SHOWN
from dashboards.grafana.queries.tweets import PLACES, ask, by_cell, by_term

LOCATION = "tweet.geo.location"
HASHTAGS = "tweet.hashtags"


def where(scored: str, negative: str) -> sdk.Panel:
    """A circle per cell of the map: its size is how many tweets, its colour the share of negative ones.

    The board's variable `places` says whether those count whose place is a guess.
    """
    defaults = sdk.FieldConfig(
        unit="short",
        no_value="no data",
        thresholds=fields.thresholds(((None, config.QUIET), *config.NEGATIVE_SHARE[1:])),
        color=fields.by_threshold(),
        custom={"hideFrom": SHOWN},
    )
    overrides = [
        fields.when("Negative", {"unit": "percentunit", "decimals": 0, "displayName": "Negative share"}),
        fields.when("Negative tweets", {"custom.hideFrom": SHOWN | {"tooltip": True}}),
    ]
    options = _options(_circles())
    description = (
        "Tweets by map cell: size = tweets, colour = share of negative ones, orange from 40 %, red from 50 %. "
        "At first only those that state where they were written, by coordinates or a place: a few per cent. "
        '"Places on the map" above shows those instead, or too, whose author\'s profile names a city: '
        "a guess of where people live, and not where they wrote. "
        "The outlines come with Grafana; only the street map behind them needs the internet."
    )
    targets = [ask(f"{query} AND {PLACES}", by_cell(), ref=ref) for ref, query in (("A", scored), ("B", negative))]
    return fields.panel(
        "geomap",
        "Where are they?",
        description,
        targets,
        defaults,
        options,
        overrides,
        transformations=fields.negative_share(LOCATION),
    )


def hashtags(query: str) -> sdk.Panel:
    """The most frequent hashtag of each cell of the map, written beside a circle: the larger, the more tweets."""
    defaults = sdk.FieldConfig(
        unit="short", no_value="no data", color=fields.fixed(config.VOLUME), custom={"hideFrom": SHOWN}
    )
    description = (
        "By map cell: the most frequent hashtag, and as size how many tweets have it. At first of those that state "
        'where they were written, a few per cent; see "Places on the map" above.'
    )
    asked = ask(f"{query} AND {PLACES}", by_cell(), by_term(HASHTAGS, 1, "11"))
    return fields.panel("geomap", "Hashtags by place", description, [asked], defaults, _options(_words()))


def _options(layer: dict[str, Any]) -> dict[str, Any]:
    return {
        "view": {"id": "coords", "lat": 25, "lon": 0, "zoom": 2, "allLayers": True, "shared": False},
        "basemap": {"type": "default", "name": "Base map", "config": {}},
        "controls": {
            "showZoom": True,
            "mouseWheelZoom": False,
            "showAttribution": True,
            "showScale": False,
            "showMeasure": False,
            "showDebug": False,
        },
        "tooltip": {"mode": "details"},
        "layers": [_outlines("Countries", "countries"), _outlines("States", "usa-states"), layer],
    }


def _outlines(name: str, file: str) -> dict[str, Any]:
    style = {
        "color": {"fixed": config.OUTLINE},
        "opacity": 0.35,
        "lineWidth": 1,
        "size": {"fixed": 1, "min": 1, "max": 1},
    }
    source = {"src": f"public/maps/{file}.geojson", "rules": [], "style": style}
    return {"type": "geojson", "name": name, "tooltip": False, "config": source}


def _circles() -> dict[str, Any]:
    return _markers("Tweets", {"field": "Negative", "fixed": config.QUIET})


def _words() -> dict[str, Any]:
    return _markers("Count", {"fixed": config.VOLUME}, {"text": {"mode": "field", "field": HASHTAGS, "fixed": ""}})


def _markers(size: str, color: dict[str, str], more: dict[str, Any] | None = None) -> dict[str, Any]:
    style = {
        "size": {"field": size, "fixed": 6, "min": 5, "max": 22},
        "color": color,
        "opacity": 0.75,
        "symbol": {"mode": "fixed", "fixed": "img/icons/marker/circle.svg"},
        "symbolAlign": {"horizontal": "center", "vertical": "center"},
        "rotation": {"fixed": 0, "mode": "mod", "min": -360, "max": 360},
        "textConfig": {"fontSize": 12, "offsetX": 0, "offsetY": 0, "textAlign": "center", "textBaseline": "middle"},
    } | (more or {})
    return {
        "type": "markers",
        "name": "Tweets",
        "location": {"mode": "geohash", "geohash": LOCATION},
        "tooltip": True,
        "config": {"showLegend": True, "style": style},
    }

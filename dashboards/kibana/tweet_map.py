"""The map of tweets: circles over Elastic's own base map.

Only the base map comes from the internet (Elastic Maps Service); where there is none, the circles stay, on white.
"""

from __future__ import annotations

from dataclasses import dataclass

from dashboards.kibana import palette
from dashboards.kibana.conditions import ANY, GUESSED, STATED, Condition, Json, kuery
from dashboards.kibana.data_views import TWEETS
from dashboards.kibana.panels import Reference, SavedPanel

ID = "tweetpulse-map"
LOCATION = "tweet.geo.location"
IS_NEGATIVE = "tweet.sentiment.is_negative"
HASHTAGS = "tweet.hashtags"


@dataclass(frozen=True)
class TweetMap:
    """Tweets by place: the larger, the more; the colour is the share of negative ones, the word a hashtag.

    Places that profiles name are guesses: a layer of their own, hidden at first, of hollow circles.
    """

    id: str = ID
    title: str = "Tweets by place, redder where more negative"
    description: str = (
        "Size: how many tweets. Colour: how many of the scored ones are negative, orange from 40 %, red from 50 %. "
        "Word: the most frequent hashtag. "
        "Full circles: tweets that state their place. The layer of hollow ones, hidden at first, has the places that "
        "authors' profiles name: a guess of where people live, and not where they wrote."
    )

    def saved_object(self) -> Json:
        """With what all versions since 8.4 know."""
        return {
            "id": self.id,
            "type": "map",
            "typeMigrationVersion": "8.4.0",
            "attributes": {
                "title": self.title,
                "description": self.description,
                "mapStateJSON": _state(),
                "layerListJSON": [_base_layer(), *(layer.json(number) for number, layer in enumerate(LAYERS, 1))],
                "uiStateJSON": {"isLayerTOCOpen": True, "openTOCDetails": ["tweets"]},
            },
            "references": [
                Reference(_index(number), "index-pattern", TWEETS.id).json() for number, _ in enumerate(LAYERS, 1)
            ],
        }

    def panel(self) -> SavedPanel:
        """The map on a dashboard; its legend is closed there, since it would cover half of it."""
        return SavedPanel(self.title, self.description, "map", self.id, {"isLayerTOCOpen": False})


TWEET_MAP = TweetMap()


def _state() -> Json:
    return {
        "zoom": 1.6,
        "center": {"lon": 0, "lat": 20},
        "timeFilters": {"from": "now-24h", "to": "now"},
        "refreshConfig": {"isPaused": True, "interval": 0},
        "query": kuery(ANY),
        "filters": [],
        # The first fits later changes, such as another filter, the second the map as it opens.
        "settings": {"autoFitToDataBounds": True, "initialLocation": "AUTO_FIT_TO_BOUNDS"},
    }


def _index(number: int) -> str:
    return f"layer_{number}_source_index_pattern"


def _layer(id_: str, label: str | None, kind: str, source: Json, style: Json, alpha: float) -> Json:
    return {
        "id": id_,
        "label": label,
        "type": kind,
        "sourceDescriptor": source,
        "style": style,
        "alpha": alpha,
        "visible": True,
        "minZoom": 0,
        "maxZoom": 24,
        "includeInFitToBounds": kind != "EMS_VECTOR_TILE",
    }


def _base_layer() -> Json:
    source = {"type": "EMS_TMS", "isAutoSelect": True, "lightModeDefault": "road_map_desaturated"}
    return _layer("base", None, "EMS_VECTOR_TILE", source, {"type": "TILE"}, 1)


@dataclass(frozen=True)
class Circles:
    """A layer of circles, one for each cell of the map.

    Attributes:
        condition: which tweets it counts.
        hollow: a guess: only the edge has the colour.
    """

    id: str
    label: str
    condition: Condition
    hollow: bool = False

    def json(self, number: int) -> Json:
        """As Kibana keeps it; `number` tells its reference to the data view from those of other layers."""
        source = {
            "id": f"{self.id}-source",
            "type": "ES_GEO_GRID",
            "geoField": LOCATION,
            "requestType": "point",
            "resolution": "COARSE",
            "metrics": [
                {"type": "count", "label": "Tweets"},
                {"type": "avg", "field": IS_NEGATIVE, "label": "Negative share"},
                {"type": "terms", "field": HASHTAGS, "label": "Most frequent hashtag"},
            ],
            "applyGlobalQuery": True,
            "applyGlobalTime": True,
            "applyForceRefresh": True,
            "indexPatternRefName": _index(number),
        }
        shown = {"joins": [], "query": kuery(self.condition), "visible": not self.hollow}
        return _layer(self.id, self.label, "GEOJSON_VECTOR", source, _circles(self.hollow), 0.75) | shown


LAYERS = (
    Circles("tweets", "Tweets", STATED),
    Circles("profiles", "Guessed from profiles", GUESSED, hollow=True),
)


def _circles(hollow: bool) -> Json:
    # A layer has means of fields but no quotients: the mean of a field that is 1 or 0 is a share.
    by_share = {
        "field": {"name": f"avg_of_{IS_NEGATIVE}", "origin": "source"},
        "type": "ORDINAL",
        "useCustomColorRamp": True,
        "customColorRamp": [{"stop": stop, "color": color} for color, stop in palette.SHARES],
        "fieldMetaOptions": {"isEnabled": False, "sigma": 3},
    }
    by_count = {
        "field": {"name": "doc_count", "origin": "source"},
        "minSize": 6,
        "maxSize": 28,
        "fieldMetaOptions": {"isEnabled": True, "sigma": 3},
    }
    hashtag = {"field": {"name": f"terms_of_{HASHTAGS}", "origin": "source"}}
    white, share = {"type": "STATIC", "options": {"color": "#FFFFFF"}}, {"type": "DYNAMIC", "options": by_share}
    properties = {
        "fillColor": white if hollow else share,
        "iconSize": {"type": "DYNAMIC", "options": by_count},
        "lineColor": share if hollow else white,
        "lineWidth": {"type": "STATIC", "options": {"size": 3 if hollow else 1}},
        "labelText": {"type": "DYNAMIC", "options": hashtag},
        "labelSize": {"type": "STATIC", "options": {"size": 13}},
        "symbolizeAs": {"options": {"value": "circle"}},
    }
    return {"type": "VECTOR", "properties": properties, "isTimeAware": True}

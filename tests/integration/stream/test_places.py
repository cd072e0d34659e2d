"""Where tweets are from, through the real stream into the real Elasticsearch."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from typing import Any

from pyspark.sql import SparkSession

from pipeline.domain.tweet import Author, Geo, GeoSource
from pipeline.settings import Settings
from pipeline.sinks.elasticsearch.client import connect
from tests.builders import tweet
from tests.streams import documents, drain, publish, raw, scored_stream


def test_three_kinds_of_places(settings: Settings, spark: SparkSession) -> None:
    """Coordinates, else a place, else the profile: each with its source and confidence; a country alone has no point.

    Searches find them by source, by confidence and by distance, and a record of an earlier version beside them.
    """
    at_home = Author("7", "ann", location="München, Deutschland")
    exact, tagged = Geo(48.1, 11.6, source=GeoSource.COORDINATES), Geo(48.2, 11.5, "Munich", source=GeoSource.PLACE)
    said = {
        "x:1": tweet(id="x:1", author=at_home, geo=exact),
        "x:2": tweet(id="x:2", author=at_home, geo=tagged),
        "x:3": tweet(id="x:3", author=at_home),
        "x:4": tweet(id="x:4", author=Author(location="Germany")),
        "x:5": tweet(id="x:5", author=Author(location="your heart")),
    }
    former = b'{"id":"x:6","text":"late","geo":{"place":"Munich, Germany","source":"profile"}}'
    publish(settings, [*said.values(), *raw(former)])
    drain(spark, settings)
    found = {id_: one["tweet"].get("geo") for id_, one in documents(settings, scored_stream(settings)).items()}
    assert [found[id_] and (found[id_]["source"], found[id_]["confidence"]) for id_ in sorted(found)] == [
        ("coordinates", 1.0), ("place", 0.9), ("profile", 0.85), ("profile", 0.6), None, ("profile", 0.95),
    ]  # fmt: skip
    assert found["x:3"]["place"] == "Munich"
    assert found["x:4"] == {"country": "Germany", "country_code": "DE", "source": "profile", "confidence": 0.6}
    near = {"geo_distance": {"distance": "50km", "tweet.geo.location": {"lat": 48.14, "lon": 11.58}}}
    sure = {"range": {"tweet.geo.confidence": {"gte": 0.9}}}
    stated = {"terms": {"tweet.geo.source": ["coordinates", "place"]}}
    assert _ids(settings, near) == {"x:1", "x:2", "x:3", "x:6"}
    assert _ids(settings, near, sure) == {"x:1", "x:2", "x:6"}
    assert _ids(settings, near, stated) == {"x:1", "x:2"}


def _ids(settings: Settings, *filters: Mapping[str, Any]) -> set[str]:
    with closing(connect(settings.elasticsearch)) as client:
        query = {"bool": {"filter": list(filters)}}
        answer = client.search(index=scored_stream(settings), query=query, size=10)
        return {hit["_id"] for hit in answer["hits"]["hits"]}

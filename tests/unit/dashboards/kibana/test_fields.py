from __future__ import annotations

import json
import re
from typing import Any

import pytest

from dashboards.kibana import alerts
from dashboards.kibana.bundle import saved_objects
from tests.boards.kibana import searches
from tests.unit.dashboards.kibana.mapping import fields

KQL_FIELD = re.compile(r"([\w@.]+)\s*(?::|<=|>=|<|>)")
OBJECTS = {(o["type"], o["id"]): o for o in saved_objects()}
INDICES = {o["id"]: o["attributes"]["title"] for o in saved_objects() if o["type"] == "index-pattern"}
DASHBOARDS = [o for o in saved_objects() if o["type"] == "dashboard"]
NUMERIC = {"double", "float", "long", "integer", "byte"}


def lens_panels() -> list[tuple[str, str, dict[str, Any]]]:
    """(name, indices, state) of every Lens panel of every dashboard."""
    return [
        (
            f"{d['id']}/{p['panelIndex']}",
            INDICES[_view(d, p["panelIndex"])],
            p["embeddableConfig"]["attributes"]["state"],
        )
        for d in DASHBOARDS
        for p in d["attributes"]["panelsJSON"]
        if p["type"] == "lens"
    ]


def _view(saved: dict[str, Any], prefix: str) -> str:
    return next(r["id"] for r in saved["references"] if r["name"].startswith(prefix) and r["type"] == "index-pattern")


@pytest.mark.parametrize(
    ("name", "indices", "state"), lens_panels(), ids=lambda value: value if type(value) is str else ""
)
def test_lens_columns_name_fields_of_a_type_that_fits(name: str, indices: str, state: dict[str, Any]) -> None:
    """A bucket needs a keyword, a number or a date; an average or a maximum needs a number or a date."""
    mapping = fields(indices)
    layers = state["datasourceStates"]["formBased"]["layers"].values()
    for column in (column for layer in layers for column in layer["columns"].values()):
        if column["operationType"] in ("formula", "math"):
            continue
        allowed = {
            "terms": {"keyword"} | NUMERIC,
            "unique_count": {"keyword"},
            "average": NUMERIC,
            "sum": NUMERIC,
            "min": NUMERIC,
            "max": NUMERIC | {"date"},
            "date_histogram": {"date"},
        }.get(column["operationType"])
        if allowed is None:
            assert (column["operationType"], column["sourceField"]) == ("count", "___records___")
        else:
            type_ = mapping[column["sourceField"]]["type"]
            assert type_ in allowed
            if column["operationType"] in ("terms", "max", "date_histogram"):
                assert column["dataType"] == {"keyword": "string", "date": "date"}.get(type_, "number")


@pytest.mark.parametrize("saved", OBJECTS.values(), ids=lambda o: o["id"])
def test_kql_names_only_fields_of_the_template(saved: dict[str, Any]) -> None:
    """Every field of every KQL query is in the template of the indices that it is asked of."""
    known = set(_fields_of(saved)) | set(_fields_of(OBJECTS["index-pattern", "tweetpulse-events"]))
    assert {name for query in _queries(saved) for name in KQL_FIELD.findall(query)} <= known


@pytest.mark.parametrize("saved", [o for o in OBJECTS.values() if o["type"] == "search"], ids=lambda o: o["id"])
def test_columns_of_saved_searches_are_fields(saved: dict[str, Any]) -> None:
    """Columns, their widths and the sort are fields of the template."""
    attributes = saved["attributes"]
    named = {*attributes["columns"], *attributes["grid"]["columns"], *(name for name, _ in attributes["sort"])}
    assert named <= set(_fields_of(saved))


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda o: o["id"])
def test_filters_and_controls_of_dashboards_are_keywords(dashboard: dict[str, Any]) -> None:
    """What is filtered by, or chosen from a list, is a keyword of the template."""
    mapping = _fields_of(dashboard)
    filters = dashboard["attributes"]["kibanaSavedObjectMeta"]["searchSourceJSON"]["filter"]
    controls = dashboard["attributes"]["controlGroupInput"]["panelsJSON"].values()
    named = [f["meta"]["key"] for f in filters] + [c["explicitInput"]["fieldName"] for c in controls]
    assert {mapping[name]["type"] for name in named} == {"keyword"}


def test_the_map_shows_a_geo_point_and_a_number() -> None:
    """The map's layer is on tweet.geo.location, coloured by the mean of a number that it asks for."""
    map_ = OBJECTS["map", "tweetpulse-map"]
    mapping = _fields_of(map_)
    layer = map_["attributes"]["layerListJSON"][1]
    source = layer["sourceDescriptor"]
    mean = source["metrics"][1]["field"]
    assert mapping[source["geoField"]]["type"] == "geo_point"
    assert mapping[mean]["type"] in NUMERIC
    assert layer["style"]["properties"]["fillColor"]["options"]["field"]["name"] == f"avg_of_{mean}"


def test_the_map_writes_the_hashtag_that_it_asks_for() -> None:
    """The most frequent hashtag of a place, by the name that Kibana gives to what is asked."""
    map_ = OBJECTS["map", "tweetpulse-map"]
    layer = map_["attributes"]["layerListJSON"][1]
    asked = layer["sourceDescriptor"]["metrics"][2]
    assert (asked["type"], _fields_of(map_)[asked["field"]]["type"]) == ("terms", "keyword")
    written = layer["style"]["properties"]["labelText"]["options"]["field"]["name"]
    assert written == f"terms_of_{asked['field']}"


@pytest.mark.parametrize("view", [o for o in OBJECTS.values() if o["type"] == "index-pattern"], ids=lambda o: o["id"])
def test_data_views_format_fields_that_exist(view: dict[str, Any]) -> None:
    """Formats, labels and the time field are fields of the template."""
    attributes = view["attributes"]
    named = {attributes["timeFieldName"], *attributes["fieldFormatMap"], *attributes["fieldAttrs"]}
    assert named <= set(fields(attributes["title"]))


@pytest.mark.parametrize("search", list(searches()), ids=lambda s: f"{s.board}/{s.panel}")
def test_equivalent_searches_name_only_fields_of_the_template(search: Any) -> None:
    """Whatever a live test asks Elasticsearch is on fields of the template."""
    assert set(_asked(search.body)) <= set(fields(search.index))


def test_the_rule_asks_for_fields_of_the_template() -> None:
    """The rule's query and time field are fields of what it reads."""
    params = alerts.rules()[0]["params"]
    known = set(fields(params["index"][0]))
    assert {*_asked(json.loads(params["esQuery"])), params["timeField"]} <= known


def _fields_of(saved: dict[str, Any]) -> dict[str, Any]:
    views = {r["id"] for r in saved["references"] if r["type"] == "index-pattern"} or {saved["id"]}
    # On a dashboard of tweets, the events that mark its charts are a second one.
    (view,) = views - {"tweetpulse-events"} or views
    return fields(INDICES[view])


def _queries(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["query"]] if value.get("language") == "kuery" else []
        return own + [query for inner in value.values() for query in _queries(inner)]
    return [query for inner in value for query in _queries(inner)] if isinstance(value, list) else []


def _asked(body: Any, key: str = "") -> list[str]:
    if key in ("term", "range", "sort") and isinstance(body, dict):
        return list(body)
    if isinstance(body, dict):
        own = [body["field"]] if isinstance(body.get("field"), str) else []
        return own + [name for k, inner in body.items() for name in _asked(inner, k)]
    if key == "fields":
        return list(body)
    return [name for inner in body for name in _asked(inner, key)] if isinstance(body, list) else []

from __future__ import annotations

import json
from typing import Any

import pytest

from dashboards.grafana import config
from dashboards.kibana import palette
from dashboards.kibana.__main__ import main
from dashboards.kibana.bundle import GENERATED, ndjson, saved_objects
from pipeline.domain.prediction import MOST_LABELS
from pipeline.topics.documents import DATASET as TOPICS
from pipeline.windows.documents import DATASET as WINDOWS

ALLOWED = {
    "index-pattern": {
        *("title", "name", "timeFieldName", "allowNoIndex", "fieldFormatMap", "fields", "sourceFilters"),
        *("fieldAttrs", "runtimeFieldMap", "typeMeta"),
    },
    "search": {"title", "description", "columns", "sort", "grid", "hideChart", "rowHeight", "kibanaSavedObjectMeta"},
    "map": {"title", "description", "mapStateJSON", "layerListJSON", "uiStateJSON"},
    "dashboard": {
        *("title", "description", "kibanaSavedObjectMeta", "timeRestore", "timeFrom", "timeTo", "refreshInterval"),
        *("controlGroupInput", "panelsJSON", "optionsJSON", "hits", "version"),
    },
}
LOWEST = {"index-pattern": "8.0.0", "search": "8.0.0", "map": "8.4.0", "dashboard": "8.9.0"}
LINES = [json.loads(line) for line in ndjson().splitlines()]
DASHBOARDS = [line for line in LINES if line["type"] == "dashboard"]
by_id = pytest.mark.parametrize("line", LINES, ids=lambda line: line["id"])
by_dashboard = pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda line: line["id"])


def panels(dashboard: dict[str, Any]) -> list[dict[str, Any]]:
    return json.loads(dashboard["attributes"]["panelsJSON"])


def test_generated_files_are_what_the_code_makes() -> None:
    """What is committed is what the code makes."""
    assert main(["--check"]) == 0


def test_check_sees_a_change(tmp_path, capsys) -> None:
    """--check names a file that differs, one that is missing and one that is left over."""
    main([], tmp_path)
    assert main(["--check"], tmp_path) == 0
    (tmp_path / "dashboard/tweetpulse-live.json").write_text("{}")
    (tmp_path / "tweetpulse.ndjson").unlink()
    (tmp_path / "map/old.json").write_text("{}")
    assert main(["--check"], tmp_path) == 1
    told = [line.split(" ")[0].removeprefix(f"{tmp_path}/") for line in capsys.readouterr().err.splitlines()]
    assert told == ["dashboard/tweetpulse-live.json", "map/old.json", "tweetpulse.ndjson"]


def test_writing_removes_what_is_left_over(tmp_path) -> None:
    """A saved object that the code no longer makes leaves no file behind."""
    (tmp_path / "map").mkdir()
    (tmp_path / "map/old.json").write_text("{}")
    assert (main([], tmp_path), main(["--check"], tmp_path)) == (0, 0)


def test_ids_are_file_names() -> None:
    """One saved object per file, called by its type and id."""
    files = {path.relative_to(GENERATED).as_posix() for path in GENERATED.rglob("*/*.json")}
    assert files == {f"{line['type']}/{line['id']}.json" for line in LINES}


def test_files_and_bundle_hold_the_same() -> None:
    """The files that people read hold the titles and references that Kibana imports."""
    for line in LINES:
        file = json.loads((GENERATED / line["type"] / f"{line['id']}.json").read_text(encoding="utf-8"))
        assert (file["attributes"]["title"], file["references"]) == (line["attributes"]["title"], line["references"])


def test_the_order_lets_every_reference_be_imported_before_it_is_named() -> None:
    """What is referred to stands above; dashboards, which link to each other, are all there."""
    seen = {("dashboard", dashboard["id"]) for dashboard in DASHBOARDS}
    for line in LINES:
        assert {(r["type"], r["id"]) for r in line["references"]} <= seen
        seen.add((line["type"], line["id"]))


@by_id
def test_attributes_are_those_that_the_schema_allows(line: dict[str, Any]) -> None:
    """Kibana refuses a saved object for one attribute too many."""
    assert set(line["attributes"]) <= ALLOWED[line["type"]]


@by_id
def test_versions_are_the_lowest_that_carry_it(line: dict[str, Any]) -> None:
    """A document newer than the Kibana that imports it is refused."""
    assert (line["coreMigrationVersion"], line["typeMigrationVersion"]) == ("8.8.0", LOWEST[line["type"]])


@by_id
def test_json_in_strings_is_json(line: dict[str, Any]) -> None:
    """Every attribute called ...JSON, at any depth outside of such a string, is a string that parses."""
    for name, value in _walk(line["attributes"]):
        if name.endswith("JSON") or name in (
            "fieldFormatMap",
            "fieldAttrs",
            "fields",
            "sourceFilters",
            "runtimeFieldMap",
            "typeMeta",
        ):
            assert isinstance(value, str)
            json.loads(value)


@by_id
def test_no_reference_is_named_twice(line: dict[str, Any]) -> None:
    """Names of references are unique within a saved object."""
    names = [reference["name"] for reference in line["references"]]
    assert names == list(dict.fromkeys(names))


@by_id
def test_every_reference_that_is_named_is_there(line: dict[str, Any]) -> None:
    """indexRefName and the like name a reference of the same saved object."""
    named = {
        value for name, value in _walk(_parsed(line["attributes"])) if name in ("indexRefName", "indexPatternRefName")
    }
    assert named <= {reference["name"] for reference in line["references"]}


@by_dashboard
def test_references_of_panels_have_the_names_that_kibana_looks_for(dashboard: dict[str, Any]) -> None:
    """`<panelIndex>:indexpattern-datasource-layer-<layer>`, `…:panel_<panelIndex>`, marks, links, controls, filters."""
    expected = set()
    for panel in panels(dashboard):
        if panel["type"] == "lens":
            state = panel["embeddableConfig"]["attributes"]["state"]
            layers = state["datasourceStates"]["formBased"]["layers"]
            marks = [m for m in state["visualization"].get("layers", ()) if m["layerType"] == "annotations"]
            expected |= {f"{panel['panelIndex']}:indexpattern-datasource-layer-{layer}" for layer in layers}
            expected |= {f"{panel['panelIndex']}:xy-visualization-layer-{mark['layerId']}" for mark in marks}
        if panel["type"] == "links":
            links = panel["embeddableConfig"]["attributes"]["links"]
            names = {link["destinationRefName"] for link in links if link["type"] == "dashboardLink"}
            expected |= {f"{panel['panelIndex']}:{name}" for name in names}
        if "panelRefName" in panel:
            assert panel["panelRefName"] == f"panel_{panel['panelIndex']}"
            expected.add(f"{panel['panelIndex']}:{panel['panelRefName']}")
    controls = json.loads(dashboard["attributes"]["controlGroupInput"]["panelsJSON"])
    expected |= {f"controlGroup_{id_}:optionsListDataView" for id_ in controls}
    source = json.loads(dashboard["attributes"]["kibanaSavedObjectMeta"]["searchSourceJSON"])
    expected |= {filter_["meta"]["indexRefName"] for filter_ in source["filter"]}
    assert {reference["name"] for reference in dashboard["references"]} == expected


@by_dashboard
def test_every_dashboard_filters_by_its_data_set(dashboard: dict[str, Any]) -> None:
    """The first filter says which data set the dashboard is about."""
    source = json.loads(dashboard["attributes"]["kibanaSavedObjectMeta"]["searchSourceJSON"])
    others = {
        "tweetpulse-rejected-records": {"data_stream.dataset": "tweets.rejected"},
        "tweetpulse-topics": {"event.dataset": TOPICS},
        "tweetpulse-history": {"event.dataset": WINDOWS},
    }
    dataset = others.get(dashboard["id"], {"data_stream.dataset": "tweets.scored"})
    assert source["filter"][0]["query"] == {"match_phrase": dataset}


@by_dashboard
def test_panels_fit_the_grid(dashboard: dict[str, Any]) -> None:
    """No cell of the 48 columns is taken twice, and none in a row is left empty."""
    cells = [
        (x, y)
        for grid in (panel["gridData"] for panel in panels(dashboard))
        for x in range(grid["x"], grid["x"] + grid["w"])
        for y in range(grid["y"], grid["y"] + grid["h"])
    ]
    height = max(y for _, y in cells) + 1
    assert sorted(cells) == [(x, y) for x in range(48) for y in range(height)]


@by_dashboard
def test_panels_have_titles_of_their_own(dashboard: dict[str, Any]) -> None:
    """Each panel has a title and an index that no other on the dashboard has."""
    indices = [panel["panelIndex"] for panel in panels(dashboard)]
    assert all(panel["title"] for panel in panels(dashboard))
    assert sorted(indices) == sorted(set(indices))
    assert indices == [panel["gridData"]["i"] for panel in panels(dashboard)]


@by_dashboard
def test_lens_shows_only_columns_that_it_has(dashboard: dict[str, Any]) -> None:
    """Accessors, and what terms are ordered by, name columns of the layers; the parts of a formula are hidden."""
    for panel in panels(dashboard):
        if panel["type"] == "lens":
            state = panel["embeddableConfig"]["attributes"]["state"]
            layers = state["datasourceStates"]["formBased"]["layers"].values()
            columns = {id_: column for layer in layers for id_, column in layer["columns"].items()}
            named = set(_accessors(state["visualization"]))
            hidden = {part for column in columns.values() for part in column.get("references", ())}
            orders = [c["params"]["orderBy"] for c in columns.values() if c["operationType"] == "terms"]
            ordered = {order["columnId"] for order in orders if order["type"] == "column"}
            assert named | hidden == set(columns)
            assert not named & hidden
            assert sorted(id_ for layer in layers for id_ in layer["columnOrder"]) == sorted(columns)
            assert ordered <= named


def test_the_live_dashboard_shows_the_last_15_minutes_and_refreshes() -> None:
    """Sentiment live: now-15m, renewed by itself; the explorer waits for its reader."""
    found = {d["id"]: (d["attributes"]["timeFrom"], d["attributes"]["refreshInterval"]) for d in DASHBOARDS}
    assert found["tweetpulse-live"] == ("now-15m", {"pause": False, "value": 10_000})
    assert found["tweetpulse-explore"][1]["pause"] is True


def test_the_explorer_has_controls_for_entity_language_and_sentiment() -> None:
    """Explore stored tweets is steered by three lists."""
    explore = next(d for d in saved_objects() if d["id"] == "tweetpulse-explore")
    controls = explore["attributes"]["controlGroupInput"]["panelsJSON"].values()
    fields = [control["explicitInput"]["fieldName"] for control in controls]
    assert fields == ["tweet.entity", "tweet.lang", "tweet.sentiment.label"]


def test_complaints_are_split_by_whatever_reasons_the_model_has() -> None:
    """As many as a model may have, coloured by their order; the palette is one without red and green."""
    care = next(d for d in saved_objects() if d["id"] == "tweetpulse-care")
    (panel,) = [p for p in care["attributes"]["panelsJSON"] if p["title"] == "Complaints over time"]
    state = panel["embeddableConfig"]["attributes"]["state"]
    layer, _events = state["visualization"]["layers"]
    split = state["datasourceStates"]["formBased"]["layers"]["layer"]["columns"][layer["splitAccessor"]]
    assert (split["sourceField"], split["params"]["size"]) == ("tweet.complaint.reason", MOST_LABELS)
    assert layer["palette"]["name"] == "custom"
    assert layer["palette"]["params"] == {"colors": list(config.CATEGORIES), "gradient": False}


@pytest.mark.parametrize("name", ["NEGATIVE", "NEUTRAL", "POSITIVE", "VOLUME", "WARNING", "EVENT", "MOST_REASONS"])
def test_colours_and_bounds_are_those_of_grafana(name: str) -> None:
    """Neither imports the other, so that each can be used alone."""
    assert getattr(palette, name) == getattr(config, name)


def test_sentiments_have_the_colours_that_they_have_in_grafana() -> None:
    """All but what no scorer speaks, which no share has."""
    assert {name: colour for name, colour in config.LABELS.items() if name != "unsupported"} == palette.SENTIMENT


def test_the_link_of_a_tweet_is_a_link() -> None:
    """url.full is shown as a link, and the search of negative tweets has it as a column."""
    objects = {(o["type"], o["id"]): o["attributes"] for o in saved_objects()}
    assert objects["index-pattern", "tweetpulse-tweets"]["fieldFormatMap"]["url.full"]["id"] == "url"
    assert "url.full" in objects["search", "tweetpulse-negative-tweets"]["columns"]


def _walk(value: Any, name: str = "") -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [pair for key, inner in value.items() for pair in [(key, inner), *_walk(inner, key)]]
    if isinstance(value, list):
        return [pair for inner in value for pair in _walk(inner, name)]
    return []


def _parsed(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            k: _parsed(json.loads(v)) if k.endswith("JSON") and isinstance(v, str) else _parsed(v)
            for k, v in value.items()
        }
    return [_parsed(inner) for inner in value] if isinstance(value, list) else value


def _accessors(visualization: dict[str, Any]) -> list[str]:
    found = [v for k, v in _walk(visualization) if k.endswith("Accessor") or k in ("columnId", "forAccessor")]
    for name, value in _walk(visualization):
        if name in ("accessors", "primaryGroups", "metrics"):
            found += value
    return found

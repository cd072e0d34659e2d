"""What was not good to look at in a real Kibana, and is not to come back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import pytest

from dashboards.grafana import config
from dashboards.kibana import alerts, palette
from dashboards.kibana.board import WIDTH
from dashboards.kibana.boards import BOARDS
from dashboards.kibana.bundle import saved_objects
from dashboards.kibana.conditions import HOURS
from dashboards.kibana.data_views import TOPICS, WINDOWS
from dashboards.kibana.panels import LensPanel
from dashboards.kibana.saved_searches import SEARCHES
from pipeline.topics.documents import EVERYTHING, NEWEST

OBJECTS = {(o["type"], o["id"]): o for o in saved_objects()}
DASHBOARDS = [o for o in saved_objects() if o["type"] == "dashboard"]
TWEET_BOARDS = ("tweetpulse-live", "tweetpulse-explore", "tweetpulse-care")
TEXTS = {"message", "event.original", "topic.words", "topic.name"}
TWEETS_BY_PLACE = [
    (board["id"], panel["gridData"]["w"])
    for board in DASHBOARDS
    for panel in board["attributes"]["panelsJSON"]
    if panel["type"] == "map"
]
SCORED = 'not (tweet.sentiment.label: "unsupported")'


def lens(shape: str) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """(board and panel, its configuration, its state) of each Lens panel of this shape."""
    return [
        (f"{board['id']}/{panel['panelIndex']}", panel["embeddableConfig"], attributes["state"])
        for board in DASHBOARDS
        for panel in board["attributes"]["panelsJSON"]
        if panel["type"] == "lens"
        and (attributes := panel["embeddableConfig"]["attributes"])["visualizationType"] == shape
    ]


def columns(state: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """All columns of all layers, with their ids."""
    for layer in state["datasourceStates"]["formBased"]["layers"].values():
        yield from layer["columns"].items()


def view_of(config: dict[str, Any]) -> str:
    """The data view of a panel."""
    id_: str = config["attributes"]["references"][0]["id"]
    return id_


def of(shape: str) -> pytest.MarkDecorator:
    """A test for each panel of this shape."""
    panels = lens(shape)
    shown = [(config, state) for _, config, state in panels]
    return pytest.mark.parametrize(("config", "state"), shown, ids=[name for name, _, _ in panels])


@of("lnsMetric")
def test_a_tile_is_not_flooded_and_has_one_label(config: dict[str, Any], state: dict[str, Any]) -> None:
    """A colour fills a tile that has no bar; the title above would say the label again."""
    look = state["visualization"]
    assert "palette" not in look
    assert ("color" not in look) or (look["showBar"] and "maxAccessor" in look)
    assert config["hidePanelTitles"] is True


@of("lnsMetric")
def test_a_number_has_the_one_before_beside_it_and_its_line_behind(
    config: dict[str, Any], state: dict[str, Any]
) -> None:
    """All tiles but a part of a whole, which has a bar, a time, which is always now, and topics, found at one time."""
    look, shown = state["visualization"], dict(columns(state))
    if view_of(config) == "tweetpulse-topics" or look["showBar"] or shown[look["metricAccessor"]]["dataType"] == "date":
        return
    layers = state["datasourceStates"]["formBased"]["layers"]
    earlier, line = look["secondaryMetricAccessor"], look["trendlineMetricAccessor"]
    shifted = [c["timeShift"] for id_, c in layers["layer"]["columns"].items() if c.get("timeShift")]
    assert set(shifted) == {"previous"}
    assert earlier in layers["layer"]["columns"]
    assert {line, look["trendlineTimeAccessor"]} <= set(layers[look["trendlineLayerId"]]["columns"])
    assert layers[look["trendlineLayerId"]]["linkToLayers"] == [look["layerId"]]


def test_a_share_of_negative_tweets_is_divided_by_the_scored_ones() -> None:
    """What no scorer speaks is in no share; and there is such a share on each dashboard of tweets."""
    found = set()
    for shape in ("lnsMetric", "lnsDatatable"):
        for name, _, state in lens(shape):
            formulas = {id_: c for id_, c in columns(state) if c["operationType"] == "formula"}
            for id_, formula in formulas.items():
                if id_.startswith("negative_share") and name.startswith(TWEET_BOARDS):
                    whole = dict(columns(state))[f"{id_}X1"]
                    assert whole["filter"]["query"] == SCORED
                    assert f"/ count(kql='{SCORED}'" in formula["params"]["formula"]
                    found.add(name.split("/")[0])
    assert found == set(TWEET_BOARDS)


@of("lnsMetric")
def test_no_bar_compares_sentiments_with_all_tweets(config: dict[str, Any], state: dict[str, Any]) -> None:
    """A bar whose whole counts what no scorer speaks contradicts the chart of shares."""
    whole = state["visualization"].get("maxAccessor")
    part = dict(columns(state))[state["visualization"]["metricAccessor"]]
    assert whole is None or "tweet.sentiment.label" not in part["filter"]["query"]


def test_the_newest_tweet_is_said_as_an_age() -> None:
    """A date is cut off in a tile; "11 seconds ago" is not."""
    newest = [c for _, _, state in lens("lnsMetric") for id_, c in columns(state) if id_ == "newest"]
    assert {c["sourceField"] for c in newest} == {"event.ingested"}
    for view in ("tweetpulse-tweets", "tweetpulse-rejected"):
        formats = OBJECTS["index-pattern", view]["attributes"]["fieldFormatMap"]
        assert formats["event.ingested"]["id"] == "relative_date"


@of("lnsDatatable")
def test_all_columns_of_a_table_but_the_first_have_a_width(config: dict[str, Any], state: dict[str, Any]) -> None:
    """Otherwise all are equally wide, and what is longer is cut off."""
    first, *others = state["visualization"]["columns"]
    assert "width" not in first
    assert all(column["width"] >= 75 for column in others)


@pytest.mark.parametrize("saved", [o for o in OBJECTS.values() if o["type"] == "search"], ids=lambda o: o["id"])
def test_all_columns_of_a_search_but_the_text_have_a_width(saved: dict[str, Any]) -> None:
    """The text takes the rest; a time fits from 230 pixels on; the link comes last, since many tweets have none."""
    names = saved["attributes"]["columns"]
    widths = saved["attributes"]["grid"]["columns"]
    assert {"@timestamp", *names} - set(widths) <= TEXTS
    assert len(TEXTS & set(names)) == 1
    assert widths["@timestamp"]["width"] >= 230
    assert "url.full" not in names[:-1]


def test_searches_for_tweets_leave_retweets_out() -> None:
    """In Discover, too, where no dashboard's filter does."""
    searches = [
        o for o in OBJECTS.values() if o["type"] == "search" and o["references"][0]["id"] == "tweetpulse-tweets"
    ]
    queries = [o["attributes"]["kibanaSavedObjectMeta"]["searchSourceJSON"]["query"]["query"] for o in searches]
    assert len(queries) == 3
    assert all('not (tweet.kind: "retweet")' in query for query in queries)


def test_a_guess_is_not_shown_as_a_place() -> None:
    """Tweets that state their place are full circles; those of profiles are a layer of hollow ones, hidden at first."""
    map_ = OBJECTS["map", "tweetpulse-map"]
    _, stated, guessed = map_["attributes"]["layerListJSON"]
    assert (stated["visible"], guessed["visible"]) == (True, False)
    assert stated["query"]["query"] == f"not ({guessed['query']['query']})" == 'not (tweet.geo.source: "profile")'
    fill, edge = (guessed["style"]["properties"][name] for name in ("fillColor", "lineColor"))
    assert (edge, fill) == tuple(stated["style"]["properties"][name] for name in ("fillColor", "lineColor"))
    names = [layer["sourceDescriptor"]["indexPatternRefName"] for layer in (stated, guessed)]
    assert [reference["name"] for reference in map_["references"]] == names
    assert "guess" in map_["attributes"]["description"]


def test_the_map_opens_on_its_data_and_with_its_legend() -> None:
    """Not on the whole world, where tweets of one country hide under the tools."""
    attributes = OBJECTS["map", "tweetpulse-map"]["attributes"]
    layers = {layer["id"] for layer in attributes["layerListJSON"]}
    assert attributes["mapStateJSON"]["settings"]["initialLocation"] == "AUTO_FIT_TO_BOUNDS"
    assert attributes["uiStateJSON"]["isLayerTOCOpen"] is True
    assert set(attributes["uiStateJSON"]["openTOCDetails"]) <= layers
    assert attributes["uiStateJSON"]["openTOCDetails"]


def test_a_dashboard_shows_all_of_the_map() -> None:
    """Its legend, half as wide as the panel, is closed until somebody wants it."""
    maps = [panel for board in BOARDS for panel in board.panels() if getattr(panel, "type", None) == "map"]
    assert maps
    assert all(panel.json()["embeddableConfig"]["isLayerTOCOpen"] is False for panel in maps)


def test_the_map_is_coloured_by_the_share_of_negative_tweets() -> None:
    """As Grafana's: a mean compound is nearly everywhere a little above 0, and all of the map green."""
    layer = OBJECTS["map", "tweetpulse-map"]["attributes"]["layerListJSON"][1]
    colour = layer["style"]["properties"]["fillColor"]["options"]
    formats = OBJECTS["index-pattern", "tweetpulse-tweets"]["attributes"]["fieldFormatMap"]
    assert colour["field"]["name"] == "avg_of_tweet.sentiment.is_negative"
    assert formats["tweet.sentiment.is_negative"]["id"] == "percent"
    assert colour["customColorRamp"][0]["stop"] == 0
    limits = {(step["stop"], step["color"]) for step in colour["customColorRamp"]}
    assert limits >= set(config.NEGATIVE_SHARE[1:])
    assert config.GOOD not in {step["color"] for step in colour["customColorRamp"]}


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda o: o["id"])
def test_links_keep_the_time_and_what_filters_fit(dashboard: dict[str, Any]) -> None:
    """To each dashboard; filters on tweets would hide all rejected records, and the other way round."""
    (panel,) = [p for p in dashboard["attributes"]["panelsJSON"] if p["type"] == "links"]
    references = {r["name"]: r["id"] for r in dashboard["references"]}
    links = [link for link in panel["embeddableConfig"]["attributes"]["links"] if link["type"] == "dashboardLink"]
    to = {references[f"{panel['panelIndex']}:{link['destinationRefName']}"]: link["options"] for link in links}
    assert set(to) == {d["id"] for d in DASHBOARDS}
    assert {options["useCurrentDateRange"] for options in to.values()} == {True}
    kind = TWEET_BOARDS if dashboard["id"] in TWEET_BOARDS else (dashboard["id"],)
    assert {id_ for id_, options in to.items() if options["useCurrentFilters"]} == set(kind)


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda o: o["id"])
def test_grafana_opens_on_the_interval_of_the_dashboard(dashboard: dict[str, Any]) -> None:
    """In a new tab; to the board on the same documents, and from rejected records to that of the flow."""
    (panel,) = [p for p in dashboard["attributes"]["panelsJSON"] if p["type"] == "links"]
    (link,) = [one for one in panel["embeddableConfig"]["attributes"]["links"] if one["type"] == "externalLink"]
    others = {
        "tweetpulse-rejected-records": config.PIPELINE,
        "tweetpulse-topics": config.TOPICS_BOARD,
        "tweetpulse-history": config.HISTORY,
    }
    board = others.get(dashboard["id"], config.OVERVIEW)
    span = f"from={dashboard['attributes']['timeFrom']}&to={dashboard['attributes']['timeTo']}"
    assert link["destination"] == f"http://127.0.0.1:3000/d/{board}?{span}"
    assert link["options"]["openInNewTab"] is True


def test_an_entity_leads_to_its_board_in_grafana() -> None:
    """Wherever its name is shown; Kibana encodes `value` in the address, and shows it as it is."""
    shown = OBJECTS["index-pattern", "tweetpulse-tweets"]["attributes"]["fieldFormatMap"]["tweet.entity"]
    assert shown["id"] == "url"
    assert shown["params"]["urlTemplate"] == f"http://127.0.0.1:3000/d/{config.ENTITY}?var-entity={{{{value}}}}"
    assert shown["params"]["labelTemplate"] == "{{value}}"


def test_an_alert_leads_to_grafana_at_its_time() -> None:
    """From an hour before it; what two lambdas of Kibana's make of the date is the milliseconds that Grafana reads."""
    message = alerts.rules()[0]["actions"][0]["params"]["message"]
    date = "{{#FormatDate}}{{{context.date}}};;x{{/FormatDate}}"
    span = f"from={{{{#EvalMath}}}}{date} - 3600000{{{{/EvalMath}}}}&to={date}"
    assert message.endswith(f"http://127.0.0.1:3000/d/{config.OVERVIEW}?{span}")


@of("lnsXY")
def test_a_chart_over_time_has_the_events_on_it(config: dict[str, Any], state: dict[str, Any]) -> None:
    """Campaigns, restarts, replays; the dashboard's filters, which are on tweets, do not hide them."""
    layers = {layer["layerType"]: layer for layer in state["visualization"]["layers"]}
    over_time = any(c["operationType"] == "date_histogram" for _, c in columns(state))
    assert ("annotations" in layers) is over_time
    if over_time:
        marks = layers["annotations"]
        views = {r["name"]: r["id"] for r in config["attributes"]["references"]}
        assert views[f"xy-visualization-layer-{marks['layerId']}"] == "tweetpulse-events"
        assert (marks["ignoreGlobalFilters"], marks["persistanceType"]) == (True, "byValue")


@of("lnsXY")
def test_a_chart_with_many_names_has_them_at_the_right(config: dict[str, Any], state: dict[str, Any]) -> None:
    """Below it, six of ten reasons were hidden."""
    split = any("splitAccessor" in layer for layer in state["visualization"]["layers"])
    assert state["visualization"]["legend"]["position"] == ("right" if split else "bottom")


@of("lnsTagcloud")
def test_words_fit_their_cloud_and_have_quiet_colours(config: dict[str, Any], state: dict[str, Any]) -> None:
    """Fewer and smaller ones: "the container is too small" hides some without saying which."""
    sizes = [c["params"]["size"] for _, c in columns(state) if c["operationType"] == "terms"]
    assert max(sizes) <= 25
    assert state["visualization"]["maxFontSize"] <= 40
    assert state["visualization"]["palette"]["params"]["colors"] == [palette.VOLUME]


@pytest.mark.parametrize("panel", TWEETS_BY_PLACE, ids=lambda panel: panel[0])
def test_the_legend_leaves_most_of_the_map_free(panel: tuple[str, int]) -> None:
    """It takes about 240 pixels: seven columns of 48 where the window has 1600."""
    assert panel[1] >= 24


def test_compound_has_its_colours_in_tables_and_rows() -> None:
    """Red, grey and green by VADER's limits, one hit by another at neither end."""
    formats = OBJECTS["index-pattern", "tweetpulse-tweets"]["attributes"]["fieldFormatMap"]
    rules = formats["tweet.sentiment.compound"]["params"]["colors"]
    assert [rule["range"] for rule in rules] == ["-0.05:0.05", "-1:-0.05", "0.05:1"]
    (table,) = [state for name, _, state in lens("lnsDatatable") if name == "tweetpulse-live/entities"]
    coloured = {c["columnId"]: c["palette"] for c in table["visualization"]["columns"] if c.get("colorMode") == "cell"}
    assert list(coloured) == ["compound"]
    params = coloured["compound"]["params"]
    assert [stop["stop"] for stop in params["stops"]] == [*(s["stop"] for s in params["colorStops"][1:]), 1.0]


def test_every_dashboard_of_tweets_can_be_narrowed_to_an_entity() -> None:
    """By a list at its top."""
    fields = {
        d["id"]: [c["explicitInput"]["fieldName"] for c in d["attributes"]["controlGroupInput"]["panelsJSON"].values()]
        for d in DASHBOARDS
    }
    assert [id_ for id_, names in fields.items() if "tweet.entity" in names] == [*TWEET_BOARDS, "tweetpulse-history"]
    assert "run.about" in fields["tweetpulse-topics"]


def test_an_offset_is_written_as_kafka_does() -> None:
    """9000, not 9,000: it is put into commands."""
    for view in ("tweetpulse-tweets", "tweetpulse-rejected"):
        assert (
            OBJECTS["index-pattern", view]["attributes"]["fieldFormatMap"]["kafka.offset"]["params"]["pattern"] == "0"
        )


def test_no_donut_is_left() -> None:
    """One slice of 89 % and slivers say less than bars."""
    assert not lens("lnsPie")


def test_a_table_is_wide_enough_for_its_columns() -> None:
    """In a window of 1,400 pixels, with 100 of them for the first column: otherwise the last one is cut off."""
    for board in BOARDS:
        for width, panel in (placed for row in board.all_rows() for placed in row.panels):
            if isinstance(panel, LensPanel) and panel.shape == "lnsDatatable":
                wanted = sum(column.get("width", 100) for column in panel.visualization["columns"])
                assert wanted <= 1_400 * width / WIDTH - 30, f"{board.title}: {panel.title}"


def test_rows_of_tweets_are_as_high_as_their_text() -> None:
    """So that most take one line; records can be 1,000 characters long, and take three."""
    heights = {id_: o["attributes"]["rowHeight"] for (kind, id_), o in OBJECTS.items() if kind == "search"}
    assert heights.pop("tweetpulse-rejected-documents") == 3
    assert set(heights.values()) == {-1}


def test_a_panel_on_the_long_series_asks_for_windows_of_an_hour() -> None:
    """A tweet is in a window of each length: without it, it would be counted more than once."""
    of_windows = [
        (panel.title, panel.condition)
        for board in BOARDS
        for panel in board.panels()
        if isinstance(panel, LensPanel) and panel.view is WINDOWS
    ]
    assert len(of_windows) > 8
    for title, condition in of_windows:
        assert [part for part in getattr(condition, "conditions", [condition]) if part == HOURS] == [HOURS], title


def test_a_panel_on_the_long_series_counts_a_tweet_once() -> None:
    """Of all tweets or, where those of an entity are all that is there, of these: never both."""
    for board in BOARDS:
        for panel in (p for p in board.panels() if isinstance(p, LensPanel) and p.view is WINDOWS):
            if "window.scope" not in panel.condition.kql():
                sums = [c for _, c in columns(panel.json()["embeddableConfig"]["attributes"]["state"])]
                asked = [c["filter"]["query"] for c in sums if c["operationType"] == "sum"]
                half = len(asked) // 2
                assert asked.count('window.scope: "all"') == asked.count('window.scope: "entity"') == half, panel.title


def test_a_panel_on_topics_asks_for_one_kind_of_document() -> None:
    """A topic, its intervals and its examples are documents of their own."""
    for board in BOARDS:
        for panel in (p for p in board.panels() if isinstance(p, LensPanel) and p.view is TOPICS):
            assert panel.condition.kql().count("topic.kind: ") == 1, panel.title
    for search in (search for search in SEARCHES if search.view is TOPICS):
        assert search.condition.kql().count("topic.kind: ") == 1, search.title


def test_topics_open_on_the_newest_of_all_tweets() -> None:
    """As the documents call them; whenever their time begins, but for the chart over time."""
    topics = OBJECTS["dashboard", "tweetpulse-topics"]["attributes"]
    group = topics["controlGroupInput"]
    controls = [control["explicitInput"] for control in group["panelsJSON"].values()]
    chosen = {control["fieldName"]: control["selectedOptions"] for control in controls}
    assert chosen == {"run.about": [EVERYTHING], "run.names": [NEWEST], "run.namespace": ["default"]}
    assert all(control["singleSelect"] for control in controls)
    assert group["ignoreParentSettingsJSON"]["ignoreTimerange"] is True
    shown = [p for p in topics["panelsJSON"] if p["type"] in ("lens", "search")]
    by_range = [p["title"] for p in shown if p["embeddableConfig"].get("timeRange") != {"from": "now-10y", "to": "now"}]
    assert by_range == ["Share of each topic over time"]


def test_this_week_stands_beside_the_same_days_of_four_weeks() -> None:
    """Whatever the range of the dashboard is."""
    history = OBJECTS["dashboard", "tweetpulse-history"]["attributes"]["panelsJSON"]
    weeks = [p["embeddableConfig"] for p in history if p["title"].endswith("this week and before")]
    assert len(weeks) == 2
    for week in weeks:
        shifts = [
            c.get("timeShift", "") for _, c in columns(week["attributes"]["state"]) if c["operationType"] == "sum"
        ]
        assert list(dict.fromkeys(shifts)) == ["", "1w", "2w", "3w", "4w"]
        assert week["timeRange"] == {"from": "now-7d", "to": "now"}


def test_an_example_of_a_topic_leads_to_its_tweet() -> None:
    """By its id, whenever it was written."""
    shown = OBJECTS["index-pattern", "tweetpulse-topics"]["attributes"]["fieldFormatMap"]["topic.tweet"]["params"]
    url = unquote(shown["urlTemplate"])
    assert url == (
        "/app/discover#/view/tweetpulse-all-tweets?_g=(time:(from:now-10y,to:now))"
        """&_a=(query:(language:kuery,query:'event.id: "{{value}}"'))"""
    )
    assert "{{value}}" in shown["urlTemplate"]


def test_no_panel_has_top_values_beside_earlier_times() -> None:
    """Lens refuses that: an error takes the place of the panel."""
    for board in BOARDS:
        for panel in (p for p in board.panels() if isinstance(p, LensPanel)):
            found = [c for _, c in columns(panel.json()["embeddableConfig"]["attributes"]["state"])]
            if any(c["operationType"] == "terms" for c in found):
                assert not [c for c in found if c.get("timeShift")], f"{board.title}: {panel.title}"

"""Every panel's question as a search that Elasticsearch can be asked directly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dashboards.kibana import alerts
from dashboards.kibana.board import Board
from dashboards.kibana.boards import BOARDS
from dashboards.kibana.columns import AnyColumn
from dashboards.kibana.conditions import All, Condition, Json, Not
from dashboards.kibana.data_views import EVENTS, TIME, TWEETS
from dashboards.kibana.panels import MARKS, LensPanel, Panel, SavedPanel
from dashboards.kibana.saved_searches import SEARCHES, SavedSearch
from dashboards.kibana.tweet_map import HASHTAGS, IS_NEGATIVE, LAYERS, LOCATION

_ROWS = 50


@dataclass(frozen=True)
class Search:
    """What a panel asks: `body` for `POST /{index}/_search`."""

    board: str
    panel: str
    index: str
    body: Json


def searches() -> Iterator[Search]:
    """One for each panel and control, over its dashboard's own interval, and for each saved search and rule."""
    for board in BOARDS:
        for panel in board.panels():
            yield from _of_panel(board, panel)
        for control in board.controls:
            values = {"values": {"terms": {"field": control.of, "size": 10}}}
            since = "now-10y" if board.all_time else ""
            yield _search(board, f"control {control.title}", All(), {"size": 0, "aggs": values}, since)
    for saved in SEARCHES:
        yield Search("Discover", saved.title, saved.view.indices, _rows(saved) | {"query": saved.condition.query()})
    yield Search("Rules", "A very negative tweet with a large audience", TWEETS.indices, alerts.query())


def _of_panel(board: Board, panel: Panel) -> Iterator[Search]:
    if isinstance(panel, LensPanel):
        body = {"size": 0, "aggs": aggregations(panel.columns)}
        yield _search(board, panel.title, panel.condition, body, panel.since)
        if panel.line:
            line = {"size": 0, "aggs": aggregations(panel.line)}
            yield _search(board, f"{panel.title}, line behind it", panel.condition, line, panel.since)
        yield from _marks(board, panel)
    elif isinstance(panel, SavedPanel):
        yield from _of_saved(board, panel)


def _marks(board: Board, panel: LensPanel) -> Iterator[Search]:
    for layer in panel.visualization.get("layers", ()):
        if layer["layerId"] == MARKS:
            (mark,) = layer["annotations"]
            texts = {"text": {"terms": {"field": mark["textField"]}}}
            query = {"bool": {"filter": [EVENTS.condition.query(), {"range": {mark["timeField"]: {"lte": "now"}}}]}}
            yield Search(board.title, f"{panel.title}, events", EVENTS.indices, {"aggs": texts, "query": query})


def _of_saved(board: Board, panel: SavedPanel) -> Iterator[Search]:
    saved = {search.id: search for search in SEARCHES}.get(panel.id)
    if saved is None:
        for layer in LAYERS:
            title = f"{panel.title}, {layer.label}" if layer.hollow else panel.title
            yield _search(board, title, layer.condition, {"size": 0, "aggs": _circles()})
    else:
        yield _search(board, panel.title, saved.condition, _rows(saved), panel.since)


def _rows(saved: SavedSearch) -> Json:
    # Kibana's way to ask for columns: a field that no mapping knows is left out without a word.
    field, order = saved.order
    return {"size": _ROWS, "sort": [{field: order}], "fields": list(saved.columns), "_source": False}


def _circles() -> Json:
    metrics = {"share": {"avg": {"field": IS_NEGATIVE}}, "hashtags": {"terms": {"field": HASHTAGS, "size": 1}}}
    inner = {"center": {"geo_centroid": {"field": LOCATION}}, **metrics}
    return {"places": {"geotile_grid": {"field": LOCATION, "precision": 5}, "aggs": inner}}


def aggregations(columns: tuple[AnyColumn, ...]) -> Json:
    """The columns of a Lens panel: buckets inside each other, metrics in the innermost."""
    head, *rest = columns
    if head.is_bucketed:
        return head.aggregations(aggregations(tuple(rest)))
    asked: Json = {}
    for column in columns:
        asked |= column.aggregations({})
    return asked


def _search(board: Board, panel: str, condition: Condition, body: Json, since: str = "") -> Search:
    pinned = [Not(filter_) if negate else filter_ for filter_, negate in board.pinned()]
    filters = [filter_.query() for filter_ in (*pinned, condition)]
    filters.append({"range": {TIME: {"gte": since or board.time_from, "lte": "now"}}})
    return Search(board.title, panel, board.view.indices, body | {"query": {"bool": {"filter": filters}}})

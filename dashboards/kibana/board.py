"""Dashboards: rows of panels on Kibana's grid of 48 columns, with their filters, controls and time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dashboards.kibana import grafana
from dashboards.kibana.conditions import RETWEET, Is, Json, kuery
from dashboards.kibana.data_views import TWEETS, DataView
from dashboards.kibana.panels import VERSION, Link, LinksPanel, OutsideLink, Panel, Reference, TextPanel, slug

WIDTH = 48
_SECONDS = 1000
_FILTER_INDEX = "kibanaSavedObjectMeta.searchSourceJSON.filter[{}].meta.index"
_OPTIONS = {
    "useMargins": True,
    "syncColors": False,
    "syncCursor": True,
    "syncTooltips": False,
    "hidePanelTitles": False,
}
_OBEY: Json = {"ignoreFilters": False, "ignoreQuery": False, "ignoreTimerange": False, "ignoreValidations": False}


@dataclass(frozen=True)
class Row:
    """Panels side by side, each with its width; `height` in grid units of about 20 pixels."""

    height: int
    panels: tuple[tuple[int, Panel], ...]


@dataclass(frozen=True)
class Control:
    """A drop-down list of a field's values. One that opens with a `chosen` value takes only one at a time."""

    title: str
    of: str
    chosen: str = ""


@dataclass(frozen=True)
class Board:
    """A dashboard; `about` is its question. `refresh_seconds` of None leaves it to the reader to reload.

    Its controls list values of its time range, or with `all_time` of any time.
    """

    id: str
    title: str
    description: str
    about: str
    view: DataView
    rows: tuple[Row, ...]
    time_from: str
    refresh_seconds: int | None = None
    controls: tuple[Control, ...] = ()
    all_time: bool = False

    def all_rows(self) -> tuple[Row, ...]:
        """Its rows, below the heading that every dashboard has."""
        return (_heading(self), *self.rows)

    def panels(self) -> Iterator[Panel]:
        """All panels, from the top left."""
        for row in self.all_rows():
            yield from (panel for _, panel in row.panels)

    def saved_object(self) -> Json:
        """With the attributes of the first dashboard schema, which all later ones read."""
        return {
            "id": self.id,
            "type": "dashboard",
            "typeMigrationVersion": "8.9.0",
            "attributes": {
                "title": self.title,
                "description": self.description,
                "kibanaSavedObjectMeta": {"searchSourceJSON": {"query": kuery(), "filter": self._filters()}},
                "timeRestore": True,
                "timeFrom": self.time_from,
                "timeTo": "now",
                "refreshInterval": {
                    "pause": self.refresh_seconds is None,
                    "value": (self.refresh_seconds or 60) * _SECONDS,
                },
                "controlGroupInput": {
                    "controlStyle": "oneLine",
                    "chainingSystem": "HIERARCHICAL",
                    "ignoreParentSettingsJSON": self._obeyed(),
                    "panelsJSON": {slug(c.title): _control(i, c) for i, c in enumerate(self.controls)},
                },
                "optionsJSON": _OPTIONS,
                "panelsJSON": list(_placed(self.all_rows())),
                "version": 1,
            },
            "references": [reference.json() for reference in self._references()],
        }

    def _obeyed(self) -> Json:
        return _OBEY | {"ignoreTimerange": self.all_time}

    def pinned(self) -> tuple[tuple[Is, bool], ...]:
        """The filters at the top of the dashboard; True where they exclude."""
        own = (self.view.condition, False)
        return (own, (RETWEET, True)) if self.view is TWEETS else (own,)

    def _filters(self) -> list[Json]:
        return [_filter(i, condition, negate=negate) for i, (condition, negate) in enumerate(self.pinned())]

    def _references(self) -> Iterator[Reference]:
        for i in range(len(self.pinned())):
            yield Reference(_FILTER_INDEX.format(i), "index-pattern", self.view.id)
        for control in self.controls:
            yield Reference(f"controlGroup_{slug(control.title)}:optionsListDataView", "index-pattern", self.view.id)
        for panel in self.panels():
            for reference in panel.references():
                yield Reference(f"{slug(panel.title)}:{reference.name}", reference.type, reference.id)


def _heading(here: Board) -> Row:
    """At the top: links to the other dashboards and to Grafana, and the question of this one."""
    board = _GRAFANA.get(here.id, grafana.OVERVIEW)
    outside = OutsideLink(f"Grafana: {board.removeprefix('tweetpulse-')}", grafana.since(board, here.time_from))
    links = tuple(Link(id_, filters=_kind(id_) == _kind(here.id)) for id_ in TITLES)
    return Row(4, ((30, LinksPanel("Dashboards", links, (outside,))), (18, TextPanel("About", here.about))))


def _kind(id_: str) -> str:
    """Dashboards of one kind take each other's filters: those of another would hide all that it has."""
    return id_ if id_ in _GRAFANA else "tweets"


REJECTED_RECORDS, TOPICS, HISTORY = "tweetpulse-rejected-records", "tweetpulse-topics", "tweetpulse-history"
TITLES = {
    "tweetpulse-live": "Sentiment live",
    "tweetpulse-explore": "Explore stored tweets",
    "tweetpulse-care": "Customer care",
    TOPICS: "Topics",
    HISTORY: "History",
    REJECTED_RECORDS: "Rejected records",
}
"""All dashboards, in the order in which they link to each other."""
_GRAFANA = {REJECTED_RECORDS: grafana.PIPELINE, TOPICS: grafana.TOPICS_BOARD, HISTORY: grafana.HISTORY}
"""The dashboards on other documents than tweets, with the board on the same in Grafana."""


def _placed(rows: tuple[Row, ...]) -> Iterator[Json]:
    y = 0
    for row in rows:
        x = 0
        for width, panel in row.panels:
            yield _panel(panel, {"x": x, "y": y, "w": width, "h": row.height})
            x += width
        y += row.height


def _panel(panel: Panel, place: Json) -> Json:
    index = slug(panel.title)
    return panel.json() | {
        "version": VERSION,
        "panelIndex": index,
        "title": panel.title,
        "gridData": place | {"i": index},
    }


def _control(order: int, control: Control) -> Json:
    id_ = slug(control.title)
    explicit: Json = {"id": id_, "title": control.title, "fieldName": control.of, "enhancements": {}}
    if control.chosen:
        by_name = {"by": "_key", "direction": "desc"}
        explicit |= {"selectedOptions": [control.chosen], "singleSelect": True, "sort": by_name}
    return {
        "order": order,
        "width": "medium",
        "grow": True,
        "type": "optionsListControl",
        "explicitInput": explicit,
    }


def _filter(number: int, condition: Is, *, negate: bool) -> Json:
    return {
        "$state": {"store": "appState"},
        "meta": {
            "alias": None,
            "disabled": False,
            "negate": negate,
            "type": "phrase",
            "key": condition.field,
            "field": condition.field,
            "params": {"query": condition.value},
            "indexRefName": _FILTER_INDEX.format(number),
        },
        "query": {"match_phrase": {condition.field: condition.value}},
    }

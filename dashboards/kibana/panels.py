"""Panels by value, in four Lens shapes, and panels that show a saved object, text or links."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dashboards.kibana import palette
from dashboards.kibana.columns import AnyColumn, Column, before, behind, over_time
from dashboards.kibana.conditions import ANY, Condition, Json, kuery
from dashboards.kibana.data_views import EVENTS, TIME, DataView

LAYER = "layer"
LINE = "line"
"""The layer of the line behind a number."""
MARKS = "events"
"""The layer of events on a chart over time."""
_ONE_COLOUR = {"colors": [palette.VOLUME], "gradient": False}
"""Of all words: a colour of its own would mean nothing, and the pale ones of a palette can't be read."""
_BY_ORDER = {
    "type": "palette",
    "name": "custom",
    "params": {"colors": list(palette.CATEGORIES), "gradient": False},
}
"""Kibana's own palettes hand out red and green, or colours that are hardly seen."""
VERSION = "8.9.0"
"""The newest shape of a by-value panel: every later Kibana reads it."""


def slug(title: str) -> str:
    """A stable id out of a title."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


@dataclass(frozen=True)
class Reference:
    """A saved object that another one names."""

    name: str
    type: str
    id: str

    def json(self) -> Json:
        """As Kibana keeps it."""
        return {"name": self.name, "type": self.type, "id": self.id}


@dataclass(frozen=True)
class LensPanel:
    """A Lens panel by value; bucket columns first, outermost first. `line`: the columns of the line behind a number.

    `since`: a time range of its own, from then until now, whatever that of the dashboard is.
    """

    title: str
    description: str
    view: DataView
    shape: str
    columns: tuple[AnyColumn, ...]
    visualization: Json = field(hash=False)
    condition: Condition = ANY
    line: tuple[AnyColumn, ...] = ()
    since: str = ""

    def references(self) -> list[Reference]:
        """The data views, as the layers name them."""
        names = [f"indexpattern-datasource-layer-{layer}" for layer in self._layers()]
        own = [Reference(name, "index-pattern", self.view.id) for name in names]
        return [*own, *([Reference(f"xy-visualization-layer-{MARKS}", "index-pattern", EVENTS.id)] * self._has_marks())]

    def json(self) -> Json:
        """The options that differ from other kinds of panels. A number has its label, and needs no title above it."""
        hidden = {"hidePanelTitles": True} if self.shape == "lnsMetric" else {}
        config = {"attributes": self._attributes(), "enhancements": {}} | hidden | _own_time(self.since)
        return {"type": "lens", "embeddableConfig": config}

    def _attributes(self) -> Json:
        return {
            "title": self.title,
            "description": self.description,
            "type": "lens",
            "visualizationType": self.shape,
            "references": [reference.json() for reference in self.references()],
            "state": {
                "query": kuery(self.condition),
                "filters": [],
                "datasourceStates": {"formBased": {"layers": self._layers()}},
                "visualization": self.visualization,
                "internalReferences": [],
                "adHocDataViews": {},
            },
        }

    def _layers(self) -> Json:
        layers = {LAYER: _layer(self.columns)}
        return layers | ({LINE: _layer(self.line) | {"linkToLayers": [LAYER]}} if self.line else {})

    def _has_marks(self) -> bool:
        return any(layer["layerId"] == MARKS for layer in self.visualization.get("layers", ()))


@dataclass(frozen=True)
class SavedPanel:
    """A saved search or a map by reference, with what is different on a dashboard; `since` as that of a Lens panel."""

    title: str
    description: str
    type: str
    id: str
    here: Json = field(default_factory=dict)
    since: str = ""

    def references(self) -> list[Reference]:
        """The saved object."""
        return [Reference(f"panel_{slug(self.title)}", self.type, self.id)]

    def json(self) -> Json:
        """The options that differ from other kinds of panels."""
        return {
            "type": self.type,
            "panelRefName": f"panel_{slug(self.title)}",
            "embeddableConfig": {
                "description": self.description,
                "enhancements": {},
                **self.here,
                **_own_time(self.since),
            },
        }


@dataclass(frozen=True)
class TextPanel:
    """Markdown."""

    title: str
    markdown: str

    def references(self) -> list[Reference]:
        """None."""
        return []

    def json(self) -> Json:
        """The options that differ from other kinds of panels."""
        saved = {
            "id": "",
            "title": "",
            "description": "",
            "type": "markdown",
            "params": {"fontSize": 12, "openLinksInNewTab": False, "markdown": self.markdown},
            "uiState": {},
            "data": {"aggs": [], "searchSource": {"query": kuery(), "filter": []}},
        }
        return {
            "type": "visualization",
            "embeddableConfig": {"savedVis": saved, "hidePanelTitles": True, "enhancements": {}},
        }


@dataclass(frozen=True)
class Link:
    """To a dashboard, with the time as it is here and, where `filters` fit there, with those too."""

    to: str
    filters: bool


@dataclass(frozen=True)
class OutsideLink:
    """To another program, in a new tab."""

    label: str
    url: str


@dataclass(frozen=True)
class LinksPanel:
    """Links side by side: to the dashboards, of which Kibana marks the one that is open, and then to elsewhere."""

    title: str
    links: tuple[Link, ...]
    outside: tuple[OutsideLink, ...] = ()

    def references(self) -> list[Reference]:
        """The dashboards."""
        return [Reference(_link_name(link), "dashboard", link.to) for link in self.links]

    def json(self) -> Json:
        """The options that differ from other kinds of panels."""
        links = [*map(_link, self.links), *map(_outside, self.outside)]
        ordered = [{"order": order} | link for order, link in enumerate(links)]
        attributes = {"title": self.title, "layout": "horizontal", "links": ordered}
        return {
            "type": "links",
            "embeddableConfig": {"attributes": attributes, "hidePanelTitles": True, "enhancements": {}},
        }


Panel = LensPanel | SavedPanel | TextPanel | LinksPanel


def metric(
    title: str,
    description: str,
    view: DataView,
    column: AnyColumn,
    *,
    under: str = "",
    history: bool = False,
    of: Column | None = None,
    color: str | None = None,
    condition: Condition = ANY,
    since: str = "",
) -> LensPanel:
    """One number, called as its column, with the words `under` it.

    With `history` the number of the period before stands beside it, and its line behind it. With `of` a bar shows which
    part of the whole it is, in a `color`: without a bar a colour would flood the tile.
    """
    visualization = {"layerId": LAYER, "layerType": "data", "metricAccessor": column.id, "showBar": of is not None}
    columns: list[AnyColumn] = [column]
    line: tuple[AnyColumn, ...] = ()
    if under:
        visualization["subtitle"] = under
    if of:
        visualization |= {"maxAccessor": of.id, "progressDirection": "horizontal"}
        visualization |= {"color": color} if color else {}
        columns.append(of)
    if history:
        earlier, past, time = before(column), behind(column), behind(over_time())
        visualization |= {"secondaryMetricAccessor": earlier.id, "secondaryPrefix": "before:"}
        visualization |= {"trendlineLayerId": LINE, "trendlineLayerType": "metricTrendline"}
        visualization |= {"trendlineTimeAccessor": time.id, "trendlineMetricAccessor": past.id}
        columns.append(earlier)
        line = (time, past)
    return LensPanel(title, description, view, "lnsMetric", tuple(columns), visualization, condition, line, since)


def chart(
    title: str,
    description: str,
    view: DataView,
    x: Column,
    values: Sequence[AnyColumn],
    *,
    series: str,
    colors: Mapping[str, str] | None = None,
    split: Column | None = None,
    condition: Condition = ANY,
    since: str = "",
) -> LensPanel:
    """Values along time or terms; along time with the events that `annotate` and the pipeline itself record.

    `series` is Lens's name of the look. `colors` are by the id of the value; the terms of a `split` have theirs by the
    order in which they come.
    """
    layer: Json = {
        "layerId": LAYER,
        "layerType": "data",
        "seriesType": series,
        "xAccessor": x.id,
        "accessors": [value.id for value in values],
        "yConfig": [{"forAccessor": id_, "color": color} for id_, color in (colors or {}).items()],
    }
    if split:
        layer |= {"splitAccessor": split.id, "palette": _BY_ORDER}
    visible = len(values) > 1 or split is not None
    # Below, more than a few names are cut off.
    legend = {"position": "right", "legendSize": "large"} if split else {"position": "bottom"}
    visualization = {
        "preferredSeriesType": series,
        "layers": [layer, _marks()] if x.of == TIME else [layer],
        "legend": {"isVisible": visible} | legend,
        "valueLabels": "hide",
        "fittingFunction": "None",
        "axisTitlesVisibilitySettings": {"x": False, "yLeft": False, "yRight": False},
    }
    # Lens wants the split before the axis: the first bucket is the outermost.
    columns = (*((split,) if split else ()), x, *values)
    return LensPanel(title, description, view, "lnsXY", columns, visualization, condition, since=since)


def bars(
    title: str,
    description: str,
    view: DataView,
    by: Column,
    value: AnyColumn,
    *,
    color: str = palette.VOLUME,
    condition: Condition = ANY,
    since: str = "",
) -> LensPanel:
    """One bar per term, the longest on top."""
    colors = {value.id: color}
    return chart(
        title,
        description,
        view,
        by,
        (value,),
        series="bar_horizontal",
        colors=colors,
        condition=condition,
        since=since,
    )


def cloud(
    title: str,
    description: str,
    view: DataView,
    words: Column,
    value: Column,
    *,
    condition: Condition = ANY,
    since: str = "",
) -> LensPanel:
    """A tag cloud."""
    visualization = {
        "layerId": LAYER,
        "layerType": "data",
        "tagAccessor": words.id,
        "valueAccessor": value.id,
        "orientation": "single",
        "minFontSize": 12,
        "maxFontSize": 40,
        "showLabel": False,
        "palette": {"type": "palette", "name": "custom", "params": _ONE_COLOUR},
    }
    return LensPanel(title, description, view, "lnsTagcloud", (words, value), visualization, condition, since=since)


def table(
    title: str,
    description: str,
    view: DataView,
    rows: Sequence[Column],
    values: Sequence[tuple[AnyColumn, int]],
    *,
    means: AnyColumn | None = None,
    condition: Condition = ANY,
) -> LensPanel:
    """Terms with numbers, each with its width in pixels; the first column takes the rest. `means` has colours."""
    first, *others = rows
    widths = [(first, 0), *((row, 100) for row in others), *values]
    shown = [_shown(column, width) | (_by_mean() if column is means else {}) for column, width in widths]
    visualization = {"layerId": LAYER, "layerType": "data", "columns": shown}
    columns = tuple(column for column, _ in widths)
    return LensPanel(title, description, view, "lnsDatatable", columns, visualization, condition)


def _own_time(since: str) -> Json:
    return {"timeRange": {"from": since, "to": "now"}} if since else {}


def _layer(columns: Sequence[AnyColumn]) -> Json:
    kept: Json = {}
    for column in columns:
        kept |= column.lens()
    return {"columnOrder": list(kept), "columns": kept, "incompleteColumns": {}, "sampling": 1}


def _marks() -> Json:
    # The dashboard's filters are on tweets and would find no event. The text can only be a keyword.
    mark = {
        "id": "event",
        "type": "query",
        "label": "Event",
        "key": {"type": "point_in_time"},
        "timeField": TIME,
        "filter": {"type": "kibana_query"} | kuery(EVENTS.condition),
        "textVisibility": True,
        "textField": "event.action",
        "extraFields": ["event.action", "tags", "tweet.entity"],
        "color": palette.EVENT,
        "icon": "flag",
        "lineStyle": "dashed",
        "lineWidth": 1,
    }
    return {
        "layerId": MARKS,
        "layerType": "annotations",
        "persistanceType": "byValue",
        "ignoreGlobalFilters": True,
        "annotations": [mark],
    }


def _shown(column: AnyColumn, width: int) -> Json:
    return {"columnId": column.id, "isTransposed": False} | ({"width": width} if width else {})


def _by_mean() -> Json:
    starts = [{"color": colour, "stop": stop} for colour, stop in palette.MEANS]
    # Lens draws by where a colour ends.
    ends = [*(start["stop"] for start in starts[1:]), 1.0]
    params = {
        "name": "custom",
        "rangeType": "number",
        "rangeMin": -1,
        "rangeMax": 1,
        "continuity": "all",
        "progression": "fixed",
        "reverse": False,
        "steps": len(starts),
        "colorStops": starts,
        "stops": [start | {"stop": end} for start, end in zip(starts, ends, strict=True)],
    }
    return {"colorMode": "cell", "palette": {"type": "palette", "name": "custom", "params": params}}


def _link(link: Link) -> Json:
    options = {"openInNewTab": False, "useCurrentDateRange": True, "useCurrentFilters": link.filters}
    return {
        "id": link.to,
        "type": "dashboardLink",
        "destinationRefName": _link_name(link),
        "options": options,
    }


def _outside(link: OutsideLink) -> Json:
    return {
        "id": slug(link.label),
        "type": "externalLink",
        "label": link.label,
        "destination": link.url,
        "options": {"openInNewTab": True, "encodeUrl": False},
    }


def _link_name(link: Link) -> str:
    return f"link_{link.to}_dashboard"

"""Panels by value, in the four Lens shapes that need no formula, and panels that show a saved object."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dashboards.kibana import palette
from dashboards.kibana.columns import Column
from dashboards.kibana.conditions import ANY, Condition, Json, kuery
from dashboards.kibana.data_views import DataView

LAYER = "layer"
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
    """A Lens panel by value; bucket columns first, outermost first."""

    title: str
    description: str
    view: DataView
    shape: str
    columns: tuple[Column, ...]
    visualization: Json = field(hash=False)
    condition: Condition = ANY

    def references(self) -> list[Reference]:
        """The data view, as the layer names it."""
        return [Reference(f"indexpattern-datasource-layer-{LAYER}", "index-pattern", self.view.id)]

    def json(self) -> Json:
        """The options that differ from other kinds of panels."""
        return {"type": "lens", "embeddableConfig": {"attributes": self._attributes(), "enhancements": {}}}

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
                "datasourceStates": {"formBased": {"layers": {LAYER: self._layer()}}},
                "visualization": self.visualization,
                "internalReferences": [],
                "adHocDataViews": {},
            },
        }

    def _layer(self) -> Json:
        return {
            "columnOrder": [column.id for column in self.columns],
            "columns": {column.id: column.lens() for column in self.columns},
            "incompleteColumns": {},
            "sampling": 1,
        }


@dataclass(frozen=True)
class SavedPanel:
    """A saved search or a map by reference."""

    title: str
    description: str
    type: str
    id: str

    def references(self) -> list[Reference]:
        """The saved object."""
        return [Reference(f"panel_{slug(self.title)}", self.type, self.id)]

    def json(self) -> Json:
        """The options that differ from other kinds of panels."""
        return {
            "type": self.type,
            "panelRefName": f"panel_{slug(self.title)}",
            "embeddableConfig": {"description": self.description, "enhancements": {}},
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


Panel = LensPanel | SavedPanel | TextPanel


def metric(
    title: str,
    description: str,
    view: DataView,
    column: Column,
    *,
    of: Column | None = None,
    color: str | None = None,
    condition: Condition = ANY,
) -> LensPanel:
    """One number; with `of` also a bar that shows which part of the whole it is."""
    visualization = {"layerId": LAYER, "layerType": "data", "metricAccessor": column.id, "showBar": of is not None}
    if of:
        visualization |= {"maxAccessor": of.id, "progressDirection": "horizontal"}
    if color:
        visualization["color"] = color
    columns = (column, of) if of else (column,)
    return LensPanel(title, description, view, "lnsMetric", columns, visualization, condition)


def chart(
    title: str,
    description: str,
    view: DataView,
    x: Column,
    values: Sequence[Column],
    *,
    series: str,
    colors: Mapping[str, str] | None = None,
    split: Column | None = None,
    condition: Condition = ANY,
) -> LensPanel:
    """Values along time or terms.

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
        layer |= {"splitAccessor": split.id, "palette": {"type": "palette", "name": palette.BY_ORDER}}
    visible = len(values) > 1 or split is not None
    visualization = {
        "preferredSeriesType": series,
        "layers": [layer],
        "legend": {"isVisible": visible, "position": "bottom"},
        "valueLabels": "hide",
        "fittingFunction": "None",
        "axisTitlesVisibilitySettings": {"x": False, "yLeft": False, "yRight": False},
    }
    # Lens wants the split before the axis: the first bucket is the outermost.
    columns = (*((split,) if split else ()), x, *values)
    return LensPanel(title, description, view, "lnsXY", columns, visualization, condition)


def bars(title: str, description: str, view: DataView, by: Column, value: Column) -> LensPanel:
    """One bar per term, the longest on top."""
    return chart(title, description, view, by, (value,), series="bar_horizontal", colors={value.id: palette.VOLUME})


def cloud(title: str, description: str, view: DataView, words: Column, value: Column) -> LensPanel:
    """A tag cloud."""
    visualization = {
        "layerId": LAYER,
        "layerType": "data",
        "tagAccessor": words.id,
        "valueAccessor": value.id,
        "orientation": "single",
        "minFontSize": 14,
        "maxFontSize": 56,
        "showLabel": False,
    }
    return LensPanel(title, description, view, "lnsTagcloud", (words, value), visualization)


def donut(title: str, description: str, view: DataView, slices: Column, value: Column) -> LensPanel:
    """Shares of a whole, the few largest."""
    layer = {
        "layerId": LAYER,
        "layerType": "data",
        "primaryGroups": [slices.id],
        "metrics": [value.id],
        "numberDisplay": "percent",
        "categoryDisplay": "default",
        "legendDisplay": "default",
        "nestedLegend": False,
    }
    return LensPanel(title, description, view, "lnsPie", (slices, value), {"shape": "donut", "layers": [layer]})


def table(title: str, description: str, view: DataView, rows: Sequence[Column], values: Sequence[Column]) -> LensPanel:
    """Terms with numbers."""
    columns = (*rows, *values)
    shown = [{"columnId": column.id, "isTransposed": False} for column in columns]
    visualization = {"layerId": LAYER, "layerType": "data", "columns": shown}
    return LensPanel(title, description, view, "lnsDatatable", columns, visualization)

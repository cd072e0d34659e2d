"""Bars side by side: what is most, and who is worst."""

from __future__ import annotations

from typing import Any

from grafana_foundation_sdk.models import dashboard as sdk

from dashboards.grafana import config
from dashboards.grafana.panels import fields
from dashboards.grafana.panels.charts import SHOWN
from dashboards.grafana.queries.models import REASON
from dashboards.grafana.queries.tweets import LABEL, Bucket, ask, by_term

ENTITY = "tweet.entity"
_MOST_BARS = 10


def ranking(title: str, description: str, query: str, bucket: Bucket) -> sdk.Panel:
    """The commonest values of a field, each with its number."""
    return gauge(title, description, [ask(query, bucket)], "/^Count$/")


def gauge(
    title: str,
    description: str,
    targets: fields.Targets,
    field: str,
    *,
    unit: str = "short",
    transformations: list[sdk.DataTransformerConfig] | None = None,
) -> sdk.Panel:
    """A bar for each row; a bar gauge keeps room for the number beside the longest bar. `field` is a `/pattern/`."""
    defaults = sdk.FieldConfig(
        unit=unit,
        min_val=0,
        no_value="no data",
        color=fields.fixed(config.VOLUME),
        thresholds=fields.thresholds(config.NO_STEPS),
    )
    options = {
        "displayMode": "basic",
        "orientation": "horizontal",
        "reduceOptions": {"calcs": [], "fields": field, "values": True, "limit": _MOST_BARS},
        "showUnfilled": False,
        "valueMode": "text",
        "namePlacement": "left",
        "sizing": "auto",
        "minVizHeight": 8,
        "minVizWidth": 8,
        "maxVizHeight": 40,
        "text": {"titleSize": 13, "valueSize": 13},
    }
    return fields.panel("bargauge", title, description, targets, defaults, options, transformations=transformations)


def by_reason(title: str, description: str, query: str) -> sdk.Panel:
    """The number of complaints for each reason, the most frequent at the top, each in its colour."""
    # A bar has its field's colour, so that of a value comes from what the value is called.
    defaults = sdk.FieldConfig(
        unit="short",
        no_value=config.NO_MODEL_OF["reason"],
        color=fields.fixed(config.QUIET),
        custom=_custom("hidden"),
        mappings=list(fields.tinted(config.REASONS)),
    )
    options = _options(REASON, show_value="always", longest=24) | {"text": {"valueSize": 12}, "colorByField": REASON}
    shown = [fields.when(REASON, {"custom.axisPlacement": "auto"})]
    targets = [ask(query, by_term(REASON, config.MOST_REASONS))]
    return fields.panel("barchart", title, description, targets, defaults, options, shown)


def distribution(title: str, description: str, query: str, bucket: Bucket, *, decimals: int) -> sdk.Panel:
    """The distribution of a number. No `noValue`: it would label the ticks that the axis leaves out."""
    field = str(getattr(bucket, "field", ""))
    defaults = sdk.FieldConfig(unit="short", color=fields.fixed(config.VOLUME), custom=_custom("auto"))
    options = _options(field, show_value="never", longest=0) | {
        "orientation": "auto",
        "barWidth": 0.95,
        "xTickLabelSpacing": 100,
    }
    ticks = [fields.when(field, {"unit": "none", "decimals": decimals})]
    return fields.panel("barchart", title, description, [ask(query, bucket)], defaults, options, ticks)


def worst_first(title: str, description: str, targets: fields.Targets) -> sdk.Panel:
    """The three labels of each entity as one bar of 100 %, the most negative entity at the top."""
    panel = stacked(title, description, targets, _matrix_by_share(), "entity", "no data")
    links = {"links": fields.entity_link("${__data.fields[0]}")}
    panel.field_config.overrides.append(fields.matching("/^(negative|neutral|positive)$/", links))  # type: ignore[union-attr]
    return panel


def stacked(
    title: str,
    description: str,
    targets: fields.Targets,
    transformations: list[sdk.DataTransformerConfig],
    name: str,
    absent: str,
) -> sdk.Panel:
    """A bar of 100 % for each row: the columns `negative`, `neutral` and `positive`; the row's own in `name`."""
    defaults = sdk.FieldConfig(
        unit="short",
        no_value=absent,
        color=fields.fixed(config.QUIET),
        custom=_custom("hidden"),
    )
    overrides = [*fields.coloured(config.LABELS), fields.when(name, {"custom.axisPlacement": "auto"})]
    options = _options(None, show_value="never", longest=16 if name == "entity" else 28) | {
        "stacking": "percent",
        "barWidth": 0.85,
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
        "tooltip": {"mode": "multi", "sort": "none"},
    }
    return fields.panel(
        "barchart", title, description, targets, defaults, options, overrides, transformations=transformations
    )


def _matrix_by_share() -> list[sdk.DataTransformerConfig]:
    # The first column of a matrix is called row\column.
    corner = f"{ENTITY}\\{LABEL}"
    matrix = {"rowField": ENTITY, "columnField": LABEL, "valueField": "Count", "emptyValue": "zero"}
    everything = {"mode": "reduceRow", "alias": "all", "reduce": {"reducer": "sum"}, "replaceFields": False}
    worst = {"fields": {}, "sort": [{"field": "share", "desc": True}]}
    return [
        sdk.DataTransformerConfig(id_val="groupingToMatrix", options=matrix),
        sdk.DataTransformerConfig(id_val="calculateField", options=everything),
        fields.quotient("share", "negative", "all"),
        sdk.DataTransformerConfig(id_val="sortBy", options=worst),
        fields.organise((corner, *config.SCORED), {corner: "entity"}, ("all", "share")),
    ]


def _custom(axis: str) -> dict[str, Any]:
    return {
        "fillOpacity": 85,
        "lineWidth": 0,
        "axisPlacement": axis,
        "axisBorderShow": False,
        "axisGridShow": False,
        "hideFrom": SHOWN,
    }


def _options(x: str | None, *, show_value: str, longest: int) -> dict[str, Any]:
    options: dict[str, Any] = {
        "orientation": "horizontal",
        "stacking": "none",
        "showValue": show_value,
        "groupWidth": 0.7,
        "barWidth": 0.82,
        "barRadius": 0.05,
        "xTickLabelRotation": 0,
        "xTickLabelSpacing": 0,
        "xTickLabelMaxLength": longest,
        "fullHighlight": False,
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": False, "calcs": []},
        "tooltip": {"mode": "single", "sort": "none"},
    }
    return options if x is None else options | {"xField": x}

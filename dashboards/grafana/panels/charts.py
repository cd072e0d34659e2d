"""Panels over time: lines, stacked shares, bars, a heatmap and a state timeline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from grafana_foundation_sdk.models import dashboard as sdk

from dashboards.grafana import config
from dashboards.grafana.panels import fields
from dashboards.grafana.queries.flow import over_time
from dashboards.grafana.queries.models import REASON
from dashboards.grafana.queries.tweets import ask, by_label, by_term, by_time

SHOWN = {"legend": False, "tooltip": False, "viz": False}
DASHED = {"custom.lineStyle": {"fill": "dash", "dash": [8, 6]}, "custom.fillOpacity": 0}


@dataclass(frozen=True)
class Style:
    """The style of a series; the names are Grafana's."""

    draw: str = "line"
    interpolation: str = "linear"
    width: int = 2
    fill: int = 5
    stacking: str = "none"
    span_nulls: bool = False


LINES = Style()
THIN = Style(width=1, fill=8)
BARE = Style(fill=0, span_nulls=True)
AREAS = Style(width=0, fill=75, stacking="normal")
SHARES = Style(interpolation="stepAfter", width=0, fill=75, stacking="percent")
BARS = Style(draw="bars", width=0, fill=80, stacking="normal")


def chart(
    title: str,
    description: str,
    targets: fields.Targets,
    *,
    unit: str,
    style: Style = LINES,
    colours: Mapping[str, str] | None = None,
    overrides: fields.Overrides = (),
    legend: tuple[str, ...] = (),
    table: bool = False,
    limit: float | None = None,
    top: float | None = None,
    points: int | None = None,
    interval: str | None = None,
    decimals: int | None = None,
    base: str = config.VOLUME,
    absent: str = "no data",
) -> sdk.Panel:
    """A chart over time.

    `colours` fixes colours by series name; the others are shades of `base`, since a palette would give a category red
    or green. `legend` is what it says of each series (`sum`, `mean`, `max`, `lastNotNull`), as a `table` on the right;
    `limit` is where a red line is drawn; the axis reaches at least to `top`; `points` is the most points that `auto`
    intervals make, and `interval` the shortest interval.
    """
    defaults = sdk.FieldConfig(
        unit=unit,
        min_val=0,
        max_val=top if unit == "percentunit" else None,
        decimals=decimals,
        no_value=absent,
        color=sdk.FieldColor(mode=sdk.FieldColorModeId.SHADES, fixed_color=base),
        thresholds=fields.thresholds(((None, "transparent"), (limit, config.BAD))) if limit is not None else None,
        custom=_custom(style, limit, top),
    )
    options = {
        "legend": _legend(legend, table),
        "tooltip": {"mode": "multi", "sort": "none" if style.stacking == "percent" else "desc", "hideZeros": False},
    }
    overrides = [*fields.coloured(colours or {}), *overrides]
    return fields.panel(
        "timeseries",
        title,
        description,
        targets,
        defaults,
        options,
        overrides,
        max_data_points=points,
        interval=interval,
    )


def happenings(
    title: str, description: str, targets: fields.Targets, colours: Mapping[str, str] | None = None
) -> sdk.Panel:
    """Bars of what happened per minute, and "none" where nothing did."""
    return chart(
        title,
        description,
        targets,
        unit="short",
        style=BARS,
        colours=colours,
        legend=("sum",),
        interval="1m",
        decimals=0,
        base=config.WARNING,
        absent="none",
    )


def heatmap(title: str, description: str, targets: fields.Targets, *, unit: str) -> sdk.Panel:
    """A histogram over time: a column per interval, the brighter the more."""
    custom = {"hideFrom": SHOWN, "scaleDistribution": {"type": "linear"}}
    options = {
        "calculate": False,
        "cellGap": 1,
        "cellValues": {"unit": "short", "decimals": 0},
        "color": {
            "mode": "scheme",
            "scheme": "Turbo",
            "exponent": 0.5,
            "steps": 64,
            "reverse": False,
            "fill": "dark-orange",
            "scale": "exponential",
        },
        "exemplars": {"color": "rgba(255,0,255,0.7)"},
        "filterValues": {"le": 1e-09},
        "legend": {"show": False},
        "rowsFrame": {"layout": "auto"},
        "tooltip": {"mode": "single", "yHistogram": False, "showColorScale": False},
        "yAxis": {"axisPlacement": "left", "unit": unit, "reverse": False},
    }
    defaults = sdk.FieldConfig(unit="short", no_value="no data", custom=custom)
    return fields.panel("heatmap", title, description, targets, defaults, options, max_data_points=120)


def states(title: str, description: str, targets: fields.Targets, meanings: Mapping[str, tuple[str, str]]) -> sdk.Panel:
    """A lane per series, coloured by what its value means."""
    defaults = sdk.FieldConfig(
        unit="short",
        no_value="no data",
        color=fields.by_threshold(),
        thresholds=fields.thresholds(
            tuple((float(v) if i else None, c) for i, (v, (_, c)) in enumerate(meanings.items()))
        ),
        mappings=[fields.words(meanings)],
        custom={"fillOpacity": 80, "lineWidth": 0, "hideFrom": SHOWN},
    )
    options = {
        "showValue": "never",
        "rowHeight": 0.8,
        "mergeValues": True,
        "alignValue": "left",
        "legend": _legend((), table=False) | {"showLegend": False},
        "tooltip": {"mode": "single", "sort": "none"},
    }
    return fields.panel("state-timeline", title, description, targets, defaults, options, max_data_points=300)


def _custom(style: Style, limit: float | None, top: float | None) -> dict[str, Any]:
    custom: dict[str, Any] = {
        "drawStyle": style.draw,
        "lineInterpolation": style.interpolation,
        "lineWidth": style.width,
        "fillOpacity": style.fill,
        "gradientMode": "none",
        "showPoints": "never",
        "spanNulls": style.span_nulls,
        "stacking": {"mode": style.stacking, "group": "A"},
        "axisPlacement": "auto",
        "axisLabel": "",
        "axisBorderShow": False,
        "axisSoftMin": 0,
        "thresholdsStyle": {"mode": "off" if limit is None else "line"},
        "scaleDistribution": {"type": "linear"},
        "hideFrom": SHOWN,
    }
    return custom if top is None else custom | {"axisSoftMax": top}


def _legend(calcs: tuple[str, ...], table: bool) -> dict[str, Any]:
    shape, place = ("table", "right") if table else ("list", "bottom")
    return {"displayMode": shape, "placement": place, "showLegend": True, "calcs": list(calcs)}


def chunk_time(title: str, description: str) -> sdk.Panel:
    """What a chunk of records took in a task, by step."""
    expression = """
        histogram_quantile(
          0.95,
          sum by (le, step) (rate(tweetpulse_chunk_duration_seconds_bucket{$scope}[$__rate_interval]))
        )
    """
    return chart(
        title,
        description,
        [over_time(expression, "{{step}}")],
        unit="s",
        colours=config.STEPS,
        legend=("lastNotNull",),
    )


def moods(title: str, query: str) -> sdk.Panel:
    """The share of each label among the tweets that a query finds, over time."""
    return chart(
        title,
        "Scored tweets per interval by label, stacked to 100 %.",
        [ask(query, by_label(), by_time(), alias="{{tweet.sentiment.label}}")],
        unit="short",
        style=SHARES,
        colours=config.LABELS,
        points=100,
    )


def reasons(title: str, description: str, query: str, *, table: bool = False) -> sdk.Panel:
    """The number of complaints by reason, over time."""
    return chart(
        title,
        description,
        [ask(query, by_term(REASON, config.MOST_REASONS), by_time(), alias="{{tweet.complaint.reason}}")],
        unit="short",
        style=BARS,
        overrides=fields.hashed(config.REASONS),
        legend=("sum",),
        table=table,
        points=100,
        absent=config.NO_MODEL_OF["reason"],
    )

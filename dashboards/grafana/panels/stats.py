"""Single numbers, and shares as bars."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from grafana_foundation_sdk.models import dashboard as sdk

from dashboards.grafana import config
from dashboards.grafana.panels import fields
from dashboards.grafana.queries.tweets import ask, by_time


def stat(
    title: str,
    description: str,
    targets: fields.Targets,
    *,
    unit: str,
    steps: config.Steps = config.NO_STEPS,
    decimals: int | None = None,
    colour: str | None = None,
    name: str | None = None,
    history: bool = False,
    reduce: str = "lastNotNull",
    field: str = "",
    text: str = "auto",
    orientation: str = "auto",
    meanings: sdk.ValueMap | None = None,
    absent: sdk.SpecialValueMap | None = None,
    overrides: fields.Overrides = (),
) -> sdk.Panel:
    """One number per series.

    `reduce` is how a series becomes a number, and `history` draws its past behind; `field` (`/pattern/`) picks one of
    several fields; `meanings` are words instead of numbers, `absent` is what to write where there is no value.
    """
    absent = absent or fields.nothing()
    defaults = sdk.FieldConfig(
        unit=unit,
        decimals=decimals,
        display_name=name,
        no_value=absent.options.result.text,
        thresholds=fields.thresholds(steps),
        color=fields.fixed(colour) if colour else fields.by_threshold(),
        mappings=[meanings, absent] if meanings else [absent],
    )
    options = {
        "colorMode": "value",
        "graphMode": "area" if history else "none",
        "justifyMode": "auto",
        "orientation": orientation,
        "textMode": text,
        "wideLayout": True,
        "showPercentChange": False,
        "percentChangeColorMode": "standard",
        "reduceOptions": _reduce(reduce, field),
    }
    return fields.panel("stat", title, description, targets, defaults, options, overrides)


def a_day_earlier(description: str, targets: fields.Targets) -> sdk.Panel:
    """The negative share of the same time of the day before, to hold the one beside it against."""
    panel = stat("A day earlier", description, targets, unit="percentunit", colour=config.QUIET, decimals=0)
    panel.time_shift = "1d"
    return panel


def tweet_count(description: str, query: str) -> sdk.Panel:
    """The number of tweets, and the number per interval as a line."""
    return stat(
        "Tweets",
        description,
        [ask(query, by_time())],
        unit="short",
        colour=config.VOLUME,
        name="Tweets",
        history=True,
        reduce="sum",
        text="value",
    )


def share_bars(
    title: str,
    description: str,
    targets: fields.Targets,
    *,
    name: str | None = None,
    names: Mapping[str, str] | None = None,
    colours: Mapping[str, str] | None = None,
    base: str = config.QUIET,
    absent: str = "no data",
) -> sdk.Panel:
    """A bar from 0 to 100 % per series; `name` is a Grafana expression for its name, where it is not the legend's.

    `names` are those of single series, by what Grafana calls them.
    """
    defaults = sdk.FieldConfig(
        unit="percentunit",
        min_val=0,
        max_val=1,
        decimals=0,
        display_name=name,
        no_value=absent,
        color=fields.fixed(base),
        thresholds=fields.thresholds(config.NO_STEPS),
    )
    options = {
        "displayMode": "basic",
        "orientation": "horizontal",
        "reduceOptions": _reduce("lastNotNull", ""),
        "showUnfilled": True,
        "valueMode": "color",
        "namePlacement": "left",
        "sizing": "auto",
        "minVizHeight": 16,
        "minVizWidth": 8,
        "maxVizHeight": 300,
        "text": {"titleSize": 15, "valueSize": 22},
    }
    overrides = [fields.when(series, {"displayName": text}) for series, text in (names or {}).items()]
    overrides += fields.coloured(colours or {})
    return fields.panel("bargauge", title, description, targets, defaults, options, overrides)


def _reduce(how: str, field: str) -> dict[str, Any]:
    return {"calcs": [how], "fields": field, "values": False}

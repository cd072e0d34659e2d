"""Rows: tweets themselves, and entities compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from grafana_foundation_sdk.models import dashboard as sdk

from dashboards.grafana import config
from dashboards.grafana.panels import fields
from dashboards.grafana.queries.models import LABEL as MODEL
from dashboards.grafana.queries.models import PROBABILITY, REASON
from dashboards.grafana.queries.tweets import (
    LABEL,
    NEGATIVE,
    SCORE,
    SCORED,
    ask,
    average,
    by_term,
    count,
    distinct,
    newest,
)

ENTITY = "tweet.entity"
COLOURED_TEXT = {"type": "color-text"}
COMPOUND: dict[str, object] = {
    "unit": "none",
    "decimals": 2,
    "custom.cellOptions": COLOURED_TEXT,
    "thresholds": fields.thresholds(config.COMPOUND),
}

SENTIMENT: dict[str, object] = {
    "custom.cellOptions": COLOURED_TEXT,
    "mappings": [
        fields.words({label: (label, colour) for label, colour in (config.LABELS | config.MODEL_LABELS).items()})
    ],
}

COLUMNS: dict[str, dict[str, object]] = {
    "@timestamp": {"displayName": "Written", "unit": "dateTimeFromNow", "custom.width": 155},
    ENTITY: {
        "displayName": "Entity",
        "unit": "string",
        "custom.width": 125,
        "links": fields.entity_link("${__value.raw}"),
        # What the list of a tweet about nobody becomes.
        "mappings": [fields.words({"null": ("–", config.PLAIN)})],
    },
    "message": {"displayName": "Tweet", "custom.wrapText": True, "unit": "string"},
    SCORE: {"displayName": "Compound", "custom.width": 105, **COMPOUND},
    LABEL: {"displayName": "VADER", "custom.width": 105, **SENTIMENT},
    MODEL: {"displayName": "Model", "custom.width": 105, **SENTIMENT},
    PROBABILITY: {"displayName": "Probability", "unit": "percentunit", "decimals": 0, "custom.width": 105},
    REASON: {"displayName": "Complaint", "unit": "string", "custom.width": 150},
    "event.id": {"displayName": "ID", "unit": "string", "custom.width": 190},
    "url.full": {
        "displayName": "Link",
        "unit": "string",
        "custom.width": 75,
        "links": [fields.link("Open the tweet", "${__value.raw}", new_tab=True)],
        "mappings": [{"type": "regex", "options": {"pattern": ".+", "result": {"text": "open", "index": 0}}}],
    },
}
"""The columns in which boards show a tweet's fields."""


def tweets(title: str, description: str, query: str, columns: Sequence[str], *, variables: bool = True) -> sdk.Panel:
    """The newest tweets, with these fields as columns. `variables` says whether an entity's link takes them along."""
    keep = sdk.DataTransformerConfig(id_val="filterFieldsByName", options={"include": {"names": list(columns)}})
    shown = COLUMNS | {
        ENTITY: COLUMNS[ENTITY] | {"links": fields.entity_link("${__value.raw}", variables=variables)},
    }
    overrides = [fields.when(name, shown[name]) for name in columns]
    names = [joined(ENTITY)] if ENTITY in columns else []
    return table(title, description, [newest(query)], overrides, [keep, *names, fields.organise(columns)])


def entities(title: str, description: str) -> sdk.Panel:
    """A row per entity: how many tweets, how many of them negative, how strong, from how many people."""
    measures = (count(), average(SCORE, "2"), distinct("user.id", "3"))
    targets = [
        ask(SCORED, by_term(ENTITY, 50), ref="A", metrics=measures),
        ask(NEGATIVE, by_term(ENTITY, 50), ref="B"),
    ]
    panel = table(title, description, targets, _entity_columns(), _joined())
    panel.options["sortBy"] = [{"displayName": "Tweets", "desc": True}]  # type: ignore[index]
    return panel


def against(title: str, description: str, targets: fields.Targets, *, absent: str) -> sdk.Panel:
    """VADER's labels as rows, the model's as columns; the more tweets, the brighter the cell."""
    # The first column of a matrix is called row\\column.
    corner = f"{LABEL}\\{MODEL}"
    labels = tuple(config.MODEL_LABELS)
    matrix = {"rowField": LABEL, "columnField": MODEL, "valueField": "Count", "emptyValue": "zero"}
    renamed = {corner: "VADER", **{label: f"model: {label}" for label in labels}}
    panel = table(
        title,
        description,
        targets,
        [fields.when("VADER", {"custom.width": 130, "custom.align": "left", **SENTIMENT})],
        [
            sdk.DataTransformerConfig(id_val="groupingToMatrix", options=matrix),
            fields.organise((corner, *labels), renamed),
        ],
    )
    defaults = panel.field_config.defaults  # type: ignore[union-attr]
    defaults.no_value, defaults.min_val = absent, 0
    defaults.color = sdk.FieldColor(mode=sdk.FieldColorModeId.CONTINUOUS_BLUES)
    defaults.custom = {"align": "center", "cellOptions": {"type": "color-background", "mode": "basic"}}
    return panel


def alerts(title: str, description: str, targets: fields.Targets, *, nothing: str) -> sdk.Panel:
    """A row per alert that fires, the newest first; `nothing` is the name in the one row that says that none does."""
    severities = {"critical": ("critical", config.BAD), "warning": ("warning", config.WARNING)}
    word: dict[str, object] = {"unit": "string", "custom.cellOptions": COLOURED_TEXT}
    since: dict[str, object] = {"displayName": "Since", "unit": "dateTimeFromNow", "custom.width": 140}
    columns: dict[str, dict[str, object]] = {
        "alertname": {**word, "displayName": "Alert", "mappings": [fields.words({nothing: (nothing, config.GOOD)})]},
        "severity": {**word, "displayName": "Severity", "custom.width": 100, "mappings": [fields.words(severities)]},
        "about": {"displayName": "About"},
        "Value": {**since, "mappings": [fields.words({"0": ("–", config.PLAIN)})]},
    }
    keep = sdk.DataTransformerConfig(id_val="filterFieldsByName", options={"include": {"names": list(columns)}})
    overrides = [fields.when(name, properties) for name, properties in columns.items()]
    panel = table(title, description, targets, overrides, [keep, fields.organise(columns)])
    panel.options["sortBy"] = [{"displayName": "Since", "desc": True}]  # type: ignore[index]
    return panel


def _entity_columns() -> list[fields.Override]:
    gauge = {"type": "gauge", "mode": "basic", "valueDisplayMode": "text"}
    share = {
        "unit": "percentunit",
        "decimals": 0,
        "min": 0,
        "max": 1,
        "custom.cellOptions": gauge,
        "color": fields.by_threshold(),
        "thresholds": fields.thresholds(((None, config.QUIET), *config.NEGATIVE_SHARE[1:])),
    }
    return [
        fields.when(ENTITY, {"displayName": "Entity", "links": fields.entity_link("${__value.raw}")}),
        fields.when("Tweets", {"unit": "short", "custom.width": 110}),
        fields.when("Negative tweets", {"custom.hidden": True}),
        fields.when("Negative", share),
        fields.when("Compound", {"custom.width": 120, **COMPOUND}),
        fields.when("Authors", {"custom.width": 110}),
    ]


def _joined() -> list[sdk.DataTransformerConfig]:
    return [
        *fields.negative_share(ENTITY),
        fields.organise(rename={"Average": "Compound", "Unique Count": "Authors"}),
        fields.organise((ENTITY, "Tweets", "Negative", "Compound", "Authors", "Negative tweets")),
    ]


def joined(field: str) -> sdk.DataTransformerConfig:
    """A list as the names that are in it: otherwise it is shown with its brackets and quotation marks."""
    conversion = {"targetField": field, "destinationType": "string", "joinWith": ", "}
    return sdk.DataTransformerConfig(id_val="convertFieldType", options={"fields": {}, "conversions": [conversion]})


def table(
    title: str,
    description: str,
    targets: fields.Targets,
    overrides: fields.Overrides,
    transformations: list[sdk.DataTransformerConfig],
) -> sdk.Panel:
    """Rows as the transformations leave them."""
    custom: dict[str, Any] = {"align": "auto", "cellOptions": {"type": "auto"}, "filterable": False}
    defaults = sdk.FieldConfig(unit="short", no_value="–", custom=custom, thresholds=fields.thresholds(config.NO_STEPS))
    options = {"showHeader": True, "cellHeight": "sm"}
    return fields.panel(
        "table", title, description, targets, defaults, options, overrides, transformations=transformations
    )

"""Topics side by side: as rows with their words, and as bars."""

from __future__ import annotations

from collections.abc import Sequence

from grafana_foundation_sdk.models import dashboard as sdk

from dashboards.grafana import config
from dashboards.grafana.panels import fields
from dashboards.grafana.panels.bars import gauge, stacked
from dashboards.grafana.panels.tables import COLOURED_TEXT, COLUMNS, joined, table
from dashboards.grafana.queries.topics import MOST, NAME, NUMBER
from dashboards.grafana.queries.tweets import newest
from dashboards.kibana.saved_searches import ALL_TWEETS

WORDS = "topic.words"
_ALL_TIME = "10y"
"""Topics have the time at which their period begins, which may be before the range of the board."""

_EXAMPLES = 3
"""Of each topic, at most."""
_BARS = 12
"""More names than that can't be read beside bars."""

_SHARE: dict[str, object] = {"unit": "percentunit", "decimals": 0, "custom.width": 110}
_BEFORE: dict[str, object] = {**_SHARE, "displayName": "Before"}
_STATES = {"new": ("new", config.EVENT), "kept": ("kept", config.QUIET), "vanished": ("vanished", config.QUIET)}
_COLUMNS: dict[str, dict[str, object]] = {
    "@timestamp": COLUMNS["@timestamp"],
    NUMBER: {"displayName": "No.", "unit": "none", "custom.width": 60},
    NAME: {"displayName": "Topic", "unit": "string"},
    WORDS: {"displayName": "Words, the strongest first", "unit": "string", "custom.wrapText": True},
    "topic.tweets": {"displayName": "Tweets", "unit": "short", "custom.width": 95},
    "topic.share": {**_SHARE, "displayName": "Share"},
    "topic.before.share": _BEFORE,
    "topic.negative_share": {
        **_SHARE,
        "displayName": "Negative",
        "custom.cellOptions": COLOURED_TEXT,
        "thresholds": fields.thresholds(config.NEGATIVE_SHARE),
    },
    "topic.complaint_share": {**_SHARE, "displayName": "Complaints"},
    "topic.state": {
        "displayName": "State",
        "unit": "string",
        "custom.width": 95,
        "custom.cellOptions": COLOURED_TEXT,
        "mappings": [fields.words(_STATES)],
    },
    "topic.tweet": {
        "displayName": "Tweet",
        "unit": "string",
        "links": [
            fields.link(
                "Read it in Discover",
                fields.discover(ALL_TWEETS, 'event.id: "${__value.raw}"', {"from": "now-10y", "to": "now"}),
                new_tab=True,
            )
        ],
    },
    "topic.url": COLUMNS["url.full"],
}


def topics(title: str, description: str, query: str, columns: Sequence[str]) -> sdk.Panel:
    """A row per topic, or per example, with these fields as columns."""
    overrides = [fields.when(name, {**_COLUMNS[name], "noValue": "–"}) for name in columns]
    lists = [joined(WORDS)] if WORDS in columns else []
    arranged = [_only(columns), *lists, fields.organise(columns)]
    panel = table(title, description, [newest(query, _EXAMPLES * MOST)], overrides, arranged)
    panel.field_config.defaults.no_value = config.NO_TOPICS  # type: ignore[union-attr]
    return whenever(panel)


def sentiments(title: str, description: str, query: str) -> sdk.Panel:
    """The three labels of each of the largest topics as one bar of 100 %, the largest topic at the top."""
    names = {f"topic.{label}": label for label in config.SCORED}
    return whenever(stacked(title, description, [newest(query, MOST)], _arranged(names), "topic", config.NO_TOPICS))


def complaints(title: str, description: str, query: str) -> sdk.Panel:
    """The share of complaints of each of the largest topics, the largest topic at the top."""
    shown = _arranged({"topic.complaint_share": "complaints"})
    asked = [newest(query, MOST)]
    panel = gauge(title, description, asked, "/^complaints$/", unit="percentunit", transformations=shown)
    panel.field_config.defaults.max_val = 1  # type: ignore[union-attr]
    panel.field_config.defaults.decimals = 0  # type: ignore[union-attr]
    panel.field_config.defaults.color = fields.fixed(config.WARNING)  # type: ignore[union-attr]
    panel.field_config.defaults.no_value = config.NO_MODEL_OF["complaint"]  # type: ignore[union-attr]
    panel.options["reduceOptions"]["limit"] = _BARS  # type: ignore[index]
    return whenever(panel)


def whenever(panel: sdk.Panel) -> sdk.Panel:
    """The panel, whatever the range of the board is, unless that is one between two dates."""
    panel.time_from = _ALL_TIME
    panel.hide_time_override = True
    return panel


def _arranged(names: dict[str, str]) -> list[sdk.DataTransformerConfig]:
    """Rows in the order of the topics' numbers: the name as `topic`, and these fields with these names."""
    by_number = sdk.DataTransformerConfig(id_val="sortBy", options={"fields": {}, "sort": [{"field": NUMBER}]})
    largest = sdk.DataTransformerConfig(id_val="limit", options={"limitField": str(_BARS)})
    renamed = {NAME: "topic", **names}
    return [_only((NUMBER, *renamed)), by_number, largest, fields.organise(renamed, renamed, (NUMBER,))]


def _only(columns: Sequence[str]) -> sdk.DataTransformerConfig:
    return sdk.DataTransformerConfig(id_val="filterFieldsByName", options={"include": {"names": list(columns)}})

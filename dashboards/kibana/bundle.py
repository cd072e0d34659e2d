"""All saved objects: nested as people read them, and as the NDJSON that Kibana imports."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from dashboards.kibana import alerts
from dashboards.kibana.boards import BOARDS
from dashboards.kibana.conditions import Json
from dashboards.kibana.data_views import EVENTS, REJECTED, TOPICS, TWEETS, WINDOWS
from dashboards.kibana.saved_searches import SEARCHES
from dashboards.kibana.tweet_map import TWEET_MAP

GENERATED = Path(__file__).parent / "generated"
CORE_MIGRATION_VERSION = "8.8.0"
_STRINGS = frozenset(
    {
        "panelsJSON",
        "optionsJSON",
        "ignoreParentSettingsJSON",
        "searchSourceJSON",
        "mapStateJSON",
        "layerListJSON",
        "uiStateJSON",
        "fieldFormatMap",
        "fieldAttrs",
        "fields",
        "sourceFilters",
        "runtimeFieldMap",
        "typeMeta",
    }
)
"""Attributes that Kibana keeps as JSON in a string."""


def saved_objects() -> list[Json]:
    """All of them, nested; what others refer to comes first."""
    parts = (TWEETS, REJECTED, EVENTS, WINDOWS, TOPICS, *SEARCHES, TWEET_MAP, *BOARDS)
    return [{"coreMigrationVersion": CORE_MIGRATION_VERSION} | part.saved_object() for part in parts]


def stringified(saved_object: Json) -> Json:
    """The saved object as Kibana keeps it."""
    return saved_object | {"attributes": _stringified(saved_object["attributes"])}


def ndjson() -> str:
    """One saved object a line."""
    return "".join(f"{json.dumps(stringified(o), sort_keys=True)}\n" for o in saved_objects())


def generated() -> Iterator[tuple[Path, str]]:
    """Every generated file with what it is to hold."""
    for saved_object in saved_objects():
        yield GENERATED / saved_object["type"] / f"{saved_object['id']}.json", _pretty(saved_object)
    yield GENERATED / "tweetpulse.ndjson", ndjson()
    yield GENERATED / "alerting.json", _pretty({"connector": alerts.connector(), "rules": alerts.rules()})


def _stringified(value: object) -> object:
    if not isinstance(value, dict):
        return value
    return {k: json.dumps(v, sort_keys=True) if k in _STRINGS else _stringified(v) for k, v in value.items()}


def _pretty(value: Json) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True) + "\n"

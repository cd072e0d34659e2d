"""From the SDK's model to the file that Grafana reads."""

from __future__ import annotations

import json
from typing import Any

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models import dashboard as sdk

from dashboards.grafana.variables import EVENT_FIELDS

Json = dict[str, Any]


def encode(board: sdk.Dashboard) -> Json:
    """The plain dashboard model, `id` null, mended where the SDK loses or adds something.

    A second pass (`encode(decode(encode(board)))`) changes nothing: that is the test of its shape.
    """
    return {"id": None, **_mended(_plain(board))}


def decode(model: Json) -> sdk.Dashboard:
    """The SDK's model of a file's content; keys that the SDK does not know are dropped."""
    register_default_plugins()
    return sdk.Dashboard.from_json({key: value for key, value in model.items() if key != "id"})


def text(model: Json) -> str:
    """The content of the committed file."""
    return json.dumps(model, indent=2, ensure_ascii=False) + "\n"


def _plain(board: sdk.Dashboard) -> Json:
    once = json.loads(json.dumps(board, cls=JSONEncoder))
    # Through the SDK's own types and back: adds its defaults, so that one encoding is like any other.
    plain: Json = json.loads(json.dumps(decode(_without_placement(once)), cls=JSONEncoder))
    return plain


def _mended(model: Json) -> Json:
    model = _without_placement(model)
    for variable in model["templating"]["list"]:
        if variable["type"] == "adhoc":
            variable["filters"] = []
    for annotation in model["annotations"]["list"]:
        if annotation["datasource"].get("type") == "elasticsearch":
            annotation.update(EVENT_FIELDS)
    return model


def _without_placement(part: Any) -> Any:
    """The SDK places links and annotations `inControlsMenu`, which hides them behind a button."""
    if isinstance(part, dict):
        return {
            key: _without_placement(value)
            for key, value in part.items()
            if key != "placement" or value != "inControlsMenu"
        }
    if isinstance(part, list):
        return [_without_placement(item) for item in part]
    return part

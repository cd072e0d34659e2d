"""The fields of each data stream and index, as the templates have them."""

from __future__ import annotations

from typing import Any

from pipeline.sinks.elasticsearch.setup import resource

_INDEX_TEMPLATES = {
    "tweetpulse-tweets": "logs-tweets.scored",
    "logs-tweets.rejected-*": "logs-tweets.rejected",
    "logs-tweets.events-*": "logs-tweets.events",
}
_ALONE = {"tweetpulse-windows-*": "tweetpulse-windows", "tweetpulse-topics": "tweetpulse-topics"}
"""A template without components, and a plain index."""


def fields(indices: str) -> dict[str, dict[str, Any]]:
    """Field → its mapping, for the indices of a data view."""
    if indices in _ALONE:
        body = resource(_ALONE[indices])
        return _flat(body.get("template", body)["mappings"]["properties"])
    components = resource(_INDEX_TEMPLATES[indices])["composed_of"]
    found: dict[str, dict[str, Any]] = {}
    for component in components:
        found |= _flat(resource(component)["template"].get("mappings", {}).get("properties", {}))
    return found


def _flat(properties: dict[str, Any], prefix: str = "") -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for name, body in properties.items():
        if "properties" in body:
            found |= _flat(body["properties"], f"{prefix}{name}.")
        else:
            found[f"{prefix}{name}"] = body
    return found

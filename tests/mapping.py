"""The strict mapping of the index templates, applied to a document as Elasticsearch applies it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipeline.sinks.elasticsearch.setup import resource


def unmapped(document: dict[str, Any], dataset: str) -> set[str]:
    """The fields of a document that the templates of its data stream would refuse."""
    return set(_paths(document, set(fields(dataset)))) - set(fields(dataset))


def fields(dataset: str) -> dict[str, str]:
    """Field → type, of a data stream's composed templates."""
    components = resource(f"logs-{dataset}")["composed_of"]
    return {field: body["type"] for component in components for field, body in mapped(component)}


def mapped(component: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each field of a component template, with its mapping."""
    yield from _leaves(resource(component)["template"].get("mappings", {}).get("properties", {}))


def _leaves(properties: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for name, body in properties.items():
        if "properties" in body:
            yield from _leaves(body["properties"], f"{prefix}{name}.")
        else:
            yield prefix + name, body


def _paths(document: dict[str, Any], known: set[str], prefix: str = "") -> Iterator[str]:
    for name, value in document.items():
        # A geo point is an object, but one field.
        if isinstance(value, dict) and prefix + name not in known:
            yield from _paths(value, known, f"{prefix}{name}.")
        else:
            yield prefix + name

"""Plain indices, whose documents are replaced: what people say that tweets are, and topics that are found again."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from elasticsearch import BadRequestError, Elasticsearch

from pipeline.sinks.elasticsearch.differences import NOTHING, THERE, Difference, between, flat_mapping, lines

LABELS, TOPICS = "tweetpulse-labels", "tweetpulse-topics"
"""Their mappings, in `resources/`."""


def ensure(client: Elasticsearch, index: str, mapping: str) -> list[str]:
    """Make the index, if it is not there, and give it the fields that it lacks; says what it did, a line each.

    A field of another type stays: a plain index has no rollover, and its documents stay.

    Args:
        client: errors are to be mapped by whoever brings it (`elasticsearch_errors`).
        index: its name, from the settings.
        mapping: `LABELS` or `TOPICS`.
    """
    if client.indices.exists(index=index):
        return _mend(client, index, mapping)
    try:
        client.indices.create(index=index, **_resource(mapping))
    except BadRequestError as error:
        # Another process has made it meanwhile.
        if error.error != "resource_already_exists_exception":
            raise
        return []
    return [f"made the index {index}"]


def inspect(client: Elasticsearch, index: str, mapping: str) -> list[Difference]:
    """The differences between its mapping and ours."""
    if not client.indices.exists(index=index):
        return [Difference("index", THERE, NOTHING)]
    # An alias may stand for it.
    there = next(iter(client.indices.get_mapping(index=index).values()))["mappings"]
    return between(flat_mapping(_resource(mapping)["mappings"]), flat_mapping(there))


def _mend(client: Elasticsearch, index: str, mapping: str) -> list[str]:
    found = inspect(client, index, mapping)
    if not found:
        return []
    wanted = _resource(mapping)["mappings"]
    try:
        client.indices.put_mapping(index=index, dynamic=wanted["dynamic"], properties=wanted["properties"])
    except BadRequestError:
        return []
    left = inspect(client, index, mapping)
    mended = [difference for difference in found if difference not in left]
    return [f"updated {index} in place", *lines(index, mended)] if mended else []


def _resource(mapping: str) -> dict[str, Any]:
    text = files(__package__).joinpath("resources", f"{mapping}.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded

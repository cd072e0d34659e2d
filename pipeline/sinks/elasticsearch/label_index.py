"""The index of labels: what people say that tweets are, one document per task and tweet.

A plain index and no data stream: a label is replaced when somebody thinks better of it.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from elasticsearch import BadRequestError, Elasticsearch


def ensure(client: Elasticsearch, index: str) -> list[str]:
    """Make the index, if it is not there; says what it did, a line each.

    Args:
        client: errors are to be mapped by whoever brings it (`elasticsearch_errors`).
        index: its name, from the settings.
    """
    if client.indices.exists(index=index):
        return []
    try:
        client.indices.create(index=index, **_resource())
    except BadRequestError as error:
        # Somebody else was faster.
        if error.error != "resource_already_exists_exception":
            raise
        return []
    return [f"made the index {index}"]


def _resource() -> dict[str, Any]:
    text = files(__package__).joinpath("resources", "tweetpulse-labels.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded

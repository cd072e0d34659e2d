"""When an Elasticsearch is ready."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.embedded.elasticsearch import is_ready

STILL = {"initializing_shards": 0, "number_of_in_flight_fetch": 0, "number_of_pending_tasks": 0}


def health(status: str, unassigned: int = 0, **under_way: int) -> dict[str, Any]:
    return {"number_of_nodes": 1, "status": status, "unassigned_shards": unassigned, **STILL, **under_way}


@pytest.mark.parametrize(
    ("answer", "is_it"),
    [
        ({}, False),
        ({"number_of_nodes": 0, "status": "red"}, False),
        (health("red"), False),
        (health("red", 12, number_of_in_flight_fetch=12), False),
        (health("red", 8, initializing_shards=4), False),
        (health("red", 8, number_of_pending_tasks=1), False),
        (health("green"), True),
        (health("yellow", 3), True),
        (health("red", 1), True),
    ],
    ids=[
        "nothing answers",
        "no master",
        "what it holds is not read",
        "shards are looked for",
        "shards start",
        "a task is left",
        "all is there",
        "only copies are not there",
        "a shard is lost: no waiting brings it back",
    ],
)
def test_ready(answer: dict[str, Any], is_it: bool) -> None:
    """When a search is answered, or as well as it ever will be."""
    assert is_ready(answer) is is_it

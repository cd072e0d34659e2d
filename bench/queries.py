"""The time that Elasticsearch takes for the boards' queries."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median
from typing import Any

from elasticsearch import Elasticsearch
from rich.console import Console
from rich.table import Table

SHOWN = 12


def seconds(client: Elasticsearch, index: str, body: dict[str, Any], rounds: int) -> float:
    """The median of some rounds, as the server says (`took`)."""
    # By default just the answers without hits are cached, and a second round would measure the cache.
    cache = False if body.get("size") == 0 else None
    return median(client.search(index=index, request_cache=cache, body=body)["took"] / 1000 for _ in range(rounds))


def print_slowest(found: Mapping[str, float], what: str) -> None:
    """A table of the queries that took longest, by where they stand; `what` they were asked of."""
    table = Table("query", "seconds", title=f"the slowest of {len(found)} on {what}")
    for where, took in sorted(found.items(), key=lambda item: -item[1])[:SHOWN]:
        table.add_row(where, f"{took:.3f}")
    Console().print(table)

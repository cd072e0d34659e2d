"""Checks if a server's answer would show anything."""

from __future__ import annotations

from typing import Any

_RESULTS = ("value", "values", "count", "hits", "doc_count")


def has_hits(answer: dict[str, Any]) -> bool:
    """True if a search found documents and each of its aggregations holds a value."""
    found = bool(answer["hits"]["total"]["value"])
    return found and all(map(has_data, answer.get("aggregations", {}).values()))


def has_data(aggregation: dict[str, Any]) -> bool:
    """True if an aggregation has a bucket with documents, or a number; in the innermost bucket too."""
    if "buckets" in aggregation:
        buckets = aggregation["buckets"]
        return any(map(_is_filled, buckets.values() if isinstance(buckets, dict) else buckets))
    return any(aggregation.get(result) for result in _RESULTS)


def _is_filled(bucket: dict[str, Any]) -> bool:
    inner = [part for part in bucket.values() if isinstance(part, dict)]
    return bool(bucket["doc_count"]) and all(map(has_data, inner))

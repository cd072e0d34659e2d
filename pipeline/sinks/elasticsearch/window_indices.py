"""The indices of windows: their template, their names by time, and what is too old in them.

A window is replaced as it grows, which a data stream does not do, so these are plain indices: one for each month, of
windows of an hour or more one for each year. A window is always in the same one. What is too old is deleted as whole
indices, on servers without a lifecycle of indices too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from elasticsearch import BadRequestError, Elasticsearch

from pipeline.sinks.elasticsearch.differences import Difference, between, flat_mapping, lines
from pipeline.sinks.elasticsearch.templates import INDEX, or_none, put_template

TEMPLATE = "tweetpulse-windows"
"""The template's name, the beginning of the indices' names, and the file in `resources/`."""

VERSION = 1
"""Of the template, which has one of its own: no data stream need roll over for it."""

_YEARLY = 3_600
"""Seconds: windows of this length and longer ones have an index for each year."""

_NAME = re.compile(r"-(\d+[smhd])-(\d{4})(?:\.(\d\d))?")


def versioned(body: dict[str, Any]) -> dict[str, Any]:
    """The index template, out of the file's content."""
    return body | {"version": VERSION, "_meta": body["_meta"] | {"version": VERSION}}


def pattern(namespace: str, length: str = "") -> str:
    """What matches all indices of a namespace, or those of one length of windows."""
    return f"{TEMPLATE}-{namespace}-{f'{length}-' if length else ''}*"


def index_of(namespace: str, length: str, seconds: int, begin: datetime) -> str:
    """The index of a window.

    >>> index_of("default", "1h", 3_600, datetime(2026, 3, 1, tzinfo=UTC))
    'tweetpulse-windows-default-1h-2026'
    >>> index_of("default", "1m", 60, datetime(2026, 3, 1, tzinfo=UTC))
    'tweetpulse-windows-default-1m-2026.03'
    """
    period = f"{begin.year:04}" if seconds >= _YEARLY else f"{begin.year:04}.{begin.month:02}"
    return f"{TEMPLATE}-{namespace}-{length}-{period}"


def expired(names: Iterable[str], namespace: str, kept: Mapping[str, timedelta], now: datetime) -> list[str]:
    """The indices all of whose windows are older than windows of their length are kept.

    Args:
        names: of indices; those of other namespaces, and of lengths that are not kept by us, stay.
        namespace: whose indices.
        kept: length → how long its windows are kept.
        now: the moment.
    """
    return [name for name in sorted(names) if _is_expired(name.removeprefix(f"{TEMPLATE}-{namespace}"), kept, now)]


def delete_expired(client: Elasticsearch, namespace: str, kept: Mapping[str, timedelta], now: datetime) -> list[str]:
    """Delete what is too old; the names of the indices that were deleted.

    Errors are to be mapped by whoever brings the client (`elasticsearch_errors`).
    """
    names = [found["name"] for found in client.indices.resolve_index(name=pattern(namespace))["indices"]]
    old = expired(names, namespace, kept, now)
    for name in old:
        or_none(lambda name=name: client.indices.delete(index=name))  # type: ignore[misc]
    return old


def ensure(client: Elasticsearch, body: dict[str, Any], namespace: str) -> list[str]:
    """Put the template, and give the indices of the namespace the fields that they lack; says what it did."""
    changes = put_template(client, INDEX, TEMPLATE, body)
    wanted = body["template"]["mappings"]
    for index, found in differences(client, body, namespace).items():
        try:
            client.indices.put_mapping(index=index, dynamic=wanted["dynamic"], properties=wanted["properties"])
        except BadRequestError:
            # The type of a field can't be changed, and the documents stay.
            continue
        changes += [f"updated {index} in place", *lines(index, found)]
    return changes


def differences(client: Elasticsearch, body: Mapping[str, Any], namespace: str) -> dict[str, list[Difference]]:
    """Index → what of its mapping is missing or otherwise than in the template; those without a difference left out."""
    wanted = flat_mapping(body["template"]["mappings"])
    there = client.indices.get_mapping(index=pattern(namespace))
    # A reason of complaints is a field that only the index knows.
    found = {name: between(wanted, flat_mapping(one["mappings"]), extra=False) for name, one in there.items()}
    return {name: those for name, those in sorted(found.items()) if those}


def _is_expired(name: str, kept: Mapping[str, timedelta], now: datetime) -> bool:
    parsed = _NAME.fullmatch(name)
    if parsed is None or parsed[1] not in kept:
        return False
    year, month = int(parsed[2]), int(parsed[3] or 12)
    if year >= datetime.max.year or not 1 <= month <= 12:
        return False
    after = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
    return now - after > kept[parsed[1]]

"""Compares write indices with the templates, and brings them up to date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from elasticsearch import ApiError, BadRequestError, Elasticsearch

from pipeline.errors import SetupError
from pipeline.sinks.elasticsearch.backing import generation
from pipeline.sinks.elasticsearch.differences import (
    NOTHING,
    THERE,
    Difference,
    between,
    flat_mapping,
    flat_settings,
    lines,
)
from pipeline.sinks.elasticsearch.templates import Body, or_none

_NO_SUCH_API = (400, 404, 405)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A data stream as it should be: the mapping and the settings of its write index, its template's version."""

    stream: str
    mappings: Body
    settings: Body
    retention: str
    version: int

    def differences(self, mappings: Mapping[str, Any], settings: Mapping[str, Any]) -> list[Difference]:
        """The differences between an index and its template. Settings without a template are the server's own."""
        fields = between(flat_mapping(self.mappings), flat_mapping(mappings))
        return fields + between(flat_settings(self.settings), flat_settings(settings), extra=False)


@dataclass(frozen=True, slots=True)
class WriteIndex:
    """The index that a data stream writes to."""

    name: str
    mappings: Body
    settings: Body

    @property
    def version(self) -> int:
        """Of the templates that it was made of; 0 where they were not ours."""
        found = self.mappings.get("_meta", {}).get("version", 0)
        return found if isinstance(found, int) else 0

    def is_older(self, wanted: Wanted) -> bool:
        """True if it was made from an earlier version of our templates."""
        return 0 < self.version < wanted.version


def inspect_stream(client: Elasticsearch, wanted: Wanted) -> list[Difference]:
    """What of a data stream's write index, and of its retention, is not as it should be."""
    index = write_index(client, wanted.stream)
    if index is None:
        return [Difference("data stream", THERE, NOTHING)]
    if index.is_older(wanted):
        return [Difference("version", str(wanted.version), str(index.version))]
    return _differences(client, wanted, index) + _retention(client, wanted)


def write_index(client: Elasticsearch, stream: str) -> WriteIndex | None:
    """The newest backing index of a data stream; None where there is no such data stream."""
    mappings = or_none(lambda: client.indices.get_mapping(index=stream))
    settings = or_none(lambda: client.indices.get_settings(index=stream))
    names = set(mappings or ()) & set(settings or ())
    if mappings is None or settings is None or not names:
        return None
    newest = max(names, key=generation)
    return WriteIndex(newest, mappings[newest]["mappings"], settings[newest]["settings"])


def mend(client: Elasticsearch, wanted: Wanted) -> list[str]:
    """Bring the write index of a data stream to what it should be; says what it did, a line each.

    It is done in place where the server lets it, else by a rollover.

    Raises:
        SetupError: a new index would not be as it should be, either: another template makes it.
    """
    index = write_index(client, wanted.stream)
    if index is None:
        return []
    # Also for an old version: this raises if another template makes the indices, so that a rollover would not help.
    found = _differences(client, wanted, index)
    if index.is_older(wanted):
        client.indices.rollover(alias=wanted.stream)
        return [f"rolled {wanted.stream} over to version {wanted.version}"]
    if not found:
        return []
    if _changed_in_place(client, wanted, index):
        return [f"updated {index.name} in place", *lines(wanted.stream, found)]
    client.indices.rollover(alias=wanted.stream)
    return [f"rolled {wanted.stream} over", *lines(wanted.stream, found)]


def keep_for(client: Elasticsearch, wanted: Wanted) -> list[str]:
    """Give a data stream that is there the retention of the settings; its template's is for new ones only."""
    found = _retention(client, wanted)
    if not found:
        return []
    client.indices.put_data_lifecycle(name=wanted.stream, data_retention=wanted.retention)
    return [f"{wanted.stream} now keeps documents for {wanted.retention}; it was {found[0].found}"]


def _retention(client: Elasticsearch, wanted: Wanted) -> list[Difference]:
    """How long a data stream keeps its documents, where that is not as it should be.

    A server without that API enforces no retention either.
    """
    try:
        there = client.indices.get_data_lifecycle(name=wanted.stream)["data_streams"]
    except ApiError as error:
        if error.status_code not in _NO_SUCH_API:
            raise
        return []
    lifecycle = there[0].get("lifecycle", {}) if there else {}
    # A lifecycle that is switched off keeps documents without end, whatever its retention says.
    kept = lifecycle.get("data_retention") if lifecycle.get("enabled", True) else None
    if kept == wanted.retention:
        return []
    return [Difference("lifecycle.data_retention", wanted.retention, str(kept or "without end"))]


def _changed_in_place(client: Elasticsearch, wanted: Wanted, index: WriteIndex) -> bool:
    """True if that was enough. The server refuses to change the type of a field, and never removes one."""
    try:
        client.indices.put_mapping(
            index=index.name, dynamic=wanted.mappings["dynamic"], properties=wanted.mappings["properties"]
        )
        differing = between(flat_settings(wanted.settings), flat_settings(index.settings), extra=False)
        changed = {difference.path: difference.expected for difference in differing}
        if changed:
            client.indices.put_settings(index=index.name, settings=changed)
    except BadRequestError:
        return False
    after = write_index(client, wanted.stream)
    return after is None or not wanted.differences(after.mappings, after.settings)


def _differences(client: Elasticsearch, wanted: Wanted, index: WriteIndex) -> list[Difference]:
    """The differences of a write index that a rollover would mend.

    Whatever a server writes in another way than any that was tried is the same in a new index: no rollover mends it.

    Raises:
        SetupError: another template makes the indices of this data stream, and not as they should be.
    """
    new = _new_index(client, wanted.stream)
    unavoidable = wanted.differences(new.get("mappings", {}), new.get("settings", {})) if new else []
    others = _claimers(client, wanted.stream) if unavoidable else ""
    if others:
        raise SetupError(
            f"the index template {others} makes the indices of {wanted.stream}, and not as they should be "
            f"({unavoidable[0]}): delete it (DELETE /_index_template/…), or lower its priority, then run "
            "`tweetpulse setup`"
        )
    return [one for one in wanted.differences(index.mappings, index.settings) if one not in unavoidable]


def _new_index(client: Elasticsearch, stream: str) -> Body | None:
    """The index that a rollover would make, simulated by the server; None if it can't, or not for this user."""
    try:
        found: Body = client.indices.simulate_index_template(name=stream)["template"]
    except ApiError as error:
        if error.status_code not in (*_NO_SUCH_API, 403):
            raise
        return None
    return found


def _claimers(client: Elasticsearch, stream: str) -> str:
    """The index templates that match a data stream, the one of the highest priority first, without ours."""
    found = client.indices.get_index_template()["index_templates"]
    matching = [
        (one["index_template"].get("priority", 0), one["name"])
        for one in found
        if any(fnmatchcase(stream, pattern) for pattern in one["index_template"]["index_patterns"])
    ]
    # Our templates are named like their data streams, without the namespace.
    ours = max((priority for priority, name in matching if stream.startswith(f"{name}-")), default=0)
    return ", ".join(name for priority, name in sorted(matching, reverse=True) if priority > ours)

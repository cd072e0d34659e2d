"""A bulk request's lines, and what each item of its answer means. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple

import orjson

from pipeline.elasticsearch_client import WAIT_STATUSES

FILTER_PATH = (
    "items.create.status,items.create._index,items.create.failure_store,"
    "items.create.error.type,items.create.error.reason,items.create.error.caused_by.type"
)
"""What of the answer is read; the rest is left out of it, since it would be as long as the request."""


class Entry(NamedTuple):
    """A document ready to be sent: its `_id` and its JSON."""

    id: str
    body: bytes


class Fate(Enum):
    """What became of a document."""

    INDEXED = "indexed"
    ALREADY_THERE = "already there"
    FAILED = "failed"  # its own fault: never sent again
    BUSY = "busy"  # the server's: send it again
    WAITING = "waiting"  # the environment's: somebody has to mend something
    DENIED = "denied"  # a privilege is missing: nobody mends that by waiting


@dataclass(frozen=True, slots=True)
class Verdict:
    """A document's fate.

    Attributes:
        reason: a closed label: one of `FAILURES` or `WAIT_REASONS`, or `denied`.
        error: the server's own words, without what they quote of the document.
        index: where the document is now.
    """

    fate: Fate
    reason: str = ""
    error: str = ""
    index: str = ""


ALREADY_THERE = Verdict(Fate.ALREADY_THERE)

_MAPPING_ERRORS = frozenset(
    {
        "document_parsing_exception",
        "mapper_parsing_exception",
        "strict_dynamic_mapping_exception",
        "illegal_argument_exception",
    }
)

# The server shows the value that it can't parse; the reason of its cause is often nothing else.
_QUOTES = re.compile(r"\s*(Preview of field's value|The prefix of the first immense term is): .*", re.DOTALL)


def operations(entries: Iterable[Entry]) -> list[bytes]:
    """The lines of a bulk request that creates each entry."""
    lines: list[bytes] = []
    for entry in entries:
        lines.append(b'{"create":{"_id":' + orjson.dumps(entry.id) + b"}}")
        lines.append(entry.body)
    return lines


def verdicts(answer: dict[str, Any]) -> list[Verdict]:
    """A verdict per item of a bulk answer, in the request's order."""
    return [_verdict(item["create"]) for item in answer.get("items", ())]


def halves(entries: Sequence[Entry]) -> tuple[Sequence[Entry], Sequence[Entry]]:
    """Two requests for one that was too large (413)."""
    middle = len(entries) // 2
    return entries[:middle], entries[middle:]


def _verdict(item: dict[str, Any]) -> Verdict:
    status = item["status"]
    if status == 201:
        if item.get("failure_store") == "used":
            # It says 201, but the document lies in the failure store, where no board looks.
            return Verdict(Fate.FAILED, "failure_store", "kept in the failure store")
        return Verdict(Fate.INDEXED, index=item["_index"])
    if status == 409:
        return ALREADY_THERE
    return _refusal(status, item.get("error", {}))


def _refusal(status: int, error: dict[str, Any]) -> Verdict:
    kind = str(error.get("type", "unknown"))
    words = f"{kind}: {_words(error)}"
    if kind == "cluster_block_exception" and status != 503:
        # A full disk: 403 or 429, by the server's version and by who set the block.
        return Verdict(Fate.WAITING, "read_only", words)
    if status in WAIT_STATUSES:
        return Verdict(Fate.BUSY, WAIT_STATUSES[status], words)
    if kind == "index_closed_exception":
        return Verdict(Fate.WAITING, "index_closed", words)
    if status == 404:
        return Verdict(Fate.WAITING, "index_missing", words)
    if status in (401, 403):
        return Verdict(Fate.DENIED, "denied", words)
    return Verdict(Fate.FAILED, "mapping" if kind in _MAPPING_ERRORS else "other", words)


def _words(error: dict[str, Any]) -> str:
    cause = error.get("caused_by", {}).get("type", "")
    return f"{_QUOTES.sub('', error.get('reason') or '')} {cause}".strip()[:500]

"""A bulk request's lines, and what each item of its answer means. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import orjson

from pipeline.domain.delivery import Entry, Fate, Verdict
from pipeline.domain.parts import parts
from pipeline.sinks.elasticsearch.client import WAIT_ERRORS, wait_reason

FAILURES = ("mapping", "too_large", "failure_store", "other")
"""Why Elasticsearch refuses a document for its own fault: a closed list, values of a metric's label."""

FILTER_PATH = (
    "items.create.status,items.create._index,items.create.failure_store,"
    "items.create.error.type,items.create.error.reason,items.create.error.caused_by.type"
)
"""The parts of the answer that are read. The server leaves out the rest, which would be as long as the request."""


_MAPPING_ERRORS = frozenset(
    {
        "document_parsing_exception",
        "mapper_parsing_exception",
        "strict_dynamic_mapping_exception",
        # The type for, among others, a keyword that is longer than Lucene allows.
        "illegal_argument_exception",
    }
)

# The server shows the value that it can't parse; the reason of its cause is often nothing else.
_QUOTES = re.compile(r"\s*(Preview of field's value|The prefix of the first immense term is): .*", re.DOTALL)


def operations(entries: Iterable[Entry]) -> list[bytes]:
    """The lines of a bulk request that creates each entry."""
    # As bytes, which the client sends as they are: the bodies are JSON already.
    lines: list[bytes] = []
    for entry in entries:
        lines.append(b'{"create":{"_id":' + orjson.dumps(entry.id) + b"}}")
        lines.append(entry.body)
    return lines


def bodies(entries: Sequence[Entry], limit: int) -> Iterator[Sequence[Entry]]:
    """The entries of each request, of about `limit` bytes at most."""
    return parts(entries, lambda entry: len(entry.body), limit)


def verdicts(answer: object) -> list[Verdict]:
    """A verdict per item of a bulk answer, in the request's order; none where it is no bulk answer at all."""
    try:
        return [_verdict(item["create"]) for item in answer["items"]]  # type: ignore[index]
    except (KeyError, TypeError):
        # A proxy may answer 200 with a page of its own: no verdict, or good tweets would be rejected for it.
        return []


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
        # The answer does not say whether an earlier attempt made it of this very record: see `DocumentWriter._claim`.
        return Verdict(Fate.ALREADY_THERE, index=item["_index"])
    return _refusal(status, item.get("error", {}))


def _refusal(status: int, error: dict[str, Any]) -> Verdict:
    kind = str(error.get("type", "unknown"))
    words = f"{kind}: {_words(error)}"
    # This comes before 403 is taken for a missing privilege: the block of a full disk has the same status, but it ends.
    if (reason := wait_reason(status, kind)) is not None:
        return Verdict(Fate.WAITING if reason in WAIT_ERRORS.values() else Fate.BUSY, reason, words)
    # Somebody has deleted the data stream after its indices were resolved, so the document is not at fault.
    if status == 404:
        return Verdict(Fate.WAITING, "index_missing", words)
    if status in (401, 403):
        return Verdict(Fate.DENIED, "denied", words)
    return Verdict(Fate.FAILED, "mapping" if kind in _MAPPING_ERRORS else "other", words)


def _words(error: dict[str, Any]) -> str:
    cause = error.get("caused_by", {}).get("type", "")
    return f"{_QUOTES.sub('', error.get('reason') or '')} {cause}".strip()[:500]

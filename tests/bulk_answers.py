"""Faulty answers to a bulk request, by Elasticsearch or a proxy, that are no document's fault.

Each is waited out; it is tried on 60 tweets in `make test`, and under a running feed in `make test-faults`.
"""

from __future__ import annotations

from typing import Any

from tests.fault_proxy import (
    Answer,
    Fault,
    applied_then,
    applied_then_changed,
    applied_then_cut,
    applied_then_reset,
    items_refused,
    late,
    reset,
    says,
)

TIME_OUT = 5.0
"""Seconds that a client must wait at most, for `late` to be later."""


def _error(kind: str) -> dict[str, Any]:
    return {"error": {"type": kind, "reason": "no"}}


def _items_of_500(answer: dict[str, Any]) -> None:
    for item in answer["items"][::2]:
        item["create"] = {"status": 500, **_error("illegal_state_exception")}


def _without_the_last(answer: dict[str, Any]) -> None:
    answer["items"].pop()


_PAGE = b"<html>no</html>"

STATUSES: dict[str, Fault] = {
    "400 of a proxy": says(400, _PAGE, html=True),
    "403 of a block": says(403, _error("cluster_block_exception")),
    "404 of a proxy": says(404, _PAGE, html=True),
    "408": says(408, _error("timeout_exception")),
    "429": says(429, _error("es_rejected_execution_exception")),
    "500": says(500, _error("illegal_state_exception")),
    "500 of a proxy": says(500, _PAGE, html=True),
    "502": says(502, _PAGE, html=True),
    "503": says(503, _error("cluster_block_exception")),
    "504": says(504, _PAGE, html=True),
    "507": says(507, _error("some_exception")),
}
"""A whole request is refused, and nothing of it was done."""

ITEMS: dict[str, Fault] = {
    "item 403 of a block": items_refused(403, "cluster_block_exception", every=5),
    "item 404": items_refused(404, "index_not_found_exception", every=5),
    "item 408": items_refused(408, "timeout_exception", every=5),
    "item 429": items_refused(429, "es_rejected_execution_exception", every=5),
    "item 500": items_refused(500, "illegal_state_exception", every=5),
    "item 503": items_refused(503, "unavailable_shards_exception", every=5),
}
"""One document of five is refused, and the others are indexed."""

BROKEN: dict[str, Fault] = {
    "200 of something else": says(200, b"<html>hello</html>", html=True),
    "{} after it was applied": applied_then(Answer(200, b"{}")),
    "no JSON after it was applied": applied_then(Answer(200, b'{"items": [')),
    "500 after it was applied": applied_then(Answer(500, b"{}")),
    "items of 500 after it was applied": applied_then_changed(_items_of_500),
    "an item too few": applied_then_changed(_without_the_last),
    "cut before the body": applied_then_cut(0.0),
    "cut in the body": applied_then_cut(0.5),
    "reset before it was applied": reset,
    "reset after it was applied": applied_then_reset,
    "later than is waited for": late(TIME_OUT + 3.0),
}
"""What was done is not known, or not wholly."""

ANSWERS = STATUSES | ITEMS | BROKEN

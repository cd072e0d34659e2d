"""A bulk request's lines, and the fate that each item of its answer means."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from pipeline.domain.delivery import Entry, Fate, Verdict
from pipeline.sinks.elasticsearch.bulk import FAILURES, bodies, halves, operations, verdicts
from pipeline.sinks.elasticsearch.client import WAIT_ERRORS, WAIT_STATUSES, WAITS

INDEX = ".ds-logs-tweets.scored-default-2026.03.01-000001"


def refused(status: int, kind: str | None = None, reason: str | None = None, cause: str | None = None) -> Verdict:
    error: dict[str, Any] = {"type": kind, "reason": reason} if kind else {}
    if cause:
        error["caused_by"] = {"type": cause}
    return verdicts({"items": [{"create": {"status": status, "error": error}}]})[0]


TABLE = [
    (429, "es_rejected_execution_exception", Fate.BUSY, "too_many_requests"),
    (429, "cluster_block_exception", Fate.WAITING, "read_only"),
    (408, "x", Fate.BUSY, "timeout"),
    (502, "x", Fate.BUSY, "bad_gateway"),
    (503, "unavailable_shards_exception", Fate.BUSY, "unavailable"),
    (504, "x", Fate.BUSY, "gateway_timeout"),
    (403, "cluster_block_exception", Fate.WAITING, "read_only"),
    (400, "index_closed_exception", Fate.WAITING, "index_closed"),
    (404, "index_not_found_exception", Fate.WAITING, "index_missing"),
    (403, "security_exception", Fate.DENIED, "denied"),
    (401, "security_exception", Fate.DENIED, "denied"),
    (400, "document_parsing_exception", Fate.FAILED, "mapping"),
    (400, "mapper_parsing_exception", Fate.FAILED, "mapping"),
    (400, "strict_dynamic_mapping_exception", Fate.FAILED, "mapping"),
    (400, "illegal_argument_exception", Fate.FAILED, "mapping"),
    (400, "something_new_exception", Fate.FAILED, "other"),
    (503, "cluster_block_exception", Fate.BUSY, "unavailable"),
    (500, None, Fate.BUSY, "server_error"),
    (500, "illegal_state_exception", Fate.BUSY, "server_error"),
    (507, "x", Fate.BUSY, "server_error"),
]


@pytest.mark.parametrize(("status", "kind", "fate", "reason"), TABLE)
def test_refusals(status: int, kind: str | None, fate: Fate, reason: str) -> None:
    """The document's own fault, the server's, the environment's, or a privilege that is missing."""
    found = refused(status, kind)
    assert (found.fate, found.reason) == (fate, reason)


def test_reasons_are_closed_lists() -> None:
    """A reason is a metric's label: of waiting or of failing, and every status to wait for is in the table."""
    of = {fate: {reason for _, _, found, reason in TABLE if found is fate} for fate in Fate}
    assert (of[Fate.BUSY] | of[Fate.WAITING]) - set(WAITS) == set()
    assert of[Fate.FAILED] - set(FAILURES) == set()
    assert of[Fate.BUSY] == {*WAIT_STATUSES.values(), "server_error"}
    assert of[Fate.WAITING] == {*WAIT_ERRORS.values(), "index_missing"}


def test_what_went_well() -> None:
    """A verdict per item, in the request's order: made, already there, made elsewhere."""
    answer = {
        "items": [
            {"create": {"status": 201, "_index": INDEX}},
            {"create": {"status": 409, "_index": INDEX, "error": {"type": "version_conflict_engine_exception"}}},
            {"create": {"status": 201, "_index": ".fs-1", "failure_store": "used"}},
        ]
    }
    assert verdicts(answer) == [
        Verdict(Fate.INDEXED, index=INDEX),
        Verdict(Fate.ALREADY_THERE, index=INDEX),
        Verdict(Fate.FAILED, "failure_store", "kept in the failure store"),
    ]


def test_a_failure_store_that_is_not_used() -> None:
    """Its mere mention is no failure."""
    answer = {"items": [{"create": {"status": 201, "_index": INDEX, "failure_store": "not_applicable"}}]}
    assert verdicts(answer)[0].fate is Fate.INDEXED


@pytest.mark.parametrize("answer", [{}, {"items": [{}]}, {"items": None}, {"items": [{"create": {}}]}, [], "", None, 7])
def test_what_is_no_bulk_answer(answer: object) -> None:
    """Whatever stands between may answer anything: no verdicts, and no exception."""
    assert verdicts(answer) == []


def test_requests_are_bounded_by_bytes() -> None:
    """Nothing is lost or reordered; a document that is larger than the limit goes alone."""
    entries = [Entry(str(number), b"x" * size) for number, size in enumerate([4, 4, 4, 20, 1, 9, 1])]
    found = list(bodies(entries, 10))
    assert [entry for body in found for entry in body] == entries
    assert [[len(entry.body) for entry in body] for body in found] == [[4, 4], [4], [20], [1, 9], [1]]
    assert list(bodies([], 10)) == []


@pytest.mark.parametrize(
    ("kind", "reason", "cause", "error"),
    [
        (
            "document_parsing_exception",
            "[1:9] failed to parse field [tweet.author.followers] of type [long] in document with id 'x:1'. "
            "Preview of field's value: 'some of\nMar1anne'",
            "illegal_argument_exception",
            "document_parsing_exception: [1:9] failed to parse field [tweet.author.followers] of type [long] "
            "in document with id 'x:1'. illegal_argument_exception",
        ),
        (
            "strict_dynamic_mapping_exception",
            "[1:9] mapping set to strict, dynamic introduction of [mood] within [tweet] is not allowed",
            None,
            "strict_dynamic_mapping_exception: [1:9] mapping set to strict, dynamic introduction of [mood] "
            "within [tweet] is not allowed",
        ),
        (
            "illegal_argument_exception",
            "immense term in field=\"a\". The prefix of the first immense term is: '[77, 97]...', message: Mar1anne",
            None,
            'illegal_argument_exception: immense term in field="a".',
        ),
    ],
)
def test_words_without_content(kind: str, reason: str, cause: str | None, error: str) -> None:
    """The server's words are kept, what they quote of the document is not."""
    assert refused(400, kind, reason, cause).error == error


def test_no_words() -> None:
    """A refusal without any words is no trouble, one with many is cut."""
    assert refused(500).error == "unknown: "
    assert len(refused(400, "a", "b" * 5_000).error) <= 503


def test_request_lines() -> None:
    """A line that creates the id, then the document as it is."""
    entries = [Entry('a"b', b'{"x":1}'), Entry("ü\n", b"{}")]
    lines = operations(entries)
    assert lines[1::2] == [b'{"x":1}', b"{}"]
    assert [orjson.loads(line) for line in lines[::2]] == [{"create": {"_id": entry.id}} for entry in entries]
    assert b"\n" not in b"".join(lines)


@pytest.mark.parametrize("size", [2, 3, 10])
def test_halves(size: int) -> None:
    """Both hold something, and nothing is lost or reordered."""
    entries = [Entry(str(number), b"{}") for number in range(size)]
    first, second = halves(entries)
    assert [*first, *second] == entries
    assert min(len(first), len(second)) > 0

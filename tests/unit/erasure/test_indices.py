"""Deletions whose answer is not whole."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from pipeline.erasure.indices import _statuses
from pipeline.errors import SinkUnavailable
from pipeline.sinks.elasticsearch.client import Elasticsearch


def answering(*statuses: int) -> Elasticsearch:
    """A client that answers any bulk request with these; no server leaves items out on demand."""
    items: list[dict[str, Any]] = [{"delete": {"status": status}} for status in statuses]
    return cast(Elasticsearch, SimpleNamespace(bulk=lambda **_: {"items": items}))


def test_an_answer_that_leaves_a_deletion_out_is_the_servers_fault() -> None:
    """It is waited for and asked again, and does not end in a traceback."""
    assert _statuses(answering(200, 404), "index", ["a", "b"]) == [200, 404]
    for statuses in ((), (200,), (200, 200, 200)):
        with pytest.raises(SinkUnavailable, match="did not answer for every deletion") as caught:
            _statuses(answering(*statuses), "index", ["a", "b"])
        assert caught.value.reason == "malformed"

"""The backing indices that may hold an id that comes again."""

from __future__ import annotations

import pytest
from elastic_transport import ApiResponseMeta, HttpHeaders, NodeConfig
from elasticsearch import NotFoundError

from pipeline.errors import SinkUnavailable
from pipeline.sinks.elasticsearch.backing import Backing, backing_of, resolve
from tests.fakes import FakeIndices

STREAM = "logs-tweets.scored-default"


def name(generation: int) -> str:
    return f".ds-{STREAM}-2026.03.01-{generation:06}"


@pytest.mark.parametrize(
    ("since", "older"),
    [(0.0, (name(1), name(2))), (19.9, (name(1), name(2))), (20.0, (name(2),)), (30.0, ()), (99.0, ())],
)
def test_older_indices(since: float, older: tuple[str, ...]) -> None:
    """Those that were written to after the horizon: until the next one was made."""
    assert backing_of({name(1): 10.0, name(2): 20.0, name(3): 30.0}, since=since) == Backing(name(3), older)


def test_generations_are_numbers() -> None:
    """The write index is that of the highest generation, whatever its date and however it is written."""
    created = {f".ds-{STREAM}-2026.03.01-999999": 1.0, f".ds-{STREAM}-2026.03.01-1000000": 2.0}
    assert backing_of(created, since=0).write.endswith("-1000000")


def test_a_young_data_stream() -> None:
    """One index: nothing to look up."""
    assert backing_of({name(1): 10.0}, since=0) == Backing(name(1))


def test_resolving() -> None:
    """Times of creation come in milliseconds."""
    client = FakeIndices({name(1): 10.0, name(2): 20.5})
    assert resolve(client, STREAM, since=20.4) == Backing(name(2), (name(1),))  # type: ignore[arg-type]


class Gone(FakeIndices):
    """A server without the data stream."""

    def get_settings(self, **_: object) -> dict[str, object]:
        meta = ApiResponseMeta(404, "1.1", HttpHeaders(), 0.1, NodeConfig("http", "127.0.0.1", 9200))
        raise NotFoundError("index_not_found_exception", meta, {})


def test_a_data_stream_that_is_gone() -> None:
    """It is waited for, since it can be made again."""
    with pytest.raises(SinkUnavailable) as raised:
        resolve(Gone({}), STREAM, since=0)  # type: ignore[arg-type]
    assert raised.value.reason == "index_missing"

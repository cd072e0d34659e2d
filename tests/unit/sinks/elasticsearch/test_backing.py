"""Which backing indices may hold an id that comes again."""

from __future__ import annotations

import pytest
from elastic_transport import ApiResponseMeta, HttpHeaders, NodeConfig
from elasticsearch import NotFoundError

from pipeline.errors import SinkUnavailable
from pipeline.sinks.elasticsearch.backing import IDS_PER_QUERY, Backing, backing_of, present, resolve
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


class Searched:
    """A server that holds every even id, and notes the sizes of what it is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []

    def search(self, *, query: dict[str, dict[str, list[str]]], size: int, **_: object) -> dict[str, object]:
        ids = query["ids"]["values"]
        self.asked.append((len(ids), size))
        hits = [{"_id": id_} for id_ in ids if int(id_) % 2 == 0]
        return {"hits": {"hits": hits}} if hits else {}


def test_looking_ids_up() -> None:
    """All are asked for, in queries whose answers are not cut short."""
    client = Searched()
    ids = [str(number) for number in range(IDS_PER_QUERY + 1)]
    found = present(client, [name(1), name(2)], ids)  # type: ignore[arg-type]
    assert found == {id_ for id_ in ids if int(id_) % 2 == 0}
    assert client.asked == [(IDS_PER_QUERY, 10_000), (1, 2)]


def test_nothing_older_asks_nothing() -> None:
    """Without older indices, or ids, there is no request."""
    client = Searched()
    assert present(client, (), ["1"]) | present(client, [name(1)], []) == set()  # type: ignore[arg-type]
    assert client.asked == []


def test_nothing_found() -> None:
    """An answer that the filter left empty holds nothing."""
    assert present(Searched(), [name(1)], ["1"]) == set()  # type: ignore[arg-type]

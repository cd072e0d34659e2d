"""The retention of a data stream that is there: the embedded server has no API for it, so a double stands for one."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from elastic_transport import ApiResponseMeta, HttpHeaders, NodeConfig
from elasticsearch import ApiError

from pipeline.sinks.elasticsearch.upkeep import Wanted, inspect_stream, keep_for

WANTED = Wanted("logs-tweets.scored-default", {}, {}, "7d", 1)


class Lifecycles:
    """`_data_stream/<name>/_lifecycle` as Elastic's reference of 8.19 shows its answers."""

    def __init__(self, lifecycle: dict[str, Any] | None, status: int = 200) -> None:
        self.lifecycle = lifecycle
        self._status = status
        self.indices = self

    def get_data_lifecycle(self, *, name: str) -> dict[str, Any]:
        if self._status != 200:
            meta = ApiResponseMeta(
                self._status, "1.1", HttpHeaders(), 0.0, NodeConfig(scheme="http", host="localhost", port=1)
            )
            raise ApiError("refused", meta, {})
        found = {"name": name} | ({} if self.lifecycle is None else {"lifecycle": self.lifecycle})
        return {"data_streams": [found]}

    def get_mapping(self, *, index: str) -> dict[str, Any]:
        return {f".ds-{index}-000001": {"mappings": {}}}

    def get_settings(self, *, index: str) -> dict[str, Any]:
        return {f".ds-{index}-000001": {"settings": {}}}

    def simulate_index_template(self, *, name: str) -> dict[str, Any]:
        return {"template": {}}

    def put_data_lifecycle(self, *, name: str, data_retention: str) -> object:
        self.lifecycle = {"enabled": True, "data_retention": data_retention}
        return SimpleNamespace(acknowledged=True)


@pytest.mark.parametrize(
    ("lifecycle", "told"),
    [
        ({"enabled": True, "data_retention": "7d"}, []),
        (
            {"enabled": True, "data_retention": "90d"},
            ["logs-tweets.scored-default now keeps documents for 7d; it was 90d"],
        ),
        (None, ["logs-tweets.scored-default now keeps documents for 7d; it was without end"]),
        (
            {"enabled": False, "data_retention": "7d"},
            ["logs-tweets.scored-default now keeps documents for 7d; it was without end"],
        ),
    ],
)
def test_the_retention_of_the_settings(lifecycle: dict[str, Any] | None, told: list[str]) -> None:
    """It is told where it differs, and changed; a second call changes nothing."""
    server: Any = Lifecycles(lifecycle)
    assert [difference.path for difference in inspect_stream(server, WANTED)] == ["lifecycle.data_retention"] * len(
        told
    )
    assert keep_for(server, WANTED) == told
    assert (keep_for(server, WANTED), inspect_stream(server, WANTED)) == ([], [])
    assert server.lifecycle == {"enabled": True, "data_retention": "7d"}


@pytest.mark.parametrize("status", [400, 404, 405])
def test_a_server_without_that_api(status: int) -> None:
    """As the embedded one answers: it keeps everything anyhow."""
    server: Any = Lifecycles(None, status)
    assert (keep_for(server, WANTED), inspect_stream(server, WANTED)) == ([], [])


def test_a_refusal_is_none_of_these() -> None:
    """A missing privilege is told."""
    server: Any = Lifecycles(None, 403)
    with pytest.raises(ApiError):
        keep_for(server, WANTED)

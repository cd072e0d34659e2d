"""Data streams and disks of a real Elasticsearch."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

import pytest
from elasticsearch import Elasticsearch

from exporters.alias import Alias
from exporters.data_streams import DataStreams
from exporters.disk import Disks
from exporters.store import Store
from pipeline.domain.alias import ALIAS
from pipeline.embedded.info import StackInfo
from pipeline.settings import Settings
from pipeline.sinks.elasticsearch.events import record_event
from pipeline.sinks.elasticsearch.settings import ElasticsearchSettings
from pipeline.sinks.elasticsearch.setup import set_up

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def server(settings: Settings) -> ElasticsearchSettings:
    """Settings for the server, with a namespace of this test's own."""
    return settings.elasticsearch


@pytest.fixture
def client(server: ElasticsearchSettings) -> Iterator[Elasticsearch]:
    """A client of the test's own."""
    with Elasticsearch(server.url) as client:
        yield client


def test_before_data_streams_are_made(server: ElasticsearchSettings) -> None:
    """There is nothing to tell, and that is no fault."""
    assert collected(server) == {}


def test_data_streams(server: ElasticsearchSettings, client: Elasticsearch) -> None:
    """Documents and the newest ingested of each data stream of the namespace, over a rollover."""
    set_up(client, server)
    events = f"logs-tweets.events-{server.namespace}"
    for hour, at in ((13, NOON.replace(hour=13)), (12, NOON)):
        record_event(client, server.namespace, "annotate", f"at {hour}", at=at, now=at)
        client.indices.rollover(alias=events)
    found = collected(server)
    assert {labels: found[labels] for labels in found if labels[0] != "size_bytes"} == {
        ("documents", events): 2,
        ("documents", f"logs-tweets.rejected-{server.namespace}"): 0,
        ("documents", f"logs-tweets.scored-{server.namespace}"): 0,
        ("newest_ingested_timestamp_seconds", events): NOON.replace(hour=13).timestamp(),
    }
    assert found["size_bytes", events] > 0


def test_the_alias(server: ElasticsearchSettings, client: Elasticsearch) -> None:
    """Absent before there are data streams; then 1, 0 once the alias is removed, and 1 again after set-up."""

    def told() -> list[float]:
        with closing(Alias(server.namespace, lambda: Store(server))) as alias:
            return [sample.value for family in alias.collect() for sample in family.samples]

    assert told() == []
    set_up(client, server, switch=True)
    assert told() == [1.0]
    client.indices.delete_alias(index=f"logs-tweets.scored-{server.namespace}", name=ALIAS)
    assert told() == [0.0]
    set_up(client, server)
    assert told() == [1.0]


def test_other_namespaces_are_left_out(server: ElasticsearchSettings, client: Elasticsearch) -> None:
    """An exporter tells of its own namespace only."""
    set_up(client, server)
    assert collected(server.model_copy(update={"namespace": f"x{server.namespace}"})) == {}


def test_disk(server: ElasticsearchSettings, stack: StackInfo) -> None:
    """It is what the operating system says of the file system; beside it the watermarks that the server was given."""
    usage = shutil.disk_usage(stack.state_dir)
    with closing(Disks(lambda: Store(server))) as disk:
        free, watermarks = disk.collect()
    assert [sample.labels for sample in free.samples] == [{"node": "tweetpulse"}]
    assert free.samples[0].value == pytest.approx(usage.free / usage.total, abs=0.02)
    sizes = {sample.labels["watermark"]: sample.value * usage.total for sample in watermarks.samples}
    assert sizes == pytest.approx({"low": 1500 * 2**20, "high": 1200 * 2**20, "flood_stage": 2**30}, rel=0.001)


def collected(server: ElasticsearchSettings) -> dict[tuple[str, str], float]:
    """The metrics of the collector: (end of the metric's name, data stream) → value."""
    with closing(DataStreams(server.namespace, lambda: Store(server))) as streams:
        return {
            (family.name.removeprefix("tweetpulse_data_stream_"), sample.labels["data_stream"]): sample.value
            for family in streams.collect()
            for sample in family.samples
        }

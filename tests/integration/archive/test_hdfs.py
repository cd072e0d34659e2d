"""The archive on a real HDFS, of one name node and one data node: `make test-hdfs`."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from exporters.archive_lag import ArchiveLag
from pipeline.archive.table import ArchiveTable
from pipeline.errors import SinkUnavailable
from pipeline.kafka.broker import Broker
from pipeline.kafka.topics import ensure_topics
from pipeline.settings import Settings
from tests.hdfs import cluster
from tests.integration.archive.topic import archive, publish, tweets, values
from tests.integration.archive.writers import check_writers_at_once_and_upkeep

pytestmark = pytest.mark.skipif(
    not os.environ.get("TWEETPULSE_TEST_HDFS"), reason="fetches a mini cluster of 40 MB: make test-hdfs"
)


@pytest.fixture
def uri(tmp_path: Path) -> Iterator[str]:
    """Where an archive may be made."""
    with cluster.running(tmp_path / "hdfs") as address:
        yield f"{address}/tweets/archive"


def test_each_record_once(settings: Settings, uri: str) -> None:
    """A topic is archived, and gone on with; the exporter reads the positions there, too."""
    there = settings.archive.model_copy(update={"uri": uri, "batch_records": 50})
    settings = settings.model_copy(update={"archive": there})
    ensure_topics(settings.kafka)
    publish(settings, tweets(200))
    seen = archive(settings)
    assert (seen.made_, seen.counts["records"], seen.counts["commits"], seen.waits) == (1, 200, 4, Counter())
    publish(settings, tweets(40, first=200))
    with closing(ArchiveLag(settings, lambda: Broker(settings.kafka))) as lag:
        assert sum(sample.value for sample in lag.collect()[0].samples) == 40
    archive(settings)
    assert values(settings) == Counter(tweets(240))


def test_writers_at_once_and_upkeep(uri: str) -> None:
    """Of three that write the same records at once, one commits each batch; files are compacted and deleted."""
    check_writers_at_once_and_upkeep(lambda: ArchiveTable(uri, {}))


def test_a_cluster_that_is_away(tmp_path: Path) -> None:
    """It is a reason to wait."""
    with cluster.running(tmp_path / "hdfs") as address:
        table = ArchiveTable(f"{address}/archive", {})
        table.ensure()
    with pytest.raises(SinkUnavailable) as away:
        table.open()
    assert away.value.reason == "away"

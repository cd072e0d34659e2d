"""Recorded answers in, exact exposition text out."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from exporters import data_streams, disk, stream_lag
from exporters.store import Answers
from pipeline.committed_offsets import read
from pipeline.domain.disks import disks_of
from pipeline.domain.progress import lags
from tests.paths import ROOT

FIXTURES = ROOT / "tests" / "fixtures" / "exporters"


def test_stream_lag() -> None:
    """Records and seconds per partition: one behind, one drained, one partly expired, one whose time is not known."""
    committed = read(FIXTURES / "checkpoint")
    assert committed is not None
    topic = "tweets-recorded"
    held = {(topic, 0): (0, 10), (topic, 1): (0, 2), (topic, 2): (5, 6), (topic, 3): (0, 4)}
    times = {((topic, 0), 2): 1_000.25, ((topic, 2), 5): 1_010.0}
    families = stream_lag.families({"score": lags(committed, held)}, times, 1_005.5)
    assert (
        page(families)
        == """\
# HELP tweetpulse_stream_lag_records Records in Kafka that the query has not committed.
# TYPE tweetpulse_stream_lag_records gauge
tweetpulse_stream_lag_records{partition="0",query="score",topic="tweets-recorded"} 8.0
tweetpulse_stream_lag_records{partition="1",query="score",topic="tweets-recorded"} 0.0
tweetpulse_stream_lag_records{partition="2",query="score",topic="tweets-recorded"} 1.0
tweetpulse_stream_lag_records{partition="3",query="score",topic="tweets-recorded"} 4.0
# HELP tweetpulse_stream_lag_seconds Seconds that the oldest of these records has been in Kafka; 0 if there is none.
# TYPE tweetpulse_stream_lag_seconds gauge
tweetpulse_stream_lag_seconds{partition="0",query="score",topic="tweets-recorded"} 5.25
tweetpulse_stream_lag_seconds{partition="1",query="score",topic="tweets-recorded"} 0.0
tweetpulse_stream_lag_seconds{partition="2",query="score",topic="tweets-recorded"} 0.0
# HELP tweetpulse_stream_expired_records Records that Kafka deleted by age or size before the query read them: \
lost, and not part of the lag.
# TYPE tweetpulse_stream_expired_records gauge
tweetpulse_stream_expired_records{partition="0",query="score",topic="tweets-recorded"} 0.0
tweetpulse_stream_expired_records{partition="1",query="score",topic="tweets-recorded"} 0.0
tweetpulse_stream_expired_records{partition="2",query="score",topic="tweets-recorded"} 3.0
tweetpulse_stream_expired_records{partition="3",query="score",topic="tweets-recorded"} 0.0
"""
    )


def test_data_streams() -> None:
    """Backing indices add up (3 + 2 documents over a rollover); an empty data stream has no newest document."""
    answers = Answers(recorded("resolved.json"), recorded("stats.json"), recorded("newest.json"))
    assert (
        page(data_streams.families(data_streams.stored(answers)))
        == """\
# HELP tweetpulse_data_stream_documents Documents in the data stream, without replicas.
# TYPE tweetpulse_data_stream_documents gauge
tweetpulse_data_stream_documents{data_stream="logs-tweets.events-trecorded"} 5.0
tweetpulse_data_stream_documents{data_stream="logs-tweets.rejected-trecorded"} 0.0
tweetpulse_data_stream_documents{data_stream="logs-tweets.scored-trecorded"} 0.0
# HELP tweetpulse_data_stream_size_bytes Disk space of the data stream, with replicas.
# TYPE tweetpulse_data_stream_size_bytes gauge
tweetpulse_data_stream_size_bytes{data_stream="logs-tweets.events-trecorded"} 41205.0
tweetpulse_data_stream_size_bytes{data_stream="logs-tweets.rejected-trecorded"} 227.0
tweetpulse_data_stream_size_bytes{data_stream="logs-tweets.scored-trecorded"} 227.0
# HELP tweetpulse_data_stream_newest_ingested_timestamp_seconds When the newest document of the data stream was sent \
to Elasticsearch (event.ingested).
# TYPE tweetpulse_data_stream_newest_ingested_timestamp_seconds gauge
tweetpulse_data_stream_newest_ingested_timestamp_seconds{data_stream="logs-tweets.events-trecorded"} 1.767323049678e+09
"""
    )


def test_disks() -> None:
    """The free share is what is available to the server out of the whole disk; beside it the node's own watermarks."""
    assert (
        page(disk.families(disks_of(recorded("disks.json"))))
        == """\
# HELP tweetpulse_elasticsearch_disk_free_ratio Share of the node's fullest data path that is free, 0 to 1.
# TYPE tweetpulse_elasticsearch_disk_free_ratio gauge
tweetpulse_elasticsearch_disk_free_ratio{node="tweetpulse"} 0.29312871246267447
# HELP tweetpulse_elasticsearch_disk_watermark_ratio Free share that is the node's watermark: low, high, flood_stage.
# TYPE tweetpulse_elasticsearch_disk_watermark_ratio gauge
tweetpulse_elasticsearch_disk_watermark_ratio{node="tweetpulse",watermark="low"} 0.005813511542492508
tweetpulse_elasticsearch_disk_watermark_ratio{node="tweetpulse",watermark="high"} 0.004650809233994006
tweetpulse_elasticsearch_disk_watermark_ratio{node="tweetpulse",watermark="flood_stage"} 0.003968690546341552
"""
    )


def page(families: Iterable[Metric]) -> str:
    """The families as Prometheus reads them."""
    registry = CollectorRegistry()
    registry.register(_Fixed(families))
    return generate_latest(registry).decode()


def recorded(name: str) -> Any:
    """A recorded answer."""
    return json.loads((FIXTURES / name).read_text(encoding="utf-8"))


class _Fixed(Collector):
    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families

"""The disks of the Elasticsearch nodes: a full one makes its indices read-only."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from prometheus_client.core import GaugeMetricFamily, Metric

from exporters.kept import Kept
from exporters.store import Store
from pipeline.domain.disks import Disk, disks_of


class Disks:
    """The free disk space of each node, and its watermarks.

    Args:
        connect: opens a client.
    """

    name = "disk"

    def __init__(self, connect: Callable[[], Store]) -> None:
        self._store = Kept(connect)

    def describe(self) -> Sequence[Metric]:
        """The families, empty."""
        return families([])

    def collect(self) -> Sequence[Metric]:
        """The shares of this moment.

        Raises:
            PipelineError: Elasticsearch does not answer, or refuses.
        """
        with self._store.use() as store:
            return families(disks_of(store.disks()))

    def close(self) -> None:
        """Let go of the client."""
        self._store.close()


def families(disks: Sequence[Disk]) -> tuple[Metric, ...]:
    """The families, with the disk of each node."""
    free = GaugeMetricFamily(
        "tweetpulse_elasticsearch_disk_free_ratio",
        "Share of the node's fullest data path that is free, 0 to 1.",
        labels=["node"],
    )
    watermarks = GaugeMetricFamily(
        "tweetpulse_elasticsearch_disk_watermark_ratio",
        "Free share that is the node's watermark: low, high, flood_stage.",
        labels=["node", "watermark"],
    )
    for disk in disks:
        free.add_metric([disk.node], disk.free / disk.total)
        for name, size in disk.watermarks.items():
            watermarks.add_metric([disk.node, name], size / disk.total)
    return free, watermarks

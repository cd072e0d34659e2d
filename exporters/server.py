"""The page that Prometheus reads, and what is on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry

from exporters.alias import Alias
from exporters.archive_lag import ArchiveLag
from exporters.data_streams import DataStreams
from exporters.disk import Disks
from exporters.scrape import Scrape
from exporters.store import Store
from exporters.stream_lag import StreamLag
from pipeline import metrics_server
from pipeline.domain.names import QUERY, WINDOWS
from pipeline.embedded.discover import with_embedded
from pipeline.kafka.broker import Broker
from pipeline.settings import Settings, TelemetrySettings


def scrape_of(settings: Settings) -> Scrape:
    """All collectors. Nothing is opened before the first scrape, and where to is asked anew at each opening."""

    def broker() -> Broker:
        return Broker(with_embedded(settings).kafka)

    def store() -> Store:
        return Store(with_embedded(settings).elasticsearch)

    lag = StreamLag(
        {QUERY: settings.checkpoint},
        topic=settings.kafka.tweets_topic,
        from_earliest=settings.stream.starting_offsets == "earliest",
        connect=broker,
    )
    # Apart from the stream's: a damaged checkpoint of the one must not hide the lag of the other.
    of_windows = StreamLag(
        {WINDOWS: settings.windows_checkpoint},
        topic=settings.kafka.scored_topic,
        from_earliest=True,
        connect=broker,
        name="windows_lag",
        once_run=True,
    )
    namespace = settings.elasticsearch.namespace
    of_archive = ArchiveLag(settings, broker)
    return Scrape([lag, of_windows, of_archive, DataStreams(namespace, store), Alias(namespace, store), Disks(store)])


@contextmanager
def serving(scrape: Scrape, settings: TelemetrySettings) -> Iterator[str]:
    """Serve /metrics as long as the block runs, and yield its URL.

    Raises:
        SetupError: the port is taken, or the host is not this machine's.
    """
    registry = CollectorRegistry()
    registry.register(scrape)
    try:
        with metrics_server.serving(
            registry, settings.host, settings.exporter_port, "TWEETPULSE_TELEMETRY__EXPORTER_PORT", settings
        ) as url:
            yield url
    finally:
        scrape.close()

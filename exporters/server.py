"""The page that Prometheus reads, and what is on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, start_http_server

from exporters.broker import Broker
from exporters.data_streams import DataStreams
from exporters.disk import Disk
from exporters.scrape import Scrape
from exporters.store import Store
from exporters.stream_lag import StreamLag
from pipeline.domain.names import QUERY
from pipeline.embedded.discover import with_embedded
from pipeline.errors import SetupError
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
    return Scrape([lag, DataStreams(settings.elasticsearch.namespace, store), Disk(store)])


@contextmanager
def serving(scrape: Scrape, settings: TelemetrySettings) -> Iterator[str]:
    """Serve /metrics as long as the block runs, and yield its URL.

    Raises:
        SetupError: the port is taken, or the host is not this machine's.
    """
    registry = CollectorRegistry()
    registry.register(scrape)
    host, port = settings.host, settings.exporter_port
    try:
        server, thread = start_http_server(port, host, registry)
    except OSError as error:
        raise SetupError(
            f"the exporter can't listen on {host}:{port} ({error.strerror}): "
            "set TWEETPULSE_TELEMETRY__EXPORTER_PORT to another (0 takes a free one)"
        ) from None
    try:
        yield f"http://{f'[{host}]' if ':' in host else host}:{server.server_port}/metrics"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        scrape.close()

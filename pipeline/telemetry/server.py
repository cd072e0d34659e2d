"""Serves a registry at /metrics."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Thread
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, start_http_server

from pipeline.errors import SetupError


@dataclass(frozen=True, slots=True)
class MetricsServer:
    """A running server; `url` is where to scrape it."""

    server: WSGIServer
    thread: Thread
    url: str

    def close(self) -> None:
        """Stop listening."""
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(timeout=5)


def serve(registry: CollectorRegistry, host: str, port: int, setting: str) -> MetricsServer:
    """Listen on `host:port`; port 0 takes a free one.

    Raises:
        SetupError: the port is taken; it names `setting`, which chooses another.
    """
    try:
        server, thread = start_http_server(port, addr=host, registry=registry)
    except OSError as error:
        raise SetupError(f"{host}:{port} can't be listened on ({error.strerror}): set {setting} to another") from None
    return MetricsServer(server, thread, f"http://{host}:{server.server_port}/metrics")

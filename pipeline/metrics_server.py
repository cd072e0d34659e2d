"""Serves a registry at /metrics, for any process of the project."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, start_http_server

from pipeline.errors import SetupError


@contextmanager
def serving(registry: CollectorRegistry, host: str, port: int, setting: str) -> Iterator[str]:
    """Listen as long as the block runs, and yield the page's URL. Port 0 takes a free one.

    Raises:
        SetupError: the port is taken, or the host is not this machine's; it names `setting`, which chooses another.
    """
    try:
        server, thread = start_http_server(port, host, registry)
    except OSError as error:
        raise SetupError(
            f"/metrics can't listen on {host}:{port} ({error.strerror}): set {setting} to another (0 takes a free one)"
        ) from None
    try:
        yield f"http://{f'[{host}]' if ':' in host else host}:{server.server_port}/metrics"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)

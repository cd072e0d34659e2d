"""/metrics over HTTP."""

from __future__ import annotations

import socket
import threading
import urllib.request
from urllib.parse import urlsplit

import pytest
from prometheus_client import CollectorRegistry, Gauge

from pipeline.errors import SetupError
from pipeline.metrics_server import serving


def test_serving() -> None:
    """The page is at the URL that is said, on the address that was given."""
    registry = CollectorRegistry()
    Gauge("answer", "Known.", registry=registry).set(42)
    with serving(registry, "127.0.0.1", 0, "X") as url, urllib.request.urlopen(url, timeout=5) as answer:
        page = answer.read()
    assert urlsplit(url).hostname == "127.0.0.1"
    assert page == b"# HELP answer Known.\n# TYPE answer gauge\nanswer 42.0\n"


def test_closing() -> None:
    """Afterwards the port can be listened on again, and no thread is left."""
    before = threading.active_count()
    with serving(CollectorRegistry(), "127.0.0.1", 0, "X") as url:
        port = urlsplit(url).port or 0
    assert threading.active_count() == before
    with socket.create_server(("127.0.0.1", port)):
        pass


def test_a_taken_port() -> None:
    """One line: which address, and the setting that chooses another."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(SetupError) as raised,
            serving(CollectorRegistry(), "127.0.0.1", port, "TWEETPULSE_TELEMETRY__STREAM_PORT"),
        ):
            pass
    assert raised.value.message == (
        f"/metrics can't listen on 127.0.0.1:{port} (Address already in use): "
        "set TWEETPULSE_TELEMETRY__STREAM_PORT to another (0 takes a free one)"
    )


def test_an_address_that_is_not_ours() -> None:
    """Likewise."""
    with pytest.raises(SetupError, match="can't listen on"), serving(CollectorRegistry(), "192.0.2.1", 0, "X"):
        pass

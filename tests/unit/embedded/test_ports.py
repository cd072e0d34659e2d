"""Choosing ports."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest

from pipeline.embedded.exporter import listening_host
from pipeline.embedded.ports import HOST, claim, free_port, is_free, is_open
from pipeline.embedded.stack import _port
from pipeline.errors import SetupError
from pipeline.settings import TelemetrySettings, load


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as server:
        server.bind((HOST, 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_taken_port_names_port_holder_and_option(taken: int) -> None:
    """One line says which port, who holds it, and how to choose another."""
    with pytest.raises(SetupError) as raised:
        claim(taken, "Kafka", "--kafka-port")
    assert f"port {taken}, which Kafka needs, is taken by " in raised.value.message
    assert f"(process {os.getpid()})" in raised.value.message
    assert raised.value.message.endswith("choose another with --kafka-port")
    assert "\n" not in raised.value.message


def test_a_listening_port_is_open_and_not_free(taken: int) -> None:
    """Both questions see a listener."""
    assert (is_open(taken), is_free(taken)) == (True, False)


def test_a_port_taken_on_all_addresses_is_not_free() -> None:
    """A listener on 0.0.0.0 holds the port of loopback too."""
    with socket.socket() as server:
        server.bind(("0.0.0.0", 0))
        server.listen()
        assert not is_free(server.getsockname()[1])


def test_zero_is_a_free_port() -> None:
    """Port 0 becomes one that a server can listen on."""
    port = claim(0, "Kafka", "--kafka-port")
    assert port != 0
    assert is_free(port)


def test_a_free_port_is_kept() -> None:
    """A requested port that is free is used."""
    port = free_port()
    assert claim(port, "Kafka", "--kafka-port") == port


@pytest.mark.usefixtures("bare")
def test_the_exporter_takes_a_free_port_where_its_usual_one_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as by that of another stack; a port that was asked for is an error."""
    settings = load()
    monkeypatch.setattr("pipeline.embedded.stack.is_free", lambda port: False)
    found = _port("exporter", settings, None, None)
    assert is_free(found)
    assert found != settings.telemetry.exporter_port
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        asked = settings.model_copy(update={"telemetry": TelemetrySettings(exporter_port=port)})
        with pytest.raises(SetupError, match="TWEETPULSE_TELEMETRY__EXPORTER_PORT"):
            _port("exporter", asked, None, None)


@pytest.mark.parametrize(("host", "at"), [("127.0.0.1", HOST), ("10.1.2.3", HOST), ("0.0.0.0", "0.0.0.0")])
def test_the_exporter_listens_on_loopback_in_any_case(host: str, at: str) -> None:
    """There it is waited for, and asked by `watch`."""
    assert listening_host(host) == at

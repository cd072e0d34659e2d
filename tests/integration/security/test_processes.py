"""The collector and the stream serve their /metrics as the settings say."""

from __future__ import annotations

import threading
import urllib.error
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from pipeline import bootstrap
from pipeline.cli.watch import opener_of, read
from pipeline.domain.tweet import Tweet
from pipeline.settings import Settings, TelemetrySettings
from tests.certificates import authority


class Nothing:
    """A live source that yields nothing."""

    name = "nothing"

    def __iter__(self) -> Iterator[None]:
        return iter(())

    def acknowledged(self, tweets: list[Tweet]) -> None:
        """Not to be told anything."""

    def close(self) -> None:
        """Nothing to let go of."""


@pytest.fixture
def secured(settings: Settings, tmp_path: Path) -> Settings:
    """Settings of the shared servers, with a certificate and a password for /metrics."""
    ca = authority(tmp_path / "ca")
    pair = ca.sign("metrics", hosts=("127.0.0.1",))
    telemetry: dict[str, Any] = {
        "certificate_file": pair.certificate,
        "key_file": pair.key,
        "ca_file": ca.file,
        "username": "prometheus",
        "password": SecretStr("secret"),
    }
    ports = {"stream_port": 0, "exporter_port": 0, "source_port": 0}
    return settings.model_copy(update={"telemetry": TelemetrySettings(**telemetry, **ports)})


def refuses_others(url: str, telemetry: TelemetrySettings) -> None:
    assert url.startswith("https://")
    assert read(url, opener_of(telemetry))
    without = opener_of(telemetry.model_copy(update={"username": None, "password": None}))
    with pytest.raises(urllib.error.HTTPError, match="401"):
        without.open(url, timeout=20)


def test_the_collector(secured: Settings) -> None:
    """Asked without the password it tells nothing."""
    made: Any = lambda events, clock: Nothing()  # noqa: E731
    with bootstrap.collection(secured, "nothing", made, threading.Event()) as collection:
        refuses_others(collection.url, secured.telemetry)


def test_the_stream(secured: Settings, sparks: Any) -> None:
    """Likewise."""
    sparks.close()
    with bootstrap.stream(secured, threading.Event(), prepare=False) as (_, url):
        refuses_others(url, secured.telemetry)

"""`tweetpulse health`, against real pages of /metrics."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from pydantic import SecretStr
from typer.testing import CliRunner

from pipeline.cli.app import app
from pipeline.cli.health import Part, answers, urls_of
from pipeline.errors import ConfigError, SetupError
from pipeline.metrics_server import serving
from pipeline.settings import TelemetrySettings
from tests.certificates import authority


class Collector:
    """Counts how often its page was computed."""

    scrapes = 0

    def collect(self) -> Iterator[GaugeMetricFamily]:
        self.scrapes += 1
        yield GaugeMetricFamily("tweetpulse_anything", "Anything.", value=1)


def test_a_process_that_serves_is_healthy_and_its_page_is_not_computed() -> None:
    """The exporter's page asks servers, and would be late while one of them is away."""
    registry, collector = CollectorRegistry(), Collector()
    registry.register(collector)
    collector.scrapes = 0
    with serving(registry, "127.0.0.1", 0, "ANY") as url:
        assert answers(url)
    assert collector.scrapes == 0
    assert not answers(url)


def test_tls_and_a_password_do_not_matter(tmp_path: Path) -> None:
    """The certificate is for another name, and nothing secret is sent: that the password is asked for is an answer."""
    pair = authority(tmp_path).sign("metrics", hosts=("stream.example",))
    access = TelemetrySettings(
        certificate_file=pair.certificate, key_file=pair.key, username="prometheus", password=SecretStr("secret")
    )
    with serving(CollectorRegistry(), "127.0.0.1", 0, "ANY", access) as url:
        assert url.startswith("https://")
        assert answers(url)


def test_where_it_asks() -> None:
    """At the ports of the settings; on loopback, if the page listens everywhere."""
    everywhere = TelemetrySettings(host="0.0.0.0", stream_port=1, exporter_port=2, source_port=0)
    assert urls_of(everywhere, Part.EXPORTER) == ["http://127.0.0.1:2/metrics"]
    ports = (1, 2, 9111, 9112)
    assert urls_of(everywhere) == [f"http://127.0.0.1:{port}/metrics" for port in ports]
    assert urls_of(everywhere, Part.WINDOWS) == ["http://127.0.0.1:9111/metrics"]
    assert urls_of(everywhere, Part.ARCHIVE) == ["http://127.0.0.1:9112/metrics"]
    assert urls_of(TelemetrySettings(host="::"), Part.SOURCE) == ["http://[::1]:9110/metrics"]
    assert urls_of(TelemetrySettings(certificate_file=Path("c")), Part.STREAM) == ["https://127.0.0.1:9108/metrics"]
    with pytest.raises(ConfigError, match="TWEETPULSE_TELEMETRY__SOURCE_PORT"):
        urls_of(everywhere, Part.SOURCE)


def test_the_command_says_who_answers_or_who_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 0 and the address, or a `SetupError` (3) with the addresses that were asked."""
    with serving(CollectorRegistry(), "127.0.0.1", 0, "ANY") as url:
        port = url.rpartition(":")[2].removesuffix("/metrics")
        monkeypatch.setenv("TWEETPULSE_TELEMETRY__EXPORTER_PORT", port)
        for name in ("STREAM", "SOURCE", "WINDOWS", "ARCHIVE"):
            monkeypatch.setenv(f"TWEETPULSE_TELEMETRY__{name}_PORT", "0")
        healthy = CliRunner().invoke(app, ["health"])
        assert (healthy.exit_code, healthy.stdout) == (0, f"healthy: {url}\n")
    sick = CliRunner().invoke(app, ["health", "exporter"])
    assert isinstance(sick.exception, SetupError)
    assert url in sick.exception.message

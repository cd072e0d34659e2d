"""/metrics by TLS and with a password, as Prometheus and `watch` ask for them."""

from __future__ import annotations

import shutil
import socket
import subprocess
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from functools import partial
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from prometheus_client import CollectorRegistry, Gauge
from pydantic import SecretStr

from exporters.scrape import Scrape
from exporters.server import serving as exporter_serving
from pipeline.cli.watch import opener_of, read
from pipeline.errors import ConfigError
from pipeline.metrics_server import serving
from pipeline.settings import TelemetrySettings
from tests.certificates import Authority, authority
from tests.e2e.prometheus import scraping
from tests.paths import ROOT
from tests.processes import until
from tests.rules.debian import program

SECRET = "the secret: ä"


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture
def access(ca: Authority) -> TelemetrySettings:
    """Settings with a certificate for loopback, a user and a password."""
    pair = ca.sign("metrics", hosts=("127.0.0.1", "localhost"))
    return TelemetrySettings(
        exporter_port=0, certificate_file=pair.certificate, key_file=pair.key, ca_file=ca.file,
        username="prometheus", password=SecretStr(SECRET),
    )  # fmt: skip


@pytest.fixture
def url(access: TelemetrySettings) -> Iterator[str]:
    """Of a page with one number on it."""
    registry = CollectorRegistry()
    Gauge("answer", "Known.", registry=registry).set(42)
    with serving(registry, "127.0.0.1", 0, "X", access) as found:
        yield found


def status(url: str, access: TelemetrySettings, header: str | None) -> tuple[int, str]:
    """The status for a client that trusts the CA and sends this header."""
    opener = opener_of(access.model_copy(update={"username": None, "password": None}))
    request = urllib.request.Request(url, headers={"Authorization": header} if header else {})
    try:
        with opener.open(request, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers["WWW-Authenticate"]


def basic(text: str) -> str:
    return "Basic " + b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "header",
    [
        *(None, "Basic", "Basic é", "Bearer x"),
        *map(basic, ("prometheus:wrong", f"another:{SECRET}", f"prometheus:{SECRET}x")),
    ],
)
def test_nobody_without_the_password_sees_anything(url: str, access: TelemetrySettings, header: str | None) -> None:
    """A wrong one, half of one and none are a 401 that says what is asked for, and nothing of the page."""
    assert status(url, access, header) == (401, 'Basic realm="tweetpulse"')


def test_with_the_password(url: str, access: TelemetrySettings) -> None:
    """The page is there, and `watch` reads it with the same settings."""
    code, page = status(url, access, basic(f"prometheus:{SECRET}"))
    assert (code, page) == (200, "# HELP answer Known.\n# TYPE answer gauge\nanswer 42.0\n")
    assert read(url, opener_of(access)) is not None
    assert read(url, opener_of(access.model_copy(update={"password": SecretStr("wrong")}))) is None
    assert read(url, opener_of(access.model_copy(update={"ca_file": None}))) is None


def test_a_silent_client_keeps_nobody_out(url: str, access: TelemetrySettings) -> None:
    """One that connects and never shakes hands does not hold up the next."""
    with socket.create_connection(("127.0.0.1", urlsplit(url).port or 0)):
        assert status(url, access, basic(f"prometheus:{SECRET}"))[0] == 200


def test_plain_http_is_not_answered(url: str, access: TelemetrySettings) -> None:
    """With TLS on, a plain HTTP request gets nothing, and the next TLS request is served all the same."""
    with pytest.raises((OSError, HTTPException)):
        urllib.request.urlopen(url.replace("https:", "http:"), timeout=20)
    assert status(url, access, basic(f"prometheus:{SECRET}"))[0] == 200


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"username": None}, "TWEETPULSE_TELEMETRY__USERNAME"),
        ({"password": None}, "TWEETPULSE_TELEMETRY__PASSWORD"),
        ({"username": "a:b"}, "colon"),
        ({"certificate_file": None}, "TWEETPULSE_TELEMETRY__CERTIFICATE_FILE"),
        ({"certificate_file": Path("/absent")}, "No such file"),
        ({"key_file": None}, "can't be used"),
    ],
)
def test_settings_that_do_not_fit_are_one_line(access: TelemetrySettings, fields: dict[str, object], told: str) -> None:
    """Before anything listens; a door that was to be closed is never open instead."""
    with (
        pytest.raises(ConfigError, match=told) as raised,
        serving(CollectorRegistry(), "127.0.0.1", 0, "X", access.model_copy(update=fields)),
    ):
        pass
    assert SECRET not in raised.value.message


def test_a_real_prometheus_reads_it_with_the_example(access: TelemetrySettings, ca: Authority) -> None:
    """The exporter is up with the right secret, and down with a wrong one."""
    with exporter_serving(Scrape([]), access) as url:
        targets = {"tweetpulse-exporter": urlsplit(url).netloc}
        for secret, value in ((SECRET, "1"), ("wrong", "0")):
            secrets = {"ca.crt": ca.file.read_bytes(), "metrics-password": secret.encode()}
            with scraping(targets, "secured.example.yml", secrets) as prometheus:
                query = f'up{{job="tweetpulse-exporter"}} == {value}'
                until(partial(prometheus.now, query), f"up is {value}", timeout=60)


def test_promtool_takes_the_example(ca: Authority, tmp_path: Path) -> None:
    """With the files that it names."""
    folder = tmp_path / "prometheus"
    shutil.copytree(ROOT / "dashboards" / "prometheus", folder)
    (folder / "secrets").mkdir()
    (folder / "secrets" / "ca.crt").write_bytes(ca.file.read_bytes())
    (folder / "secrets" / "metrics-password").write_text(SECRET)
    command = [str(program("promtool")), "check", "config", str(folder / "secured.example.yml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

"""The command `tweetpulse-exporter` as people and Prometheus meet it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from prometheus_client.parser import text_string_to_metric_families

from pipeline.settings import Settings

COMMAND = [sys.executable, "-m", "exporters"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_cleanly(settings: Settings, number: signal.Signals) -> None:
    """Ctrl-C and SIGTERM end it at once, with exit code 0 and nothing on standard error."""
    with running(settings) as (process, url):
        scraped(url)
        process.send_signal(number)
        _, errors = process.communicate(timeout=10)
    assert (process.returncode, errors) == (0, "")


def test_the_page(settings: Settings) -> None:
    """All collectors succeed, and Prometheus' own check (where it is installed) finds nothing to complain of."""
    with running(settings) as (_, url):
        text = scraped(url)
    families = {family.name: family for family in text_string_to_metric_families(text)}
    success = families["tweetpulse_exporter_scrape_success"].samples
    assert {sample.labels["collector"]: sample.value for sample in success} == {
        "stream_lag": 1,
        "windows_lag": 1,
        "archive_lag": 1,
        "data_streams": 1,
        "alias": 1,
        "disk": 1,
    }
    if promtool := shutil.which("promtool"):
        checked = subprocess.run(
            [promtool, "check", "metrics"], input=text, capture_output=True, text=True, check=False
        )
        assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")


def test_it_listens_on_loopback_only(settings: Settings) -> None:
    """The address that it prints is where it listens."""
    with running(settings) as (_, url):
        assert url.startswith("http://127.0.0.1:")


def test_a_taken_port(settings: Settings) -> None:
    """One line says so and what to do; the exit code is 3."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = subprocess.run(
            COMMAND, env=environment(settings, port), capture_output=True, text=True, timeout=60, check=False
        )
    assert done.returncode == 3
    assert done.stderr == (
        f"tweetpulse-exporter: /metrics can't listen on 127.0.0.1:{port} (Address already in use): "
        "set TWEETPULSE_TELEMETRY__EXPORTER_PORT to another (0 takes a free one)\n"
    )


def test_a_wrong_setting(settings: Settings) -> None:
    """One line names it; the exit code is 2."""
    env = environment(settings) | {"TWEETPULSE_TELEMETRY__EXPORTER_PORT": "many"}
    done = subprocess.run(COMMAND, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("tweetpulse-exporter: telemetry.exporter_port is wrong: ")
    assert done.stderr.count("\n") == 1


@contextmanager
def running(settings: Settings) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The exporter in a process of its own, and the URL that it prints."""
    with subprocess.Popen(
        COMMAND, env=environment(settings), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield process, process.stdout.readline().split()[-1]
        finally:
            process.kill()


def environment(settings: Settings, port: int = 0) -> dict[str, str]:
    """An environment with the settings of a test."""
    return {name: value for name, value in os.environ.items() if not name.startswith("TWEETPULSE_")} | {
        "TWEETPULSE_STATE_DIR": str(settings.state_dir),
        "TWEETPULSE_KAFKA__BOOTSTRAP_SERVERS": settings.kafka.bootstrap_servers,
        "TWEETPULSE_KAFKA__TWEETS_TOPIC": settings.kafka.tweets_topic,
        "TWEETPULSE_ELASTICSEARCH__URL": settings.elasticsearch.url,
        "TWEETPULSE_ELASTICSEARCH__NAMESPACE": settings.elasticsearch.namespace,
        "TWEETPULSE_STREAM__CHECKPOINT": str(settings.checkpoint),
        "TWEETPULSE_TELEMETRY__EXPORTER_PORT": str(port),
    }


def scraped(url: str) -> str:
    """The page."""
    with urllib.request.urlopen(url, timeout=20) as answer:
        text: str = answer.read().decode()
    return text

"""`up --dashboards` as a person calls it, beside servers of their own; Prometheus is real, Grafana stands in."""

from __future__ import annotations

import json
import shutil
import socket
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import psutil
import pytest

from pipeline.embedded.info import StackInfo, load
from pipeline.embedded.ports import HOST, free_port
from pipeline.embedded.processes import of_stack, unprivileged
from tests.integration.embedded.test_commands import run
from tests.processes import until
from tests.rules.debian import program

STANDS_IN = """\
import configparser, http.server, os, sys
assert sys.argv[1] == "server" and os.environ["TWEETPULSE_GRAFANA_ELASTICSEARCH_URL"] == "http://mine:9200"
ini = configparser.ConfigParser()
ini.read(next(part.removeprefix("--config=") for part in sys.argv if part.startswith("--config=")))

class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"database": "ok", "version": "12.4.0"}')

place = ini["server"]["http_addr"], int(ini["server"]["http_port"])
http.server.HTTPServer(place, Answer).serve_forever()
"""

Up = Callable[..., CompletedProcess[str]]


@pytest.fixture
def up(state_dir: Path) -> Up:
    """`up --dashboards` with a Kafka and an Elasticsearch of one's own, so that neither is started."""
    own = {
        "TWEETPULSE_KAFKA__BOOTSTRAP_SERVERS": "mine:9092",
        "TWEETPULSE_ELASTICSEARCH__URL": "http://mine:9200",
        "TWEETPULSE_TELEMETRY__EXPORTER_PORT": str(free_port()),
    }
    ports = ("--prometheus-port", "0", "--grafana-port", "0")

    def call(*arguments: str, **environment: str) -> CompletedProcess[str]:
        return run(state_dir, "up", "--dashboards", *ports, *arguments, **own, **environment)

    return call


@pytest.fixture
def path(state_dir: Path) -> str:
    """A PATH with a Prometheus and a Grafana on it, in a folder that the servers' user can reach."""
    home = state_dir / "a grafana"
    for name, text in (("conf/defaults.ini", ""), ("bin/grafana", f"#!{_python()}\n{STANDS_IN}")):
        (home / name).parent.mkdir(parents=True)
        (home / name).write_text(text)
        (home / name).chmod(0o755)
    return f"{home}/bin:{program('prometheus').parent}"


def _python() -> str:
    """An interpreter that also the user can run as whom root's servers run."""
    if unprivileged() is None:
        return sys.executable
    found = shutil.which("python3", path="/usr/bin:/usr/local/bin")
    return found or pytest.skip("needs a Python that all users can run")


def stack_in(state_dir: Path) -> StackInfo:
    found = load(state_dir)
    assert found is not None
    return found


def test_what_is_on_path_is_started_told_shown_and_ended(up: Up, path: str, state_dir: Path) -> None:
    """All three outlive the command, listen on loopback alone, and end with `down`."""
    done = up(PATH=path)
    assert (done.returncode, "not on PATH" in done.stdout) == (0, False), done.stderr
    servers = stack_in(state_dir).servers
    assert [server.name for server in servers] == ["exporter", "prometheus", "grafana"]
    assert all(server.address in done.stdout for server in servers)
    listening = {
        connection.laddr.ip
        for process in of_stack(state_dir)
        for connection in process.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    }
    assert listening == {HOST}

    own = {"TWEETPULSE_KAFKA__BOOTSTRAP_SERVERS": "mine:9092", "TWEETPULSE_ELASTICSEARCH__URL": "http://mine:9200"}
    shown = run(state_dir, "status", "--json", **own)
    states = {server["name"]: server["state"] for server in json.loads(shown.stdout)["servers"]}
    assert (shown.returncode, states) == (0, dict.fromkeys(("exporter", "prometheus", "grafana"), "running"))
    assert run(state_dir, "down").returncode == 0
    assert of_stack(state_dir) == []


def test_prometheus_scrapes_the_stream_and_the_exporter(up: Up, path: str, state_dir: Path) -> None:
    """By the jobs that boards and rules name; the exporter, which runs, is up."""
    assert up(PATH=path).returncode == 0
    address = next(server.address for server in stack_in(state_dir).servers if server.name == "prometheus")

    def targets() -> dict[str, str]:
        with urllib.request.urlopen(f"{address}/api/v1/targets", timeout=10) as answer:
            active = json.load(answer)["data"]["activeTargets"]
        return {target["labels"]["job"]: target["health"] for target in active}

    until(lambda: targets().get("tweetpulse-exporter") == "up", "the first scrape", timeout=60)
    jobs = ("stream", "exporter", "source", "windows", "archive")
    assert targets().keys() == {f"tweetpulse-{job}" for job in jobs}


def test_up_again_starts_nothing_twice(up: Up, path: str, state_dir: Path) -> None:
    """A running server is reported again and not started again."""
    assert up(PATH=path).returncode == 0
    before = stack_in(state_dir).servers
    assert up(PATH=path).returncode == 0
    assert stack_in(state_dir).servers == before


def test_what_is_missing_is_a_line_that_says_how_to_get_it(up: Up, state_dir: Path) -> None:
    """And no failure: the exporter runs, for `tweetpulse watch`."""
    done = up(PATH="/nowhere")
    lines = [line for line in done.stdout.splitlines() if "is not on PATH" in line]
    assert [line.split()[0] for line in lines] == ["Prometheus", "Grafana"]
    assert "apt-get install prometheus" in lines[0]
    assert (done.returncode, [server.name for server in stack_in(state_dir).servers]) == (0, ["exporter"])


@pytest.mark.parametrize("server", ["prometheus", "grafana"])
def test_a_taken_port_is_one_line(up: Up, path: str, state_dir: Path, server: str) -> None:
    """It names the option, and nothing is started."""
    with socket.create_server((HOST, 0)) as taken:
        port = str(taken.getsockname()[1])
        done = up(f"--{server}-port", port, PATH=path)
    assert (done.returncode, done.stderr.count("\n")) == (3, 1)
    assert f"port {port}" in done.stderr
    assert f"--{server}-port" in done.stderr
    assert of_stack(state_dir) == []


def test_a_stream_on_any_port_cannot_be_scraped(up: Up, state_dir: Path) -> None:
    """It is said in one line, before anything is started."""
    done = up(TWEETPULSE_TELEMETRY__STREAM_PORT="0")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "TWEETPULSE_TELEMETRY__STREAM_PORT" in done.stderr
    assert of_stack(state_dir) == []

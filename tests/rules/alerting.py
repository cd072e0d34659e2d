"""A real Prometheus with the project's rules and a real Alertmanager with its templates, started on a written past."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.embedded import prometheus
from pipeline.embedded.ports import free_port
from tests.e2e.prometheus import Prometheus, paced
from tests.paths import ROOT
from tests.processes import started, until
from tests.rules import history
from tests.rules.debian import program, unpacked
from tests.rules.inbox import Inbox, receiving

CONFIGURATION = ROOT / "dashboards" / "prometheus" / "alertmanager.yml"
SECRETS = "/etc/alertmanager/secrets"
TOKEN = "a-token-of-the-test"
PACE = 3
"""Seconds between two scrapes, and between two evaluations of the rules."""
_AT_ONCE = (
    "--rules.alert.for-grace-period=0s",  # an alert that was pending for long enough fires at once
    # The Alertmanager is found only seconds after the first evaluation. An alert holds for four times as long.
    "--rules.alert.resend-delay=10s",
)


@dataclass(frozen=True)
class Alerting:
    """Both, running; and what they have sent. `told_at` is when everybody had been told of everything."""

    instances: dict[str, str]
    inbox: Inbox
    alertmanager_port: int
    prometheus: Prometheus
    told_at: float = 0.0

    def hand(self, alert: dict[str, Any]) -> None:
        """Give the Alertmanager an alert, as Grafana does with its own."""
        url = f"http://127.0.0.1:{self.alertmanager_port}/api/v2/alerts"
        body = json.dumps([alert]).encode()
        request = urllib.request.Request(url, data=body, headers={"Content-Type": "application/json"})
        urllib.request.urlopen(request, timeout=30).close()


@contextmanager
def alerting(folder: Path) -> Iterator[Alerting]:
    """Both, on free ports, as long as the block runs; no process of ours answers."""
    jobs = [f"tweetpulse-{part}" for part in ("stream", "exporter", "source", "windows", "archive")]
    instances = {job: f"127.0.0.1:{free_port()}" for job in jobs}
    with receiving() as inbox, ExitStack() as processes:
        port, prometheus_port = free_port(), free_port()
        command = _alertmanager(folder / "alertmanager", port, inbox)
        processes.enter_context(started(command, folder / "alertmanager.log"))
        until(lambda: _answers(port, "/-/ready"), "the Alertmanager", timeout=60)
        command = _prometheus(folder / "prometheus", prometheus_port, port, instances)
        processes.enter_context(started(command, folder / "prometheus.log"))
        yield Alerting(instances, inbox, port, Prometheus(prometheus_port))


def filled_in(folder: Path, inbox: Inbox) -> dict[str, Any]:
    """The configuration, as somebody has it who names all three receivers; in seconds, and nothing is inhibited."""
    configuration = yaml.safe_load(CONFIGURATION.read_text().replace(SECRETS, f"{folder}/secrets"))
    examples = {receiver["name"]: receiver for receiver in configuration["receivers"]}
    mail = {"smarthost": f"127.0.0.1:{inbox.mail_port}", "require_tls": False}
    hook = {"url": f"http://127.0.0.1:{inbox.web_port}/hook"}
    everybody = {
        "name": "everybody",
        "slack_configs": examples["slack"]["slack_configs"],
        "email_configs": [examples["e-mail"]["email_configs"][0] | mail],
        "webhook_configs": [examples["webhook"]["webhook_configs"][0] | hook],
    }
    route = configuration["route"]
    for each in route["routes"]:
        each["receiver"] = "everybody"
    pace = {"group_wait": "1s", "group_interval": "1s"}
    receivers = [*configuration["receivers"], everybody]
    return configuration | {"receivers": receivers, "route": route | pace, "inhibit_rules": []}


def _alertmanager(folder: Path, port: int, inbox: Inbox) -> list[str]:
    (folder / "secrets").mkdir(parents=True)
    (folder / "secrets" / "slack-url").write_text(f"http://127.0.0.1:{inbox.web_port}/slack")
    (folder / "secrets" / "smtp-password").write_text("unasked")
    (folder / "secrets" / "webhook-token").write_text(TOKEN)
    shutil.copytree(CONFIGURATION.parent / "templates", folder / "templates")
    (folder / "alertmanager.yml").write_text(yaml.safe_dump(filled_in(folder, inbox)))
    options = [
        f"--config.file={folder}/alertmanager.yml",
        f"--storage.path={folder}/data",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
        "--log.level=warn",
    ]
    return [*_alertmanager_program(), *options]


def _alertmanager_program() -> list[str]:
    """The one on PATH; or Debian's, which looks for its templates in /usr/share and finds them where they are."""
    present = shutil.which("alertmanager") or shutil.which("prometheus-alertmanager")
    if present:
        return [present]
    package = unpacked("prometheus-alertmanager")
    inside = ["unshare", "--user", "--map-root-user", "--mount"]
    mounted = [*inside, "sh", "-c", 'mount --bind "$1" /usr/share && shift && exec "$@"', "sh", f"{package}/usr/share"]
    if not shutil.which("unshare") or subprocess.run([*mounted, "true"], capture_output=True).returncode:
        pytest.skip("needs an Alertmanager: none is on PATH, and Debian's can't be given its templates here (unshare)")
    return [*mounted, f"{package}/usr/bin/prometheus-alertmanager"]


def _prometheus(folder: Path, port: int, alertmanager_port: int, instances: dict[str, str]) -> list[str]:
    """The configuration is the project's, but for its pace; the rules are as they are."""
    prometheus.prepare(folder, instances, None)
    configuration = folder / "config" / "prometheus.yml"
    configuration.write_text(paced(configuration.read_text(), PACE))
    known = [{"targets": [f"127.0.0.1:{alertmanager_port}"]}]
    (folder / "config" / "targets" / "alertmanagers.yml").write_text(json.dumps(known))
    history.write(folder / "data", time.time(), instances)
    return [
        str(program("prometheus")),
        f"--config.file={configuration}",
        f"--storage.tsdb.path={folder}/data",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=warn",
        *_AT_ONCE,
    ]


def _answers(port: int, path: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as page:
            return bool(page.status == 200)
    except OSError:
        return False

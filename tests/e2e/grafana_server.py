"""A real Grafana with our provisioning, started as `tweetpulse up --dashboards` does."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.embedded import grafana
from pipeline.embedded.guard import guarded
from pipeline.embedded.ports import HOST, free_port
from pipeline.embedded.processes import let_live, unprivileged
from tests.e2e.flow import Flow
from tests.processes import until
from tests.stacks import state_folder

NAMED = "TWEETPULSE_TEST_GRAFANA"
MISSING = f"needs a Grafana: none is on PATH, and {NAMED} names no program of one"


@dataclass(frozen=True)
class Grafana:
    """A running Grafana; requests are those of an anonymous viewer."""

    port: int
    log: Path

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{HOST}:{self.port}"

    def ask(self, path: str, body: object = None) -> Any:
        """The JSON at a path; of a refusal too."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}{path}", data=data, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            return json.load(error)

    def rules(self) -> list[dict[str, Any]]:
        """All alert rules and how they are."""
        groups = self.ask("/api/prometheus/grafana/api/v1/rules")["data"]["groups"]
        return [rule for group in groups for rule in group["rules"]]


def installed() -> grafana.Installed | None:
    """The Grafana on PATH, or the program that TWEETPULSE_TEST_GRAFANA names; None if there is none."""
    named = os.environ.get(NAMED)
    return grafana.find(str(Path(named).absolute().parent) if named else None)


@contextmanager
def serving(installed: grafana.Installed, flow: Flow) -> Iterator[Grafana]:
    """It, looking at the flow's own servers, ended with the block."""
    port = free_port()
    with state_folder() as state_dir, guarded(state_dir):
        folder = state_dir / "grafana"
        grafana.prepare(folder, port, unprivileged())
        environment = grafana.environment(folder, flow.settings.elasticsearch, flow.prometheus.port)
        let_live(grafana.start(folder, installed, environment, unprivileged()))
        until(lambda: grafana.answers(port), "Grafana", timeout=180)
        yield Grafana(port, grafana.log_file(folder))

"""A real Grafana, started as `tweetpulse up --dashboards` does, shows it all."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from dashboards.grafana import config
from pipeline.embedded import grafana
from pipeline.embedded.guard import guarded
from pipeline.embedded.ports import free_port
from pipeline.embedded.processes import let_live, unprivileged
from tests.boards.grafana import ALERTS, boards, targets_of
from tests.e2e.flow import ENTITY, Flow
from tests.e2e.prometheus import PACE
from tests.processes import until
from tests.stacks import state_folder

NAMED = "TWEETPULSE_TEST_GRAFANA"
PANELS = [
    (board["uid"], title, targets) for board in boards() for title, targets in targets_of(board, entity=ENTITY).items()
]
_DAY = 24 * 3600

# The first test waits for the flow.
pytestmark = pytest.mark.timeout(900)


@dataclass(frozen=True)
class Grafana:
    """A running Grafana; requests are those of an anonymous viewer."""

    port: int
    log: Path

    def ask(self, path: str, body: object = None) -> Any:
        """The JSON at a path; of a refusal too."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=data, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            return json.load(error)

    def rules(self) -> list[dict[str, Any]]:
        """All alert rules and how they are."""
        groups = self.ask("/api/prometheus/grafana/api/v1/rules")["data"]["groups"]
        return [rule for group in groups for rule in group["rules"]]


@pytest.fixture(scope="package")
def installed() -> grafana.Installed:
    """The Grafana on PATH, or the program that TWEETPULSE_TEST_GRAFANA names."""
    named = os.environ.get(NAMED)
    found = grafana.find(str(Path(named).absolute().parent) if named else None)
    if found is None:
        pytest.skip(f"needs a Grafana: none is on PATH, and {NAMED} names no program of one")
    return found


@pytest.fixture(scope="package")
def server(installed: grafana.Installed, flow: Flow) -> Iterator[Grafana]:
    """It, with our provisioning, looking at the flow's own servers."""
    port = free_port()
    with state_folder() as state_dir, guarded(state_dir):
        folder = state_dir / "grafana"
        grafana.prepare(folder, port, unprivileged())
        environment = grafana.environment(folder, flow.settings.elasticsearch, flow.prometheus.port)
        let_live(grafana.start(folder, installed, environment, unprivileged()))
        until(lambda: grafana.answers(port), "Grafana", timeout=180)
        yield Grafana(port, grafana.log_file(folder))


def test_all_boards_are_there(server: Grafana) -> None:
    """Under their uids, in the folder that the alert rules are in too."""
    wanted = {board["uid"]: board["title"] for board in boards()}
    until(lambda: len(server.ask("/api/search?type=dash-db")) >= len(wanted), "the boards", timeout=60)
    found = server.ask("/api/search?type=dash-db")
    assert {board["uid"]: board["title"] for board in found} == wanted
    assert {board["folderTitle"] for board in found} == {config.FOLDER}
    assert len(server.ask("/api/search?type=dash-folder")) == 1


def test_all_rules_are_healthy(server: Grafana) -> None:
    """Each has been evaluated, without an error."""
    wanted = {rule["title"] for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]}
    until(lambda: all(rule["health"] != "unknown" for rule in server.rules()), "an evaluation", timeout=180)
    assert {rule["name"]: rule["health"] for rule in server.rules()} == dict.fromkeys(wanted, "ok")


@pytest.mark.parametrize(("uid", "title", "targets"), PANELS, ids=[f"{uid} / {title}" for uid, title, _ in PANELS])
def test_every_panel_shows_data(
    server: Grafana, flow: Flow, uid: str, title: str, targets: list[dict[str, Any]]
) -> None:
    """Asked as the browser asks, through Grafana's own data sources and expressions."""
    # Prometheus in steps of a scrape, or what lasted for seconds would be stepped over.
    start, step = (flow.begun, PACE) if any("expr" in target for target in targets) else (flow.ended - _DAY, 600)
    pace = {"interval": f"{step}s", "intervalMs": step * 1000, "maxDataPoints": 1000}
    asked = [pace | target for target in targets]
    span = {"from": str(int(start * 1000)), "to": str(int((flow.ended + 60) * 1000))}
    results = server.ask("/api/ds/query", {"queries": asked, **span})["results"]
    assert {ref: result["error"] for ref, result in results.items() if "error" in result} == {}
    drawn = {target["refId"] for target in targets if not target.get("hide")}
    assert {ref for ref in drawn if not _rows(results[ref])} == set()


def test_its_log_holds_no_error(server: Grafana) -> None:
    """Neither at its start nor while all of it was asked."""
    assert [line for line in server.log.read_text().splitlines() if "level=error" in line] == []


def _rows(result: dict[str, Any]) -> int:
    return sum(len(column) for frame in result["frames"] for column in frame["data"]["values"][:1])

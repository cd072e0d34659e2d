"""A real Grafana, started as `tweetpulse up --dashboards` does, shows it all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml
from playwright.sync_api import Browser

from dashboards.grafana import config
from pipeline.embedded.grafana import Installed
from tests.boards import browser, grafana_page
from tests.boards.grafana import ALERTS, boards, targets_of
from tests.e2e import grafana_server
from tests.e2e.flow import ENTITY, Flow
from tests.e2e.grafana_server import Grafana
from tests.e2e.prometheus import PACE
from tests.processes import until

PANELS = [
    (board["uid"], title, targets) for board in boards() for title, targets in targets_of(board, entity=ENTITY).items()
]
_DAY = 24 * 3600

# The first test waits for the flow.
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="package")
def installed() -> Installed:
    """The Grafana at hand."""
    found = grafana_server.installed()
    if found is None:
        pytest.skip(grafana_server.MISSING)
    return found


@pytest.fixture(scope="package")
def server(installed: Installed, flow: Flow) -> Iterator[Grafana]:
    """It, with our provisioning, looking at the flow's own servers."""
    with grafana_server.serving(installed, flow) as found:
        yield found


@pytest.fixture(scope="package")
def chromium(installed: Installed) -> Iterator[Browser]:
    """A browser to look at it."""
    with browser.at_hand() as found:
        yield found


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


@pytest.mark.parametrize("board", boards(), ids=lambda board: board["uid"])
def test_every_board_opens_in_a_browser(server: Grafana, flow: Flow, chromium: Browser, board: dict[str, Any]) -> None:
    """With all panels of its open rows, none of them in error."""
    start, end = (datetime.fromtimestamp(at, UTC) for at in (flow.begun, flow.ended))
    with browser.page(chromium, height=grafana_page.height(board)) as page:
        grafana_page.opened(page, server.url, board, start, end)
        assert grafana_page.in_error(page) == []


def test_its_log_holds_no_error(server: Grafana) -> None:
    """Neither at its start nor while all of it was asked."""
    assert [line for line in server.log.read_text().splitlines() if "level=error" in line] == []


def _rows(result: dict[str, Any]) -> int:
    return sum(len(column) for frame in result["frames"] for column in frame["data"]["values"][:1])

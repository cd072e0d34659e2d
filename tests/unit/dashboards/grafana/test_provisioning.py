"""The files that Grafana reads at its start."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from dashboards.grafana import config
from tests.boards.grafana import ALERTS, BOARDS, INDICES, boards, panels_of, queries_of, queries_of_alerts
from tests.paths import ROOT
from tests.unit.dashboards.grafana import contract

FOLDER = ROOT / "dashboards" / "grafana"
FILES = sorted((FOLDER / "provisioning").glob("*/*.yaml"))
DEFAULTS = dict(
    line.split("=", 1)
    for line in (FOLDER / "defaults.env").read_text().splitlines()
    if line and not line.startswith("#")
)
SOURCES = yaml.safe_load((FOLDER / "provisioning/datasources/tweetpulse.yaml").read_text())["datasources"]
RULES = [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]

each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["uid"])


def by_ref(rule: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {query["refId"]: query for query in rule["data"]}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name + "-" + path.stem)
def test_variables_have_a_default(path: Path) -> None:
    """Grafana knows no `${VAR:-default}`: each $VAR is in defaults.env."""
    code = "\n".join(line for line in path.read_text().splitlines() if not line.lstrip().startswith("#"))
    assert set(re.findall(r"\$\{?(TWEETPULSE_\w+)", code)) <= DEFAULTS.keys()
    assert "${" not in code


def test_defaults_are_all_used_and_on_loopback() -> None:
    """A default that no file reads is a name that has changed."""
    everything = "".join(path.read_text() for path in FILES)
    assert {name for name in DEFAULTS if f"${name}" not in everything} == set()
    assert {url.split(":")[1] for url in DEFAULTS.values() if url.startswith("http")} == {"//127.0.0.1"}


def test_data_sources_have_the_uids_that_boards_name() -> None:
    """And the names that the boards' choice of data source is fixed to."""
    named = {question.source for board in boards() for question in queries_of(board, entity="Acme")}
    choices = {
        v["regex"].strip("/^$") for board in boards() for v in board["templating"]["list"] if v["type"] == "datasource"
    }
    assert named == {source["uid"] for source in SOURCES}
    assert choices <= {source["name"] for source in SOURCES}


def test_data_sources_search_what_tests_search() -> None:
    """The alias of tweets, and the data streams of events."""
    indices = {s["uid"]: s["jsonData"]["index"] for s in SOURCES if s["type"] == "elasticsearch"}
    assert indices == INDICES
    assert not [s["uid"] for s in SOURCES if "interval" in s["jsonData"]]


def test_secrets_are_kept_as_secrets() -> None:
    """Passwords come from the environment, and only into what Grafana encrypts."""
    for source in SOURCES:
        plain = {key: value for key, value in source.items() if key != "secureJsonData"}
        assert "password" not in str(plain).lower()
        assert all(re.fullmatch(r"\$\w+", secret) for secret in source.get("secureJsonData", {}).values())


def test_prometheus_is_read_at_its_own_pace() -> None:
    """Or `$__rate_interval` would be too short for a rate."""
    scrape = yaml.safe_load((ROOT / "dashboards/prometheus/prometheus.yml").read_text())["global"]["scrape_interval"]
    assert [s["jsonData"]["timeInterval"] for s in SOURCES if s["type"] == "prometheus"] == [scrape]


def test_boards_come_from_files_alone() -> None:
    """No edit in the browser is overwritten by surprise; bind mounts are seen, since files are polled."""
    (provider,) = yaml.safe_load((FOLDER / "provisioning/dashboards/tweetpulse.yaml").read_text())["providers"]
    assert (provider["type"], provider["allowUiUpdates"]) == ("file", False)
    assert provider["updateIntervalSeconds"] > 10
    assert provider["folder"] == config.FOLDER
    assert "folderUid" not in provider
    assert BOARDS.is_dir()


@each_rule
def test_a_rule_is_complete(rule: dict[str, Any]) -> None:
    """A uid that fits, a condition that is there, and what to do; in the boards' own folder."""
    assert re.fullmatch(r"[a-z-]{1,40}", rule["uid"])
    assert rule["condition"] in by_ref(rule)
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert {"summary", "description"} <= rule["annotations"].keys()
    assert rule["annotations"]["runbook_url"] == f"docs/runbook.md#{rule['uid']}"
    assert (rule["noDataState"], rule["execErrState"]) == ("OK", "Error")


def test_rules_are_in_the_boards_folder() -> None:
    """A second folder of the same name would be confusing."""
    assert {group["folder"] for group in yaml.safe_load(ALERTS.read_text())["groups"]} == {config.FOLDER}


@each_rule
def test_a_rules_expressions_name_queries_that_are_there(rule: dict[str, Any]) -> None:
    """What names a refId that is not there passes provisioning and fails at evaluation."""
    refs = by_ref(rule)
    for ref, query in refs.items():
        assert query["model"]["refId"] == ref
        text = query["model"].get("expression", "")
        named = set(re.findall(r"\$(\w+)", text)) if query["model"].get("type") == "math" else {text} - {""}
        assert named <= refs.keys() - {ref}
    shown = set(re.findall(r"\$values\.(\w+)\.", " ".join(rule["annotations"].values())))
    assert shown <= refs.keys()


@each_rule
def test_a_rule_leads_to_a_panel_about_the_same(rule: dict[str, Any]) -> None:
    """The panel is there, and asks for a field that the rule asks for."""
    (board,) = [board for board in boards() if board["uid"] == rule["annotations"]["__dashboardUid__"]]
    (panel,) = [panel for panel in panels_of(board) if str(panel["id"]) == rule["annotations"]["__panelId__"]]
    assert "tweet.entity" in str(panel["targets"])


def test_rules_ask_for_series_of_fields_that_exist() -> None:
    """The last bucket is a time, and no variable is left: nobody chooses anything for a rule."""
    for question in queries_of_alerts():
        assert question.source == config.TWEETS
        assert question.fields <= contract.fields().keys(), question.where
        assert question.target["bucketAggs"][-1]["type"] == "date_histogram", question.where
        assert "$" not in question.target["query"], question.where


@pytest.mark.parametrize(
    ("half_hour", "day_and_half_hour", "expected"),
    [
        pytest.param((40, 100), (240, 1100), 20.0, id="20 % yesterday, 40 % now"),
        pytest.param((100, 500), (112, 560), 0.0, id="a storm as negative as yesterday"),
        pytest.param((300, 500), (312, 560), 40.0, id="a storm on a quiet brand: the storm itself is no yesterday"),
        pytest.param((49, 49), (249, 1049), 0.0, id="49 tweets are too few"),
        pytest.param((100, 100), (100, 149), 0.0, id="yesterday was too quiet"),
        pytest.param((100, 100), (100, 100), 0.0, id="nothing yesterday"),
        pytest.param((50, 100), (50, 1100), 50.0, id="nothing negative yesterday"),
    ],
)
def test_the_jump_is_against_the_own_last_day(
    half_hour: tuple[int, int], day_and_half_hour: tuple[int, int], expected: float
) -> None:
    """Percentage points of (negative, scored) in the last half hour above those of the day before it."""
    (rule,) = [rule for rule in RULES if rule["uid"] == "tweetpulse-negative-share-jumps"]
    refs = by_ref(rule)
    (e, f), (g, h) = half_hour, day_and_half_hour
    numbers: dict[str, float] = {"E": e, "F": f, "G": g, "H": h}
    for ref in ("S", "J"):
        numbers[ref] = eval(refs[ref]["model"]["expression"].replace("$", ""), {}, numbers)
    assert numbers["J"] == pytest.approx(expected)


def test_the_windows_of_the_jump_end_together() -> None:
    """Half an hour, and the day before with that half hour; the same queries twice."""
    (rule,) = [rule for rule in RULES if rule["uid"] == "tweetpulse-negative-share-jumps"]
    refs = by_ref(rule)
    ranges = {ref: refs[ref]["relativeTimeRange"] for ref in "ABCD"}
    queries = {ref: refs[ref]["model"]["query"] for ref in "ABCD"}
    short, long = {"from": 1800, "to": 0}, {"from": 86400 + 1800, "to": 0}
    assert ranges == {"A": short, "B": short, "C": long, "D": long}
    assert (queries["A"], queries["B"]) == (queries["C"], queries["D"])
    assert [refs[ref]["model"]["expression"] for ref in "EFGH"] == list("ABCD")


def test_one_contact_point_is_told_of_everything() -> None:
    """The Alertmanager's, which decides who is told."""
    folder = FOLDER / "provisioning" / "alerting"
    (point,) = yaml.safe_load((folder / "contact-points.yaml").read_text())["contactPoints"]
    (policy,) = yaml.safe_load((folder / "policies.yaml").read_text())["policies"]
    assert policy["receiver"] == point["name"]
    assert [receiver["type"] for receiver in point["receivers"]] == ["prometheus-alertmanager"]

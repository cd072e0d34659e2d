"""Prometheus' rules: valid, each seen to fire and not to fire, and each explained."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.boards.grafana import ALERTS as GRAFANA_ALERTS
from tests.paths import ROOT
from tests.rules.debian import program

PROMETHEUS = ROOT / "dashboards" / "prometheus"
RULES = sorted((PROMETHEUS / "rules").glob("*.yml"))
CASES = sorted(Path(__file__).parent.glob("*.test.yml"))
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text()


def rules() -> list[dict[str, Any]]:
    return [rule for path in RULES for group in yaml.safe_load(path.read_text())["groups"] for rule in group["rules"]]


ALERTS = [rule for rule in rules() if "alert" in rule]
RECORDED = [rule["record"] for rule in rules() if "record" in rule]
CONTENT = [rule for group in yaml.safe_load(GRAFANA_ALERTS.read_text())["groups"] for rule in group["rules"]]


def fires(case: dict[str, Any]) -> set[str]:
    """The alerts that a case of promtool's expects to fire."""
    tested = {test["alertname"] for test in case.get("alert_rule_test", ()) if test["exp_alerts"]}
    labels = " ".join(s["labels"] for test in case.get("promql_expr_test", ()) for s in test.get("exp_samples") or ())
    return tested | set(re.findall(r'alertname="(\w+)"', labels))


def check(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.name)
def test_rules_are_valid(path: Path) -> None:
    """promtool finds nothing wrong with the file, and no rule in it twice."""
    check(program("promtool"), "check", "rules", "--lint=all", "--lint-fatal", path)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.name)
def test_rules_fire_when_they_should(path: Path) -> None:
    """promtool runs the file's cases: simulated series in, alerts out."""
    check(program("promtool"), "test", "rules", path)


def test_each_rule_file_has_cases_of_its_own() -> None:
    """flow.yml is tested by flow.test.yml, and so on."""
    assert {path.name.replace(".yml", ".test.yml") for path in RULES} <= {path.name for path in CASES}


def test_each_alert_is_seen_to_fire() -> None:
    """An alert that no case makes fire may never do so."""
    cases = [case for path in CASES for case in yaml.safe_load(path.read_text())["tests"]]
    assert {rule["alert"] for rule in ALERTS} == set().union(*map(fires, cases))


def test_each_calm_case_expects_no_alert_at_any_time() -> None:
    """A busy half hour, idle minutes and replays wake nobody: ALERTS is looked at over the whole time."""
    cases = yaml.safe_load((Path(__file__).parent / "calm.test.yml").read_text())["tests"]
    first = [case["promql_expr_test"][0] for case in cases]
    assert [(test["expr"], test["exp_samples"]) for test in first] == [
        ('count_over_time(ALERTS{alertstate="firing"}[40m])', [])
    ] * len(cases)


def test_prometheus_takes_the_configuration() -> None:
    """With its rule files and its target files."""
    check(program("promtool"), "check", "config", PROMETHEUS / "prometheus.yml")


def test_the_alertmanager_takes_the_configuration() -> None:
    """The example is valid as it stands."""
    check(program("amtool", "prometheus-alertmanager"), "check-config", PROMETHEUS / "alertmanager.yml")


def test_targets_are_the_jobs() -> None:
    """Rules and boards select by these job names."""
    groups = yaml.safe_load((PROMETHEUS / "targets" / "processes.yml").read_text())
    assert [group["labels"]["job"] for group in groups] == [
        "tweetpulse-stream",
        "tweetpulse-exporter",
        "tweetpulse-source",
        "tweetpulse-windows",
        "tweetpulse-archive",
    ]


def test_inhibitions_name_alerts_that_exist() -> None:
    """An inhibition of an alert that was renamed would be silent about it."""
    found = set(re.findall(r"Tweetpulse\w+", (PROMETHEUS / "alertmanager.yml").read_text()))
    assert found <= {rule["alert"] for rule in ALERTS}


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: f"{rule['alert']}-{rule['labels']['severity']}")
def test_an_alert_says_what_and_where_to_read_on(rule: dict[str, Any]) -> None:
    """Severity, summary, description and its own entry of the runbook."""
    notes = rule["annotations"]
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert notes["summary"]
    assert notes["description"]
    assert notes["runbook_url"] == f"docs/runbook.md#{rule['alert'].lower()}"


@pytest.mark.parametrize("name", RECORDED)
def test_a_recorded_series_is_named_by_level_metric_and_operations(name: str) -> None:
    """As Prometheus' own practice has it."""
    assert re.fullmatch(r"(job|query|source|task_version):tweetpulse_[a-z_]+:[a-z_]+(\d+[mhd])?", name)


def test_each_alert_has_an_entry_in_the_runbook_and_each_entry_an_alert() -> None:
    """Nothing without a word on it, and no word on what is gone."""
    entries = re.findall(r"^## (.+)$", RUNBOOK, re.MULTILINE)
    assert sorted(entries) == sorted({rule["alert"] for rule in ALERTS} | {rule["uid"] for rule in CONTENT})


@pytest.mark.parametrize(
    "entry", re.split(r"^## ", RUNBOOK, flags=re.MULTILINE)[1:], ids=lambda entry: entry.split("\n")[0]
)
def test_an_entry_says_what_it_means_what_to_look_at_and_what_to_do(entry: str) -> None:
    """And what to look at is a command."""
    parts = re.findall(r"^\*\*(.+?)\*\*", entry, re.MULTILINE)
    assert parts == ["What it means.", "What to look at.", "What to do."]
    assert "```sh\n" in entry


def test_links_inside_the_runbook_lead_somewhere() -> None:
    """Each `#anchor` is a heading."""
    headings = {title.lower() for title in re.findall(r"^## (.+)$", RUNBOOK, re.MULTILINE)}
    assert set(re.findall(r"\]\(#([^)]+)\)", RUNBOOK)) <= headings

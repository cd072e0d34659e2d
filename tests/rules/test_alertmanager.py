"""Alertmanager's configuration and templates, as far as they can be judged without one that runs."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from dashboards.grafana import config
from dashboards.kibana.saved_searches import SEARCHES
from tests.boards.grafana import boards
from tests.rules.alerting import CONFIGURATION, SECRETS
from tests.rules.debian import program
from tests.rules.test_rules import ALERTS

TEMPLATES = sorted((CONFIGURATION.parent / "templates").glob("*.tmpl"))
TEXT = "".join(path.read_text() for path in TEMPLATES)
CONFIG: dict[str, Any] = yaml.safe_load(CONFIGURATION.read_text())
EXAMPLES = [receiver for receiver in CONFIG["receivers"] if receiver["name"] != "nobody"]


def test_nobody_is_told_until_a_route_names_somebody() -> None:
    """As it stands, nothing is sent anywhere."""
    routes = [CONFIG["route"], *CONFIG["route"]["routes"]]
    assert {route["receiver"] for route in routes} == {"nobody"}
    assert [receiver for receiver in CONFIG["receivers"] if receiver["name"] == "nobody"] == [{"name": "nobody"}]


def test_there_is_an_example_of_each_kind_that_tells_of_the_end_too() -> None:
    """Slack, e-mail, webhook."""
    kinds = {name for example in EXAMPLES for name in example if name != "name"}
    assert kinds == {"slack_configs", "email_configs", "webhook_configs"}
    assert all(each["send_resolved"] for example in EXAMPLES for kind in kinds for each in example.get(kind, ()))


def test_secrets_are_in_files_alone() -> None:
    """No password, token or secret address stands in the configuration, and addresses are nobody's."""
    text = CONFIGURATION.read_text()
    assert re.findall(r"\b(?:api_url|auth_password|auth_secret|password|credentials|bearer_token):", text) == []
    assert {path.rpartition("/")[0] for path in re.findall(r"\w+_file: ([^\s},]+)", text)} == {SECRETS}
    assert set(re.findall(r"[\w.-]+\.(?:com|org|net|io)\b", text)) == set()


def test_templates_that_are_named_are_defined_and_each_is_used() -> None:
    """A name that nothing defines fails only when an alert is sent."""
    defined = re.findall(r'define "([\w.]+)"', TEXT)
    used = re.findall(r'template "([\w.]+)"', TEXT + CONFIGURATION.read_text())
    assert sorted(defined) == sorted(set(used))


def test_templates_name_only_what_each_alert_has() -> None:
    """Or what they ask for first; `entity` and `tweets` are of Grafana's alerts alone."""
    named = set(re.findall(r"\.Annotations\.(\w+)", TEXT))
    assert named - {"entity", "tweets"} <= set.intersection(*(set(rule["annotations"]) for rule in ALERTS))
    assert set(re.findall(r"Labels\.(\w+)", TEXT)) - {"alertname"} <= set.intersection(
        *(set(rule["labels"]) for rule in ALERTS)
    )


def test_links_lead_to_boards_and_searches_that_exist() -> None:
    """Grafana's boards by their uids, Kibana's saved searches by their ids."""
    named = set(re.findall(r"(tweetpulse-(?:entity|models|pipeline))\b", TEXT))
    assert named == {config.ENTITY, config.MODELS, config.PIPELINE} <= {board["uid"] for board in boards()}
    assert set(re.findall(r"discover#/view/([\w-]+)", TEXT)) <= {search.id for search in SEARCHES}


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        (["firing"], "[critical] Kind: one"),
        (["firing", "firing"], "[critical] Kind: 2 firing"),
        (["firing", "resolved", "resolved"], "[critical] Kind: 1 firing, 2 resolved"),
        (["resolved", "resolved"], "[resolved] Kind: 2 resolved"),
        (["resolved"], "[resolved] Kind: one"),
    ],
)
def test_a_title_counts_what_fires_and_what_has_ended(tmp_path: Path, statuses: list[str], expected: str) -> None:
    """As amtool renders it."""
    alerts = [{"status": status, "labels": {}, "annotations": {}} for status in statuses]
    group = {
        "status": "firing" if "firing" in statuses else "resolved",
        "alerts": alerts,
        "commonLabels": {"alertname": "Kind", "severity": "critical"},
        "commonAnnotations": {"summary": "one"},
    }
    assert _rendered('{{ template "tweetpulse.title" . }}', group, tmp_path) == expected


def test_links_to_the_runbook_have_the_repository_before_them(tmp_path: Path) -> None:
    """Whoever fills in addresses.tmpl gets whole addresses."""
    ours = (CONFIGURATION.parent / "templates" / "tweetpulse.tmpl").read_text()
    (tmp_path / "tweetpulse.tmpl").write_text(ours)
    (tmp_path / "addresses.tmpl").write_text(
        '{{ define "tweetpulse.grafana" }}{{ end }}{{ define "tweetpulse.kibana" }}{{ end }}'
        '{{ define "tweetpulse.repository" }}https://git.example.org/main/{{ end }}'
    )
    alert = {"status": "firing", "labels": {}, "annotations": {"runbook_url": "docs/runbook.md#kind"}}
    text = '{{ template "tweetpulse.runbook" (index .Alerts 0) }}'
    assert (
        _rendered(text, {"alerts": [alert]}, tmp_path, tmp_path) == "https://git.example.org/main/docs/runbook.md#kind"
    )


def _rendered(text: str, group: dict[str, Any], scratch: Path, templates: Path = TEMPLATES[0].parent) -> str:
    data = scratch / "data.json"
    data.write_text(json.dumps(group))
    amtool = program("amtool", "prometheus-alertmanager")
    options = [f"--template.glob={templates}/*.tmpl", f"--template.text={text}", f"--template.data={data}"]
    done = subprocess.run([amtool, "template", "render", *options], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()

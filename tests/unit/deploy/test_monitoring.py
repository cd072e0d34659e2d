"""Rules, boards and jobs are those of everywhere else."""

from __future__ import annotations

import subprocess
import sys

import yaml

from tests.manifests import DEPLOY, built, of_kind, read, written
from tests.paths import ROOT

PROMETHEUS = ROOT / "dashboards" / "prometheus"


def test_generated_files_are_up_to_date() -> None:
    """Prometheus's rules and Elasticsearch's roles."""
    command = [sys.executable, str(DEPLOY / "generate.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_rules_of_the_operator_are_the_rules() -> None:
    """File by file, as Prometheus would read them."""
    specs = {one["metadata"]["name"]: one["spec"] for one in read(DEPLOY / "components/monitoring/rules.yaml")}
    files = (PROMETHEUS / "rules").glob("*.yml")
    assert specs == {f"tweetpulse-{path.stem}": yaml.safe_load(path.read_text()) for path in files}


def test_jobs_are_those_that_rules_ask_for() -> None:
    """A service's label names its job, and the monitor takes whatever has one."""
    [monitor] = of_kind(written(), "ServiceMonitor")
    label, [endpoint] = monitor["spec"]["jobLabel"], monitor["spec"]["endpoints"]
    assert monitor["spec"]["selector"] == {"matchExpressions": [{"key": label, "operator": "Exists"}]}
    services = [one for one in of_kind(written(), "Service") if label in one["metadata"]["labels"]]
    targets = yaml.safe_load((PROMETHEUS / "targets/processes.yml").read_text())
    wanted = {group["labels"]["job"] for group in targets}
    assert {one["metadata"]["labels"][label] for one in services} == wanted
    for service in services:
        assert endpoint["port"] in {port["name"] for port in service["spec"]["ports"]}
    scraped = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())["global"]
    assert (endpoint["interval"], endpoint["scrapeTimeout"]) == (scraped["scrape_interval"], scraped["scrape_timeout"])


def test_every_board_is_a_config_map() -> None:
    """As it was generated, with the label by which Grafana's sidecar finds it; it fits into one."""
    configs = of_kind(built("production"), "ConfigMap")
    labelled = [one for one in configs if one["metadata"].get("labels", {}).get("grafana_dashboard") == "1"]
    boards = {name: text for one in labelled for name, text in one["data"].items()}
    folder = ROOT / "dashboards/grafana/generated"
    assert boards == {path.name: path.read_text() for path in folder.glob("*.json")}
    assert max(map(len, boards.values())) < 1_000_000

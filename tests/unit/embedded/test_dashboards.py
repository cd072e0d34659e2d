"""The files and options with which Prometheus and Grafana are started."""

from __future__ import annotations

import configparser
from pathlib import Path

import pytest
import yaml
from pydantic import SecretStr

from pipeline.embedded import grafana, prometheus
from pipeline.sinks.elasticsearch.settings import ElasticsearchSettings
from tests.boards.grafana import boards
from tests.paths import ROOT

TARGETS = {"tweetpulse-stream": "127.0.0.1:1", "tweetpulse-exporter": "127.0.0.1:2"}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A Grafana as its archive unpacks."""
    home = tmp_path / "grafana-v12"
    for name in ("bin/grafana", "conf/defaults.ini"):
        (home / name).parent.mkdir(parents=True)
        (home / name).touch(mode=0o755)
    return home


def test_prometheus_gets_our_rules_and_its_own_targets(tmp_path: Path) -> None:
    """The configuration is the committed one; only where things listen is written anew."""
    prometheus.prepare(tmp_path / "prometheus", TARGETS, None)
    written, ours = tmp_path / "prometheus" / "config", ROOT / "dashboards" / "prometheus"
    for path in (path.relative_to(ours) for path in [*ours.glob("*.yml"), *ours.glob("rules/*.yml")]):
        assert (written / path).read_text() == (ours / path).read_text()
    groups = yaml.safe_load((written / "targets" / "processes.yml").read_text())
    assert {group["labels"]["job"]: group["targets"] for group in groups} == {j: [a] for j, a in TARGETS.items()}
    assert yaml.safe_load((written / "targets" / "alertmanagers.yml").read_text()) == []


def test_what_prometheus_is_told_again_replaces_what_it_was_told(tmp_path: Path) -> None:
    """A rule that is gone from the package is gone; the data stay."""
    prometheus.prepare(tmp_path / "prometheus", TARGETS, None)
    (tmp_path / "prometheus" / "data" / "kept").touch()
    (tmp_path / "prometheus" / "config" / "rules" / "old.yml").touch()
    prometheus.prepare(tmp_path / "prometheus", {}, None)
    assert (tmp_path / "prometheus" / "data" / "kept").exists()
    assert not (tmp_path / "prometheus" / "config" / "rules" / "old.yml").exists()
    assert yaml.safe_load((tmp_path / "prometheus" / "config" / "targets" / "processes.yml").read_text()) == []


def test_grafana_gets_all_boards_and_all_that_is_provisioned(tmp_path: Path) -> None:
    """And the folder of plugins that it would complain of."""
    folder = tmp_path / "grafana"
    grafana.prepare(folder, 1, None)
    assert {path.stem for path in (folder / "boards").iterdir()} == {board["uid"] for board in boards()}
    provisioned = {path.name for path in (folder / "provisioning").iterdir()}
    assert provisioned == {"alerting", "dashboards", "datasources", "plugins"}


def test_grafana_listens_on_loopback_and_lets_nobody_change_anything(tmp_path: Path) -> None:
    """Anonymous viewers alone: no user, and so no default password."""
    grafana.prepare(tmp_path / "grafana", 3003, None)
    ini = configparser.ConfigParser()
    ini.read(tmp_path / "grafana" / "grafana.ini")
    assert (ini["server"]["http_addr"], ini["server"]["http_port"]) == ("127.0.0.1", "3003")
    assert (ini["auth.anonymous"]["org_role"], ini["security"]["disable_initial_admin_creation"]) == ("Viewer", "true")
    assert Path(ini["dashboards"]["default_home_dashboard_path"]).is_file()
    assert Path(ini["paths"]["provisioning"]).is_dir()


def test_every_variable_of_the_provisioned_files_is_set(tmp_path: Path) -> None:
    """The defaults, but for what is known here; a password only where there is one."""
    own = ElasticsearchSettings(url="http://here:1", username="me", password=SecretStr("pa$word"))
    plain = grafana.environment(tmp_path, ElasticsearchSettings(url="http://here:1"), 9999)
    secret = grafana.environment(tmp_path, own, 9999)
    assert plain["TWEETPULSE_GRAFANA_PROMETHEUS_URL"] == "http://127.0.0.1:9999"
    assert plain["TWEETPULSE_GRAFANA_ELASTICSEARCH_URL"] == "http://here:1"
    assert plain["TWEETPULSE_GRAFANA_ELASTICSEARCH_PASSWORD"] == ""
    assert secret["TWEETPULSE_GRAFANA_ELASTICSEARCH_PASSWORD"] == "pa$word"
    assert plain["TWEETPULSE_GRAFANA_BOARDS"] == f"{tmp_path}/boards"
    assert "TWEETPULSE_GRAFANA_ALERTMANAGER_URL" in plain


def test_grafana_is_found_in_its_archive(home: Path) -> None:
    """Its home is where `conf` and `public` are."""
    assert grafana.find(str(home / "bin")) == grafana.Installed(home / "bin" / "grafana", home)


def test_a_link_on_path_leads_to_grafanas_home(home: Path, tmp_path: Path) -> None:
    """As people link what they unpack."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "grafana").symlink_to(home / "bin" / "grafana")
    assert grafana.find(str(tmp_path / "bin")) == grafana.Installed(home / "bin" / "grafana", home)


def test_a_grafana_without_its_home_is_none(home: Path) -> None:
    """Something else of that name; a script that a package puts there is no home, but the package has one."""
    packaged = home.with_name("packaged")
    home.rename(packaged)
    (home / "bin").mkdir(parents=True)
    (home / "bin" / "grafana").touch(mode=0o755)
    assert grafana.find(str(home / "bin"), home) is None
    assert grafana.find(str(home / "bin"), packaged) == grafana.Installed(packaged / "bin" / "grafana", packaged)

"""The Grafana that is on PATH, or one that was downloaded, with the project's boards, data sources and alert rules."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

from pipeline.embedded.ask import get
from pipeline.embedded.folders import give
from pipeline.embedded.ports import HOST
from pipeline.embedded.processes import Account, grafana_mark, spawn
from pipeline.sinks.elasticsearch.settings import ElasticsearchSettings

MISSING = (
    "Grafana is not on PATH: `tweetpulse up --dashboards --fetch` downloads it; or install the package of version 12.4 "
    "from https://grafana.com/grafana/download?edition=oss (from 13 on, the Elasticsearch data source is a download of "
    "its own)"
)
_PACKAGED = Path("/usr/share/grafana")
_CONFIGURATION = """\
[paths]
logs = {folder}/logs
plugins = {folder}/plugins
provisioning = {folder}/provisioning

[server]
http_addr = {host}
http_port = {port}

[log]
mode = console

[log.console]
format = text

[analytics]
reporting_enabled = false
check_for_updates = false
check_for_plugin_updates = false

[news]
news_feed_enabled = false

[plugins]
preinstall_disabled = true

[dashboards]
default_home_dashboard_path = {folder}/boards/tweetpulse-overview.json

# Whoever is on this machine may look, and nobody may change anything: there is no user, so there is no password.
[security]
disable_initial_admin_creation = true

[auth]
disable_login_form = true

[auth.anonymous]
enabled = true
org_role = Viewer
"""


@dataclass(frozen=True)
class Installed:
    """A Grafana: its program, and its home, where `conf` and `public` are."""

    program: Path
    home: Path


def find(path: str | None = None, packaged: Path = _PACKAGED, fetched: Iterable[Path] = ()) -> Installed | None:
    """The Grafana on PATH, else the first one that was downloaded; None if there is none.

    Args:
        path: looked in instead of PATH; folders, separated as PATH's are.
        packaged: the home of one that a package has installed.
        fetched: homes of those that were downloaded.
    """
    # Debian's package installs it in /usr/sbin, which only root has on PATH.
    places = os.pathsep.join([path or os.environ.get("PATH", os.defpath), "/usr/sbin"])
    found = shutil.which("grafana", path=places) or shutil.which("grafana-server", path=places)
    homes = [*([Path(found).resolve().parent.parent, packaged] if found else []), *fetched]
    # On PATH a package has only a script with its own options, so the program itself is taken.
    installed = (Installed(home / "bin" / "grafana", home) for home in homes if (home / "conf/defaults.ini").is_file())
    return next((one for one in installed if one.program.is_file()), None)


def log_file(folder: Path) -> Path:
    """The file of its log."""
    return folder / "grafana.log"


def prepare(folder: Path, port: int, account: Account | None) -> None:
    """Write the configuration, the boards and what is provisioned anew; the data stay."""
    for name in ("boards", "provisioning"):
        shutil.rmtree(folder / name, ignore_errors=True)
    with as_file(files("dashboards").joinpath("grafana")) as ours:
        shutil.copytree(ours / "generated", folder / "boards")
        shutil.copytree(ours / "provisioning", folder / "provisioning")
    # Grafana logs an error for a folder that is missing, but not for an empty one.
    for name in ("data", "logs", "plugins", "provisioning/plugins"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    text = _CONFIGURATION.format(folder=folder, host=HOST, port=port)
    (folder / "grafana.ini").write_text(text, encoding="utf-8")
    give(folder, account)


def start(
    folder: Path, installed: Installed, environment: Mapping[str, str], account: Account | None
) -> subprocess.Popen[bytes]:
    """Start it; its environment is what the provisioned files take their addresses from."""
    options = [f"--homepath={installed.home}", f"--config={folder}/grafana.ini", grafana_mark(folder.parent)]
    command = [str(installed.program), "server", *options]
    return spawn(command, folder=installed.home, log=log_file(folder), environment=environment, account=account)


def environment(folder: Path, elasticsearch: ElasticsearchSettings, prometheus_port: int) -> dict[str, str]:
    """The variables that provisioned files take from the environment; others stay as in `defaults.env`."""
    found = _defaults() | {
        "TWEETPULSE_GRAFANA_PROMETHEUS_URL": f"http://{HOST}:{prometheus_port}",
        "TWEETPULSE_GRAFANA_ELASTICSEARCH_URL": elasticsearch.url,
        "TWEETPULSE_GRAFANA_BOARDS": f"{folder}/boards",
    }
    if elasticsearch.username is not None and elasticsearch.password is not None:
        found["TWEETPULSE_GRAFANA_ELASTICSEARCH_USERNAME"] = elasticsearch.username
        found["TWEETPULSE_GRAFANA_ELASTICSEARCH_PASSWORD"] = elasticsearch.password.get_secret_value()
    if elasticsearch.ca_file is not None:
        # Go programs take their CA from this variable.
        found["SSL_CERT_FILE"] = str(elasticsearch.ca_file.absolute())
    return found


def answers(port: int) -> bool:
    """True if it has provisioned everything and answers."""
    return get(port, "/api/health").get("database") == "ok"


def version(port: int) -> str:
    """The version that the server names."""
    return str(get(port, "/api/health").get("version", "unknown"))


def _defaults() -> dict[str, str]:
    lines = files("dashboards").joinpath("grafana", "defaults.env").read_text(encoding="utf-8").splitlines()
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name: value for name, _, value in pairs}

"""Starts the Prometheus on PATH, or one that was downloaded, with the project's scrape configuration and rules."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from importlib.resources import as_file, files
from pathlib import Path

from pipeline.embedded.ask import get
from pipeline.embedded.folders import give
from pipeline.embedded.ports import HOST
from pipeline.embedded.processes import Account, prometheus_mark, spawn

MISSING = (
    "Prometheus is not on PATH: `tweetpulse up --dashboards --fetch` downloads it; or `apt-get install prometheus` on "
    "Debian (its own service is not needed), else https://prometheus.io/download"
)
_KEPT = ("--storage.tsdb.retention.time=15d", "--storage.tsdb.retention.size=512MB")


def find(fetched: Iterable[Path] = ()) -> Path | None:
    """The program on PATH, else in the first of these folders that has it; None if there is none."""
    found = shutil.which("prometheus")
    inside = (home / place for home in fetched for place in ("prometheus", "usr/bin/prometheus"))
    return Path(found) if found else next((path for path in inside if path.is_file()), None)


def log_file(folder: Path) -> Path:
    """The file of its log."""
    return folder / "prometheus.log"


def prepare(folder: Path, targets: Mapping[str, str], account: Account | None) -> None:
    """Write the configuration again; the data are kept.

    Args:
        folder: the server's folder.
        targets: job → address of its /metrics.
        account: the owner of the folder.
    """
    (folder / "data").mkdir(parents=True, exist_ok=True)
    shutil.rmtree(folder / "config", ignore_errors=True)
    with as_file(files("dashboards").joinpath("prometheus")) as ours:
        shutil.copytree(ours, folder / "config")
    processes = [{"targets": [address], "labels": {"job": job}} for job, address in targets.items()]
    for name, found in (("processes", processes), ("alertmanagers", [])):
        # Prometheus reads YAML; JSON is a subset of it and needs no library.
        (folder / "config" / "targets" / f"{name}.yml").write_text(json.dumps(found), encoding="utf-8")
    give(folder, account)


def start(folder: Path, program: Path, port: int, account: Account | None) -> subprocess.Popen[bytes]:
    """Start it."""
    command = [
        str(program),
        f"--config.file={folder}/config/prometheus.yml",
        f"--web.listen-address={HOST}:{port}",
        "--log.level=warn",
        *_KEPT,
        prometheus_mark(folder.parent),
    ]
    return spawn(command, folder=folder, log=log_file(folder), environment={}, account=account)


def answers(port: int) -> bool:
    """True if it has read its data and answers queries."""
    return version(port) != ""


def version(port: int) -> str:
    """The version that the server names; "" until it answers."""
    found = get(port, "/api/v1/status/buildinfo")
    return str(found["data"]["version"]) if found.get("status") == "success" else ""

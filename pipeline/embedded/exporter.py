"""The project's own exporter as one of the servers, so that lag is seen while the stream is down."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from pipeline import private_files
from pipeline.embedded.ports import HOST, is_open
from pipeline.embedded.processes import python_mark, spawn


def log_file(folder: Path) -> Path:
    """The file of its log."""
    return folder / "exporter.log"


def start(folder: Path, host: str, port: int) -> subprocess.Popen[bytes]:
    """Start it with this process's settings; as this process's user, whose checkpoints it reads."""
    private_files.make_folder(folder)
    own = {"TWEETPULSE_TELEMETRY__HOST": listening_host(host), "TWEETPULSE_TELEMETRY__EXPORTER_PORT": str(port)}
    state_dir = folder.parent
    command = [sys.executable, python_mark(state_dir), "-m", "exporters", "--state-dir", str(state_dir)]
    # Where it runs is where `.env` and `tweetpulse.toml` are looked for.
    return spawn(command, folder=Path.cwd(), log=log_file(folder), environment=os.environ | own, account=None)


def listening_host(host: str) -> str:
    """The address for a `telemetry.host`: `watch`, and the Prometheus beside it, ask on loopback."""
    return host if host in ("0.0.0.0", "::") else HOST  # noqa: S104 - where it was set


def answers(port: int) -> bool:
    """True if it listens. A page of it would wait for the servers that it asks."""
    return is_open(port)

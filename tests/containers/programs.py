"""The programs that the containers need: an engine, Compose, and what makes a base image."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

PACKAGES = {"dockerd": "docker.io", "iptables": "iptables", "debootstrap": "debootstrap"}
"""Program → Debian's package with it."""

COMPOSE = "github.com/docker/compose/v2/cmd@v2.33.1"
OLDEST = (2, 24)
"""The first Compose whose override files can take something away (`!reset`)."""


def require_an_engine() -> None:
    """Skip by name where none can be had; as root on Debian, install what is missing, and say so."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to run a Docker engine of its own")
    if not Path("/etc/debian_version").exists():
        pytest.skip("needs Debian, of which the base image and an engine are made")
    if any(process.info["name"] == "dockerd" for process in psutil.process_iter(["name"])):
        pytest.skip("needs a machine on which no Docker engine runs: two would write to the same rules of iptables")
    missing = [package for program, package in PACKAGES.items() if shutil.which(program) is None]
    if missing:
        sys.stderr.write(f"installing Debian's {', '.join(missing)}\n")
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update"], ["install", "--yes", "--no-install-recommends", *missing]):
            subprocess.run(["apt-get", "-qq", *command], check=True, env=environment, stdout=subprocess.DEVNULL)


def docker() -> str:
    """Debian's client before others on PATH: it belongs to the engine, and has BuildKit in it."""
    return "/usr/bin/docker" if Path("/usr/bin/docker").exists() else str(shutil.which("docker"))


def compose(folder: Path) -> list[str]:
    """The command of Compose: the one of this machine, or one that Go builds into a folder."""
    built = folder / "docker-compose"
    for command in ([str(built)], [docker(), "compose"], ["docker-compose"]):
        if shutil.which(command[0]) and (command[0] == str(built) or _version(command) >= OLDEST):
            return command
    if shutil.which("go") is None:
        pytest.skip(f"needs Docker Compose {'.'.join(map(str, OLDEST))} or newer, or Go to build it with")
    sys.stderr.write(f"building {COMPOSE}\n")
    places = {
        "GOBIN": str(folder),
        "GOPATH": str(folder / "go"),
        "GOFLAGS": "-modcacherw",
        "GOCACHE": str(folder / "go-build"),
    }
    subprocess.run(["go", "install", COMPOSE], check=True, env=os.environ | places, capture_output=True)
    (folder / "cmd").rename(built)
    for name in ("go", "go-build"):
        shutil.rmtree(folder / name)
    return [str(built)]


def _version(command: list[str]) -> tuple[int, ...]:
    told = subprocess.run([*command, "version", "--short"], capture_output=True, text=True, check=False).stdout
    return tuple(int(number) for number in re.findall(r"\d+", told)[:2])

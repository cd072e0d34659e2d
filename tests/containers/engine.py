"""A Docker engine of the tests' own: its data, its socket and its processes are in one folder, and go with it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import psutil

from tests.containers.programs import docker
from tests.paths import ROOT

BASE = "tweetpulse-test/python:local"
STAND_INS = ("kafka", "elasticsearch", "prometheus", "alertmanager")
IMAGES = ROOT / "tests/containers/images"
FORWARDING = Path("/proc/sys/net/ipv4/ip_forward")
WITHOUT_RULES = {
    "filter": "*filter\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\nCOMMIT\n",
    "nat": "*nat\n:PREROUTING ACCEPT\n:INPUT ACCEPT\n:OUTPUT ACCEPT\n:POSTROUTING ACCEPT\nCOMMIT\n",
}
"""The tables of iptables that an engine writes to, empty."""


class Engine:
    """Runs while the block does; the machine's network is then as it was."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = os.environ | {"DOCKER_HOST": f"unix://{folder}/docker.sock", "DOCKER_BUILDKIT": "1"}
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Engine:
        self._forwarding, self._rules = FORWARDING.read_text(), _iptables("iptables-save")
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        # What an engine leaves behind in a machine's network.
        subprocess.run(["umount", "--quiet", str(self.folder / "run/netns/default")], check=False)
        missing = "".join(rules for table, rules in WITHOUT_RULES.items() if f"*{table}\n" not in self._rules)
        _iptables("iptables-restore", self._rules + missing)
        FORWARDING.write_text(self._forwarding)

    def start(self) -> None:
        """Start it, and wait until it answers. It brings the containers back that ran."""
        command = ["dockerd", "--bridge", "none", "--host", f"unix://{self.folder}/docker.sock"]
        places = {"--data-root": "data", "--exec-root": "run", "--pidfile": "dockerd.pid"}
        for option, name in places.items():
            command += [option, str(self.folder / name)]
        with (self.folder / "dockerd.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        for _ in range(120):
            if self._process.poll() is not None:
                break
            if self.run("info", check=False).returncode == 0:
                return
            time.sleep(0.5)
        raise AssertionError((self.folder / "dockerd.log").read_text()[-2000:])

    def stop(self) -> None:
        """End it, and the containers with it."""
        if self._process:
            self._process.terminate()
            self._process.wait(timeout=120)
            self._process = None

    def processes(self) -> list[psutil.Process]:
        """The engine's own: itself, and a proxy for each port that is published."""
        if self._process is None:
            return []
        own = psutil.Process(self._process.pid)
        return [own, *own.children(recursive=True)]

    def run(self, *arguments: str, check: bool = True, **options: Any) -> subprocess.CompletedProcess[str]:
        """Docker's client."""
        done = subprocess.run(
            [docker(), *arguments], capture_output=True, text=True, check=False, env=self.environment, **options
        )
        if check and done.returncode:
            raise AssertionError(f"docker {' '.join(arguments)}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done

    def inspect(self, name: str) -> dict[str, Any]:
        """All that the engine tells of a container or of an image."""
        found: dict[str, Any] = json.loads(self.run("inspect", name).stdout)[0]
        return found

    def make_base(self) -> None:
        """The base image, out of Debian's packages."""
        if self.run("images", "--quiet", BASE).stdout:
            return
        root = self.folder / "base"
        with (self.folder / "base.log").open("wb") as log:
            subprocess.run(["sh", str(IMAGES / "base.sh"), str(root)], check=True, stdout=log, stderr=log)
        with subprocess.Popen(["tar", "-C", str(root), "-c", "."], stdout=subprocess.PIPE) as packed:
            self.run("import", "-", BASE, stdin=packed.stdout)
        shutil.rmtree(root)

    def make_stand_ins(self) -> None:
        """What stands for the images that can't be pulled; the image of tweetpulse must be there."""
        for name in STAND_INS:
            options = ("--network", "host", "--build-arg", f"PYTHON_IMAGE={BASE}", "--target", name)
            self.run("build", *options, "--tag", f"tweetpulse-test/{name}:local", str(IMAGES))


def _iptables(command: str, rules: str | None = None) -> str:
    return subprocess.run([command], input=rules, capture_output=True, text=True, check=True).stdout

"""The whole of compose.yaml, as a project of its own with random secrets."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.containers.engine import BASE, Engine
from tests.paths import ROOT
from tests.processes import until

PROJECT = "tweetpulse-test"
FILES = (ROOT / "compose/compose.yaml", ROOT / "tests/containers/override.yaml")
BOOKS = ROOT / "tests/containers/books.py"
PROFILES = ("demo", "windows", "archive")
LOCK = "requirements-archive.lock"
"""What the image installs: with what the archive needs."""
PATIENCE = 300.0
"""Seconds for what takes one on a quiet machine."""

SOON = 3.0
"""Seconds behind Kafka that are no lag any more."""


@dataclass(frozen=True)
class Books:
    """The comparison of Kafka with Elasticsearch (see `books.py`)."""

    records: int
    repeats: int
    scored: int
    rejected: int
    lost: int
    twice: int

    @property
    def balance(self) -> bool:
        """True if each record is a document, once."""
        return not self.lost and not self.twice and self.records - self.repeats == self.scored + self.rejected


class Stack:
    """The project: its containers and volumes."""

    def __init__(self, engine: Engine, compose: list[str]) -> None:
        self.engine = engine
        self._compose = compose
        self._environment = engine.folder / "project/.env"

    @property
    def secrets(self) -> dict[str, str]:
        """Variable → value, of all that are secret."""
        lines = self._environment.read_text().splitlines()
        pairs = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
        return {name: value for name, value in pairs.items() if re.fullmatch(r"[0-9a-f]{48}", value)}

    def make_secrets(self) -> None:
        """An `.env` as `make-env.sh` makes it, but for the base image, and with what the archive needs."""
        folder = self._environment.parent
        folder.mkdir(exist_ok=True)
        self._environment.unlink(missing_ok=True)
        for name in ("make-env.sh", ".env.example"):
            shutil.copy(ROOT / "compose" / name, folder)
        subprocess.run(["sh", folder / "make-env.sh"], check=True, capture_output=True)
        text = re.sub(r"^PYTHON_IMAGE=.*", f"PYTHON_IMAGE={BASE}", self._environment.read_text(), flags=re.M)
        self._environment.write_text(re.sub(r"^IMAGE_LOCK=.*", f"IMAGE_LOCK={LOCK}", text, flags=re.M))

    def compose(self, *arguments: str, check: bool = True) -> str:
        """What Compose printed."""
        done = subprocess.run(
            self._command(*arguments), capture_output=True, text=True, check=False, env=self.engine.environment
        )
        if check and done.returncode:
            raise AssertionError(f"compose {' '.join(arguments)}: {done.stdout[-2000:]}{done.stderr[-3000:]}")
        return done.stdout

    def _command(self, *arguments: str) -> list[str]:
        files = [word for file in FILES for word in ("--file", str(file))]
        options = ["--project-name", PROJECT, "--env-file", str(self._environment), *files]
        profiles = [word for profile in PROFILES for word in ("--profile", profile)]
        return [*self._compose, *options, *profiles, *arguments]

    def up(self) -> float:
        """Start all that is not there, and wait until it is healthy; the seconds it took."""
        begun = time.monotonic()
        self.compose("up", "--detach", "--wait", "--no-build")
        return time.monotonic() - begun

    def services(self) -> dict[str, dict[str, Any]]:
        """Service → what Compose tells of its container, of those that end too."""
        lines = self.compose("ps", "--all", "--format", "json").splitlines()
        return {found["Service"]: found for found in map(json.loads, lines)}

    def container(self, service: str) -> str:
        """The name of a service's container."""
        return f"{PROJECT}-{service}-1"

    def healthy(self, service: str) -> bool:
        """True if its health command says so."""
        state = self.engine.inspect(self.container(service))["State"]
        return bool(state["Running"] and state["Health"]["Status"] == "healthy")

    def kill(self, service: str) -> None:
        """End the main process as the kernel does for lack of memory.

        Not by `docker kill`: what the engine is told to end stays ended, whatever its restart policy is.
        """
        os.kill(self.engine.inspect(self.container(service))["State"]["Pid"], signal.SIGKILL)

    def restarts(self, service: str) -> int:
        """How often the engine has started the container again."""
        return int(self.engine.inspect(self.container(service))["RestartCount"])

    def burst(self, count: int) -> subprocess.Popen[bytes]:
        """Start to publish so many tweets at once, and wait until the stream is in the middle of them."""
        command = self._command("run", "--rm", "--no-deps", "--no-TTY", "demo", "generate", "--rate", "max")
        process = subprocess.Popen(
            [*command, "--count", str(count)],
            env=self.engine.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until(lambda: self.behind() > count / 20, "the stream has much to read", PATIENCE)
        return process

    def behind(self) -> float:
        """Records that the stream is behind Kafka, as the exporter tells; 0 if it can't tell now."""
        found = re.findall(r"^tweetpulse_stream_lag_records{.*} (\S+)$", self._page("exporter", 9109), re.M)
        return sum(map(float, found))

    def lag(self) -> float | None:
        """Seconds that the stream is behind Kafka, as the exporter tells; None if it can't tell now."""
        text = self._page("exporter", 9109)
        found = re.findall(r"^tweetpulse_stream_lag_seconds{.*} (\S+)$", text, re.M)
        broken = re.search(r'^tweetpulse_exporter_scrape_success{collector="stream_lag"} 0', text, re.M)
        return None if broken or not found else max(map(float, found))

    def read(self) -> float:
        """Records that the stream has read since its own start."""
        return self.total("stream", 9108, "tweetpulse_records_read_total")

    def total(self, service: str, port: int, metric: str) -> float:
        """The sum of a metric's series; 0 where the service does not answer, or has none."""
        found = re.findall(rf"^{metric}(?:{{.*}})? (\S+)$", self._page(service, port), re.M)
        return sum(map(float, found))

    def caught_up(self) -> bool:
        """True if the stream reads, and is not behind."""
        lag = self.lag()
        return lag is not None and lag < SOON and self.read() > 0

    def recovers(self, what: str, ready: Callable[[], bool] = lambda: True) -> float:
        """Seconds until the stream has caught up again."""
        return until(lambda: ready() and self.caught_up(), f"the stream has caught up after {what}", PATIENCE)

    def books(self) -> Books:
        """The comparison, when nothing is under way: the demo is paused meanwhile."""
        self.compose("pause", "demo")
        until(lambda: self.lag() == 0, "the stream has read all", PATIENCE)
        told = self.python("exporter", BOOKS)
        self.compose("unpause", "demo")
        return Books(**json.loads(told.splitlines()[-1]))

    def python(self, service: str, program: Path) -> str:
        """What a program prints in a container of its own, with a service's user, rights and network."""
        mount = f"{program}:/test/{program.name}:ro"
        options = ("--rm", "--no-deps", "--no-TTY", "--volume", mount, "--entrypoint", "python")
        return self.compose("run", *options, service, f"/test/{program.name}")

    def prometheus(self, path: str) -> Any:
        """What Prometheus's API answers."""
        return json.loads(self._page("prometheus", 9090, f"/api/v1/{path}"))["data"]

    def _page(self, service: str, port: int, path: str = "/metrics") -> str:
        networks = self.engine.inspect(self.container(service))["NetworkSettings"]["Networks"]
        address = networks[f"{PROJECT}_inside"]["IPAddress"]
        try:
            with urllib.request.urlopen(f"http://{address}:{port}{path}", timeout=10) as answer:
                return str(answer.read().decode())
        except OSError:
            return ""

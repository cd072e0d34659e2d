"""`tweetpulse doctor` as people and scripts meet it, with servers that are there, away and frozen."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pipeline import bootstrap
from pipeline.embedded.ports import free_port
from pipeline.settings import Settings
from tests.paths import ROOT
from tests.processes import environment
from tests.stacks import MakeStack, settings_of

PATIENCE = 15.0
"""Seconds within which it answers whatever is away, beyond what starting a process takes on this machine."""

SECRETS = {
    "TWEETPULSE_KAFKA__USERNAME": "stream",
    "TWEETPULSE_KAFKA__PASSWORD": "open-sesame-1",
    "TWEETPULSE_ELASTICSEARCH__API_KEY": "b3Blbi1zZXNhbWUtMg==",
    "TWEETPULSE_ELASTICSEARCH__USERNAME": "stream",
    "TWEETPULSE_ELASTICSEARCH__PASSWORD": "open-sesame-3",
    "TWEETPULSE_KIBANA__URL": "http://127.0.0.1:1",
    "TWEETPULSE_KIBANA__PASSWORD": "open-sesame-4",
    "TWEETPULSE_TWITTER__BEARER_TOKEN": "open-sesame-5",
    "TWEETPULSE_MODELS__REGISTRY": "s3://bucket/models?endpoint_override=http://127.0.0.1:1&secret_key=open-sesame-6",
}


def doctor(settings: Settings, *options: str, **more: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    command = [sys.executable, "-m", "pipeline", "doctor", *options]
    env = environment(settings) | more
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False)


def findings(done: subprocess.CompletedProcess[str]) -> list[Mapping[str, Any]]:
    told: list[Mapping[str, Any]] = json.loads(done.stdout)["findings"]
    return told


@pytest.fixture
def ready(settings: Settings) -> Settings:
    bootstrap.set_up(settings, switch=True)
    return settings


def test_all_is_well(ready: Settings) -> None:
    """A line per finding, exit code 0, nothing on standard error."""
    done = doctor(ready)
    lines = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (0, "")
    assert {line.split()[0] for line in lines[:-1]} == {"ok"}
    assert lines[-1] == f"faults: 0, warnings: 0, ok: {len(lines) - 1}"


def test_a_fault(settings: Settings) -> None:
    """Exit code 3; as JSON each finding has its level, subject, text and cure."""
    done = doctor(settings, "--json")
    topics = [finding for finding in findings(done) if finding["subject"] == "topics"]
    assert done.returncode == 3
    assert [set(finding) for finding in topics] == [{"level", "subject", "what", "cure"}] * 4
    assert {(finding["level"], finding["cure"]) for finding in topics} == {("fault", "tweetpulse setup")}


def test_everything_away(settings: Settings, tmp_path: Path) -> None:
    """Each server is one fault, checks of its content are left out, no secret is printed, and it is quick."""
    ports = [free_port(), free_port()]
    away = {
        "TWEETPULSE_KAFKA__BOOTSTRAP_SERVERS": f"127.0.0.1:{ports[0]}",
        "TWEETPULSE_ELASTICSEARCH__URL": f"http://127.0.0.1:{ports[1]}",
        "TWEETPULSE_STATE_DIR": str(tmp_path / "state"),
    }
    began = time.monotonic()
    done = doctor(settings, "--json", **SECRETS | away)
    took = time.monotonic() - began
    levels = {finding["subject"]: finding["level"] for finding in findings(done)}
    assert {subject for subject, level in levels.items() if level == "fault"} == {
        "kafka",
        "elasticsearch",
        "models",
        "kibana",
    }
    assert levels["topics"] == levels["templates"] == levels["roles"] == levels["lag"] == "warning"
    assert (done.returncode, done.stderr) == (3, "")
    assert "sesame" not in done.stdout
    assert SECRETS["TWEETPULSE_ELASTICSEARCH__API_KEY"] not in done.stdout
    assert took < PATIENCE + started(settings)


def test_frozen_servers(make_stack: MakeStack, tmp_path: Path) -> None:
    """They take connections and answer nothing: that is one fault each, too, and soon."""
    stack = make_stack()
    settings = settings_of(stack, mark="frozen", folder=tmp_path)
    with frozen(stack.kafka.pid, stack.elasticsearch.pid):
        began = time.monotonic()
        done = doctor(settings, "--json")
        took = time.monotonic() - began
    faults = {finding["subject"] for finding in findings(done) if finding["level"] == "fault"}
    assert faults == {"kafka", "elasticsearch"}
    assert took < PATIENCE + started(settings)


def test_a_registry_that_hangs(ready: Settings) -> None:
    """Its time is limited, and so is the end of the process, whatever its library waits for."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        uri = f"s3://bucket/models?endpoint_override=127.0.0.1:{silent.getsockname()[1]}&scheme=http&region=x"
        account = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none"}
        began = time.monotonic()
        done = doctor(ready, "--json", TWEETPULSE_MODELS__REGISTRY=uri, **account)
        took = time.monotonic() - began
    told = [finding["what"] for finding in findings(done) if finding["level"] == "fault"]
    assert (done.returncode, told) == (3, ["models did not answer within 12 s"])
    assert took < PATIENCE + started(ready)


@contextmanager
def frozen(*pids: int) -> Iterator[None]:
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def started(settings: Settings) -> float:
    """Seconds that a process of ours takes to start at all, as busy as the machine is."""
    began = time.monotonic()
    subprocess.run([sys.executable, "-m", "pipeline", "doctor", "--help"], cwd=ROOT, capture_output=True, check=True)
    return time.monotonic() - began

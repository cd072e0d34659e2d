"""`status`, beside a demo; where `watch` finds the stack's exporter."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline.cli.app import main
from pipeline.embedded.discover import exporter_url
from pipeline.embedded.info import ServerInfo, ServerName, StackInfo, save
from pipeline.embedded.processes import python_mark, started_at
from pipeline.settings import load

Status = Callable[..., int]

pytestmark = pytest.mark.usefixtures("bare", "logging_restored")


@pytest.fixture
def demo(bare: Path) -> Iterator[Path]:
    """The folder of a demo, of which one process runs."""
    folder = bare / "state" / "demo"
    folder.mkdir(parents=True)
    command = [sys.executable, python_mark(folder), "-c", "import time; print(1, flush=True); time.sleep(600)"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        (folder / "pid").write_text(str(process.pid))
        yield folder
        process.kill()


def server(name: ServerName, pid: int, port: int = 1) -> ServerInfo:
    return ServerInfo(name=name, address=f"here:{port}", port=port, version="1", pid=pid, started=started_at(pid))


@pytest.fixture
def status(monkeypatch: pytest.MonkeyPatch) -> Status:
    """Runs the command with these arguments; its exit code."""

    def run(*arguments: str) -> int:
        monkeypatch.setattr("sys.argv", ["tweetpulse", "--state-dir", "state", "status", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0)

    return run


def test_no_demo(status: Status, capsys: pytest.CaptureFixture[str]) -> None:
    """Then none is told of."""
    assert status() == 3
    assert "demo" not in capsys.readouterr().out
    assert status("--json") == 3
    assert json.loads(capsys.readouterr().out)["demo"] is None


def test_a_demo_that_starts(demo: Path, status: Status, capsys: pytest.CaptureFixture[str]) -> None:
    """It runs before its servers are known. The servers of `up` are stopped all the same, and so says the exit code."""
    assert status() == 3
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines[1:3]] == [["kafka", "stopped"], ["elasticsearch", "stopped"]]
    assert lines[4:] == [f"a demo is starting, or ending, in {demo}"]


def test_a_demo_that_runs(demo: Path, status: Status, capsys: pytest.CaptureFixture[str]) -> None:
    """Its folder, and how each of its servers is."""
    pid = int((demo / "pid").read_text())
    save(StackInfo(state_dir=demo, servers=(server("kafka", pid),)))
    assert status() == 3
    lines = capsys.readouterr().out.splitlines()
    assert lines[4] == f"a demo runs in {demo}:"
    assert lines[6].split()[:4] == ["kafka", "not", "answering", "here:1"]
    assert status("--json") == 3
    told = json.loads(capsys.readouterr().out)["demo"]
    assert (told["state_dir"], told["servers"][0]["pid"]) == (str(demo), pid)


def test_where_watch_finds_the_exporter(demo: Path) -> None:
    """The stack's own while it runs, else where the settings say."""
    pid = int((demo / "pid").read_text())
    save(StackInfo(state_dir=demo, servers=(server("exporter", pid, 4711),)))
    assert exporter_url(load(state_dir=demo)) == "here:4711"
    gone = server("exporter", pid, 4711).model_copy(update={"started": 1.0})
    save(StackInfo(state_dir=demo, servers=(gone,)))
    assert exporter_url(load(state_dir=demo)) is None
    assert exporter_url(load(state_dir=demo.parent)) is None

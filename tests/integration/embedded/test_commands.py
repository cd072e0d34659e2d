"""`up`, `down` and `status` as a person calls them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from elasticsearch import Elasticsearch

from pipeline.embedded.info import ServerInfo, ServerName, StackInfo, load
from pipeline.embedded.processes import of_stack
from pipeline.embedded.stack import start
from tests.stacks import MakeStack, stack_settings

FREE_PORTS = ("--kafka-port", "0", "--elasticsearch-port", "0")


def command(state_dir: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "pipeline", "--state-dir", str(state_dir), *arguments]


def run(state_dir: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(state_dir, *arguments), check=False, capture_output=True, text=True, env={**os.environ, **environment}
    )


def states(state_dir: Path) -> tuple[int, dict[str, str]]:
    """The exit code and the states that `status --json` gives."""
    done = run(state_dir, "status", "--json")
    return done.returncode, {server["name"]: server["state"] for server in json.loads(done.stdout)["servers"]}


def kill(*pids: int) -> None:
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)], timeout=10)


def test_status_prints_addresses_versions_states_and_processes(stack: StackInfo) -> None:
    """All of it as one JSON object; the exit code is 0 where all run."""

    def shape(name: str, server: Any) -> dict[str, Any]:
        return {
            "name": name,
            "state": "running",
            "address": server.address,
            "version": server.version,
            "pid": server.pid,
            "cause": None,
        }

    done = run(stack.state_dir, "status", "--json")
    servers = json.loads(done.stdout)["servers"]
    sizes = [server.pop("size_bytes") for server in servers]
    assert servers == [shape("kafka", stack.kafka), shape("elasticsearch", stack.elasticsearch)]
    assert all(size > 0 for size in sizes)
    assert done.returncode == 0


def test_up_again_starts_only_what_is_missing(make_stack: MakeStack) -> None:
    """Servers that run are told of, not started twice. The exporter comes too: lag is seen while no stream runs."""
    mine = make_stack()
    done = run(mine.state_dir, "up")
    assert (done.returncode, mine.kafka.address in done.stdout) == (0, True), done.stderr
    exporter = _server(mine.state_dir, "exporter")
    assert exporter.address in done.stdout
    known = {mine.kafka.pid, mine.elasticsearch.pid, exporter.pid}
    assert {process.pid for process in of_stack(mine.state_dir)} == known
    assert run(mine.state_dir, "generate", "--rate", "max", "--count", "50").returncode == 0
    (told,) = (line for line in run(mine.state_dir, "watch", "--once").stdout.splitlines() if "lag" in line)
    assert "no stream" in told
    assert "lag 50 (" in told
    assert states(mine.state_dir) == (0, dict.fromkeys(("kafka", "elasticsearch", "exporter"), "running"))
    assert run(mine.state_dir, "up").returncode == 0
    assert {process.pid for process in of_stack(mine.state_dir)} == known
    assert run(mine.state_dir, "down").returncode == 0
    assert of_stack(mine.state_dir) == []


def test_a_search_is_answered_as_soon_as_elasticsearch_is_ready(make_stack: MakeStack) -> None:
    """Also after a restart with many indices, of which each takes its time to be there."""
    mine = make_stack()
    with Elasticsearch(mine.elasticsearch.address) as client:
        for number in range(40):
            client.index(index=f"many-{number}", document={"a": 1}, refresh=True)
    kill(mine.elasticsearch.pid)
    again = start(stack_settings(mine.state_dir))
    with Elasticsearch(again.elasticsearch.address, retry_on_timeout=False, max_retries=0) as client:
        answer = client.search(index="many-*", size=0)
    assert (answer["_shards"]["failed"], answer["hits"]["total"]["value"]) == (0, 40)


def test_a_stack_that_is_not_there_is_stopped(state_dir: Path) -> None:
    """`status` says so with exit code 3; `down` is content."""
    assert states(state_dir) == (3, {"kafka": "stopped", "elasticsearch": "stopped"})
    assert run(state_dir, "down").returncode == 0


@pytest.mark.parametrize("server", ["kafka", "elasticsearch"])
def test_a_taken_port_is_one_line(stack: StackInfo, state_dir: Path, server: str) -> None:
    """It names the port, its holder and the option, exits with 3, and starts nothing."""
    port = getattr(stack, server).port
    done = run(state_dir, "up", *FREE_PORTS, f"--{server}-port", str(port))
    assert done.returncode == 3
    assert done.stderr.count("\n") == 1
    assert f"port {port}" in done.stderr
    assert f"--{server}-port" in done.stderr
    assert of_stack(state_dir) == []


def test_a_full_disk_is_one_line(state_dir: Path) -> None:
    """Before anything is started."""
    done = run(state_dir, "up", *FREE_PORTS, TWEETPULSE_EMBEDDED__MINIMUM_FREE_BYTES=str(10**18))
    assert (done.returncode, done.stderr.count("\n")) == (3, 1)
    assert "free some, or choose another with --state-dir" in done.stderr


def test_a_server_that_dies_is_explained_and_nothing_stays(state_dir: Path) -> None:
    """A memory setting that Elasticsearch can't start with ends both servers and says which setting it is."""
    done = run(state_dir, "up", *FREE_PORTS, TWEETPULSE_EMBEDDED__ELASTICSEARCH_HEAP="1m")
    assert done.returncode == 3
    assert "Elasticsearch did not start: its memory is set wrong" in done.stderr
    assert "Traceback" not in done.stderr
    assert of_stack(state_dir) == []


def test_servers_of_ones_own_are_not_started(state_dir: Path) -> None:
    """Whoever sets both addresses needs no stack, and is told so."""
    own = {"TWEETPULSE_KAFKA__BOOTSTRAP_SERVERS": "mine:9092", "TWEETPULSE_ELASTICSEARCH__URL": "http://mine:9200"}
    done = run(state_dir, "up", **own)
    assert (done.returncode, done.stdout.count("is your own")) == (0, 2)
    assert of_stack(state_dir) == []


def test_ctrl_c_while_starting_leaves_no_process(state_dir: Path) -> None:
    """Both servers are on their way when the person changes their mind."""
    with subprocess.Popen(command(state_dir, "up", *FREE_PORTS), stderr=subprocess.PIPE, text=True) as up:
        assert up.stderr is not None
        until = time.monotonic() + 60
        while len(of_stack(state_dir)) < 2 and time.monotonic() < until:
            time.sleep(0.05)
        up.send_signal(signal.SIGINT)
        complaint = up.stderr.read()
    assert (up.returncode, "Traceback" in complaint) == (130, False)
    assert of_stack(state_dir) == []


def test_a_killed_server_is_seen_and_repaired(make_stack: MakeStack, stack: StackInfo) -> None:
    """Beside another stack: `status` calls it dead, `up` starts it again where it was, `down` ends only its own."""
    mine = make_stack()
    kill(mine.kafka.pid, mine.elasticsearch.pid)
    assert states(mine.state_dir) == (3, {"kafka": "dead", "elasticsearch": "dead"})
    repaired = start(stack_settings(mine.state_dir))
    assert repaired.kafka.address == mine.kafka.address
    assert repaired.elasticsearch.address == mine.elasticsearch.address
    assert states(mine.state_dir)[0] == 0
    assert run(mine.state_dir, "down").returncode == 0
    assert of_stack(mine.state_dir) == []
    assert states(stack.state_dir)[0] == 0


def test_temporary_files_are_the_stacks_own_and_go_with_it(make_stack: MakeStack) -> None:
    """Also where the servers are killed: then the next start removes what they left."""
    mine = make_stack()
    folder = mine.state_dir / "elasticsearch" / "tmp"
    left = {path.name for path in folder.glob("final-flags*")}
    doors = [_door(mine.elasticsearch.pid)]
    assert left, "the launcher's own files are no longer where they were looked for"
    assert doors[0].exists(), "Elasticsearch no longer attaches an agent to itself: there is nothing to remove"
    kill(mine.kafka.pid, mine.elasticsearch.pid)
    assert doors[0].exists()
    again = start(stack_settings(mine.state_dir))
    doors += [_door(again.elasticsearch.pid), _door(again.kafka.pid)]
    assert not left & {path.name for path in folder.glob("final-flags*")}
    assert run(mine.state_dir, "down").returncode == 0
    assert [door for door in doors if door.exists()] == []
    assert [path for name in ("kafka", "elasticsearch") for path in (mine.state_dir / name).glob("tmp")] == []


def _server(state_dir: Path, name: ServerName) -> ServerInfo:
    known = load(state_dir)
    found = known.find(name) if known else None
    assert found is not None
    return found


def _door(pid: int) -> Path:
    return Path(f"/tmp/.java_pid{pid}")

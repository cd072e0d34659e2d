"""The README's table of exit codes: for each row something that ends with it, and something near it that does not."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from pipeline import errors
from pipeline.domain.prediction import Task
from pipeline.errors import PipelineError
from pipeline.registry.registry import Registry
from pipeline.stream import checkpoint
from tests.builders import linear_model, published
from tests.paths import ROOT

AWAY = "127.0.0.1:1"
FILE = "id,text\n1,hello\n"
_AS_ANOTHER = """
import importlib, os, pkgutil, sys
import pipeline
from pipeline.cli.app import main
for module in pkgutil.walk_packages(pipeline.__path__, "pipeline."):
    if "__main__" not in module.name:
        importlib.import_module(module.name)
if os.geteuid() == 0:
    os.setgroups([])
    os.setresgid(65534, 65534, 65534)
    os.setresuid(65534, 65534, 65534)
sys.argv = ["tweetpulse", *sys.argv[1:]]
sys.exit(main())
"""
"""All is imported as root: another user may not be let into the folders of this Python."""


_BROKEN = """
import sys, pipeline.cli.classify
from pipeline.cli.app import main
sys.modules["pipeline.cli.classify"].Analyzer = None
sys.exit(main())
"""


class Commands:
    """Runs the command in a folder of its own, with no server where the settings look for them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("TWEETPULSE_")} | {
            "TWEETPULSE_STATE_DIR": str(folder / "state"),
            "TWEETPULSE_KAFKA__BOOTSTRAP_SERVERS": AWAY,
            "TWEETPULSE_ELASTICSEARCH__URL": f"http://{AWAY}",
            "TWEETPULSE_TELEMETRY__STREAM_PORT": "0",
            "PYTHONPATH": str(ROOT),
        }

    def run(self, *arguments: str, start: tuple[str, ...] = ("-m", "pipeline"), **settings: str) -> tuple[int, str]:
        """The exit code, and what was said on standard error: one line, never a traceback."""
        environment = self.environment | {f"TWEETPULSE_{name}": value for name, value in settings.items()}
        done = subprocess.run(
            [sys.executable, *start, *arguments],
            check=False,
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert "Traceback" not in done.stderr
        return done.returncode, done.stderr

    def as_another(self, *arguments: str, **settings: str) -> tuple[int, str]:
        """The same as a user who is not root."""
        return self.run(*arguments, start=("-c", _AS_ANOTHER), **settings)


@pytest.fixture
def commands(tmp_path: Path) -> Commands:
    return Commands(tmp_path)


@pytest.fixture
def answering() -> Iterator[str]:
    """The address of a server that says to every request that it can take no more now."""

    class Refusing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b'{"error":{"type":"es_rejected_execution_exception","reason":"full"},"status":429}'
            self.send_response(429)
            self.send_header("X-Elastic-Product", "Elasticsearch")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_PUT = do_HEAD = do_DELETE = do_GET  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Refusing)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_table_is_the_code() -> None:
    """The README has a row for each exit code that an error has, and for no other but 0 and that of Ctrl-C."""
    rows = {int(code) for code in re.findall(r"^\| (\d+) \| ", (ROOT / "README.md").read_text(), re.MULTILINE)}
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, PipelineError)]
    assert rows == {0, 130} | {kind.exit_code for kind in kinds}


def test_0_done_and_1_something_unexpected(commands: Commands) -> None:
    """A known error has its own code; a bug in the code is unexpected."""
    assert commands.run("classify", "hello")[0] == 0
    code, told = commands.run("classify", "hello", start=("-c", _BROKEN))
    assert (code, "unexpected TypeError" in told) == (1, True)


def test_2_a_setting_an_argument_or_a_credential(commands: Commands) -> None:
    """What is only absent at the moment is none."""
    assert commands.run("classify", "hello", KAFKA__PARTITIONS="many")[0] == 2
    assert commands.run("classify", "hello", KAFAK__PARTITIONS="1")[0] == 2
    assert commands.run("replay", "--speed", "fast", "file.csv")[0] == 2
    assert commands.run("report", "--last", "soon")[0] == 2
    assert commands.run("setup")[0] != 2


def test_3_kafka_or_elasticsearch_do_not_answer(commands: Commands) -> None:
    """Whichever of the two it is."""
    (commands.folder / "file.csv").write_text(FILE)
    code, told = commands.run("replay", "file.csv")
    assert (code, "Kafka" in told) == (3, True)
    code, told = commands.run("label", "x:1", "positive")
    assert (code, "Elasticsearch" in told) == (3, True)


def test_3_a_port_that_is_taken(commands: Commands) -> None:
    """It says by whom."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        del commands.environment["TWEETPULSE_KAFKA__BOOTSTRAP_SERVERS"]
        code, told = commands.run("up", "--kafka-port", port)
    assert (code, "is taken" in told) == (3, True)


def test_3_a_port_that_only_root_may_open(commands: Commands) -> None:
    """It is not said to be taken; not to root either, whose servers run as another user."""
    if int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text()) > 80:
        del commands.environment["TWEETPULSE_KAFKA__BOOTSTRAP_SERVERS"]
        commands.folder.chmod(0o777)
        _open_way(commands.folder)
        for run in (commands.as_another, commands.run):
            code, told = run("up", "--kafka-port", "80")
            assert (code, "root alone" in told, "taken" in told) == (3, True, False)


@pytest.mark.parametrize("command", [("up",), ("generate", "--count", "1")])
def test_3_somebody_elses_state_folder(command: tuple[str, ...], commands: Commands) -> None:
    """One line, whatever is to be done with it."""
    state = commands.folder / "state"
    state.mkdir()
    for name in ("KAFKA__BOOTSTRAP_SERVERS", "ELASTICSEARCH__URL"):
        del commands.environment[f"TWEETPULSE_{name}"]
    _open_way(commands.folder)
    state.chmod(0)
    try:
        code, told = commands.as_another(*command, EMBEDDED__KAFKA_PORT="0", EMBEDDED__ELASTICSEARCH_PORT="0")
    finally:
        state.chmod(0o700)
    assert (code, told.count("\n"), "unexpected" in told) == (3, 1, False), told


def test_3_somebody_elses_cache_folder(commands: Commands) -> None:
    """That of downloads; it is not its own fault that it is closed."""
    cache = commands.folder / "cache"
    cache.mkdir()
    for name in ("KAFKA__BOOTSTRAP_SERVERS", "ELASTICSEARCH__URL"):
        del commands.environment[f"TWEETPULSE_{name}"]
    _open_way(commands.folder)
    commands.folder.chmod(0o777)
    cache.chmod(0)
    try:
        code, told = commands.as_another(
            "up",
            "--kafka-port",
            "0",
            "--elasticsearch-port",
            "0",
            CACHE_DIR=str(cache),
            STATE_DIR=str(commands.folder / "s"),
        )
    finally:
        cache.chmod(0o700)
    assert (code, "TWEETPULSE_CACHE_DIR" in told, "unexpected" in told) == (3, True, False), told


def test_4_a_sink_answers_and_does_not_take_it(commands: Commands, answering: str) -> None:
    """A server that has too much to do; one that does not answer is 3."""
    code, told = commands.run("label", "x:1", "positive", ELASTICSEARCH__URL=answering)
    assert (code, "asks to wait" in told) == (4, True)


def test_5_a_model_can_not_be_used(commands: Commands) -> None:
    """One whose list of rows is spoilt; no champion at all is a wrong argument."""
    registry = Registry(str(commands.folder / "state" / "models"))
    version = published(registry, linear_model(Task.SENTIMENT, {"neutral": 1.0}), files={"seen.npy": b"no array"})
    (commands.folder / "file.csv").write_text("id,text,label\n1,hello,positive\n2,bye,negative\n")
    evaluate = ("evaluate", "sentiment", "--data", "file.csv", "--columns", "id=id,text=text,label=label")
    assert commands.run(*evaluate, "--version", version)[0] == 5
    assert (
        commands.run(
            *evaluate,
        )[0]
        == 2
    )


def test_6_a_source_can_not_be_read(commands: Commands) -> None:
    """Not there, not allowed, or with nothing in it; one that can be read fails where Kafka is away."""
    path = commands.folder / "file.csv"
    assert commands.run("replay", "gone.csv")[0] == 6
    path.write_text(FILE)
    assert commands.run("replay", "file.csv")[0] == 3
    _open_way(commands.folder)
    path.chmod(0)
    for command in (
        ("replay", "file.csv"),
        ("demo", "--file", "file.csv"),
        ("train", "sentiment", "--data", "file.csv"),
    ):
        code, told = commands.as_another(*command)
        assert (code, "file.csv can't be read: permission denied" in told) == (6, True), told
    path.chmod(0o600)
    path.write_text("id,text\n")
    assert commands.run("replay", "file.csv")[0] == 6


def test_9_another_process_does_the_same(commands: Commands) -> None:
    """A stream with this checkpoint; with its own it fails where nobody answers."""
    with checkpoint.held(commands.folder / "mine"):
        here = str(commands.folder / "mine")
        code, told = commands.run("run", "--no-setup", STREAM__CHECKPOINT=here)
        assert (code, f"process {os.getpid()}" in told) == (9, True)


def test_130_ctrl_c_before_there_was_anything_to_finish(commands: Commands) -> None:
    """A command that reads on and on; one that publishes ends with 0 and a summary (see the tests of commands)."""
    with subprocess.Popen(
        [sys.executable, "-m", "pipeline", "classify", "-"],
        cwd=commands.folder,
        env=commands.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(b"hello\n")
        process.stdin.flush()
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 130


def _open_way(folder: Path) -> None:
    """Let others walk to a folder below pytest's own, which are its user's alone."""
    for path in (folder, *folder.parents):
        if path.stat().st_uid == os.geteuid() and path != Path("/"):
            path.chmod(path.stat().st_mode | 0o011)

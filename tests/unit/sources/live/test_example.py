"""The example of a live source, over a real socket: whatever happens, each line is there once."""

from __future__ import annotations

import importlib.util
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pipeline.domain.tweet import Tweet
from pipeline.sources.live.runtime import Runtime
from pipeline.sources.load import load_source
from pipeline.sources.pacing import Clock
from tests.paths import ROOT
from tests.processes import until
from tests.unit.sources.live.test_runtime import Events

FOLDER = ROOT / "docs" / "examples"


class Server(socketserver.ThreadingTCPServer):
    """The server of the example; `hang_up` ends all connections, and `refusing` closes new ones at once."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.lines: list[str] = []
        self.changed = threading.Condition()
        self.hung_up = 0
        self.refusing = False
        self.following = 0

    def write(self, *lines: str) -> None:
        with self.changed:
            self.lines += lines
            self.changed.notify_all()

    def hang_up(self) -> None:
        with self.changed:
            self.hung_up += 1
            self.changed.notify_all()


class Handler(socketserver.StreamRequestHandler):
    """One connection."""

    server: Server

    def handle(self) -> None:
        request = self.rfile.readline().split()
        if self.server.refusing or not request:
            return
        if request[0] == b"since":
            self._send(int(request[1]))
            return
        with self.server.changed:
            sent, hung_up = len(self.server.lines), self.server.hung_up
            self.server.following += 1
        while True:
            with self.server.changed:
                while len(self.server.lines) == sent and self.server.hung_up == hung_up:
                    self.server.changed.wait(30)
                if self.server.hung_up > hung_up:
                    self.server.following -= 1
                    return
            sent = self._send(sent)

    def _send(self, after: int) -> int:
        lines = list(enumerate(self.server.lines, 1))
        self.wfile.write(b"".join(f"{number} {text}\n".encode() for number, text in lines if number > after))
        return len(lines)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as serving:
        thread = threading.Thread(target=serving.serve_forever, args=(0.05,))
        thread.start()
        yield serving
        serving.hang_up()
        serving.shutdown()
        thread.join()


@pytest.fixture
def example(server: Server) -> ModuleType:
    """The example as it stands there, with the address of the server."""
    spec = importlib.util.spec_from_file_location("live_source", FOLDER / "live_source.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    vars(module)["ADDRESS"] = server.server_address
    return module


@contextmanager
def collecting(example: ModuleType, folder: Path) -> Iterator[list[str]]:
    """Its texts, as Kafka has them: what is yielded is acknowledged at once."""
    stop, texts = threading.Event(), []
    events: Any = Events()
    runtime = Runtime(lambda *_: example.Ticker(), events, folder, stop.is_set)

    def run() -> None:
        for item in runtime:
            if isinstance(item, Tweet):
                texts.append(item.text)
                runtime.acknowledged([item])
        runtime.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield texts
    finally:
        stop.set()
        thread.join(30)
        assert not thread.is_alive()


def test_each_line_is_there_once(server: Server, example: ModuleType, tmp_path: Path) -> None:
    """Through a hang-up, a server that is away for a while, and a stop with another start."""
    server.write("before anybody listens")
    with collecting(example, tmp_path) as texts:
        until(lambda: server.following == 1, "the connection", 30)
        server.write("one", "two")
        until(lambda: len(texts) == 2, "both lines", 30)
        server.refusing = True
        server.hang_up()
        server.write("missed")
        server.refusing = False
        until(lambda: server.following == 1, "the next connection", 30)
        server.write("three")
        until(lambda: len(texts) == 4, "what was missed, and the next", 30)
    assert sorted(texts) == ["missed", "one", "three", "two"]
    server.write("while it was stopped")
    with collecting(example, tmp_path) as texts:
        until(lambda: texts == ["while it was stopped"], "what was written meanwhile", 30)
    assert (tmp_path / "sources" / "ticker.json").exists()


def test_it_is_named_as_the_command_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """`--source live_source:Ticker`, from its folder."""
    monkeypatch.chdir(FOLDER)
    name, make = load_source("live_source:Ticker")
    events: Any = Events()
    source: Any = make(events, Clock())
    assert (name, [feed.name for feed in source.feeds]) == ("ticker", ["lines"])

"""A proxy before Elasticsearch that misbehaves on demand: what a server or whatever stands between may answer.

It stands for faults that a real server can't be made to have. Everything else passes to the real one.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests

KIND = "application/vnd.elasticsearch+json;compatible-with=8"


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back to the client; `cut`: the connection ends after so many bytes of the body."""

    status: int
    body: bytes
    kind: str = KIND
    elasticsearch: bool = True
    cut: int | None = None


Forward = Callable[[], Answer]
"""Does the request at the real server."""

Fault = Callable[[Forward], Answer]


def says(status: int, body: bytes | dict[str, Any], *, html: bool = False) -> Fault:
    """An answer that the real server is never asked for."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    kind = "text/html" if html else KIND
    return lambda forward: Answer(status, content, kind, elasticsearch=not html)


def applied_then(answer: Answer) -> Fault:
    """The real server does what it is asked, and something else is answered."""

    def fault(forward: Forward) -> Answer:
        forward()
        return answer

    return fault


def applied_then_changed(change: Callable[[dict[str, Any]], object]) -> Fault:
    """The real answer, changed: `change` gets it as JSON and alters it, or returns what is answered in its place."""

    def fault(forward: Forward) -> Answer:
        real = forward()
        loaded = json.loads(real.body)
        other = change(loaded)
        return Answer(real.status, json.dumps(loaded if other is None else other).encode())

    return fault


def applied_then_cut(share: float) -> Fault:
    """The real answer, of which only a part arrives before the connection ends."""

    def fault(forward: Forward) -> Answer:
        real = forward()
        return Answer(real.status, real.body, cut=int(len(real.body) * share))

    return fault


def late(seconds: float) -> Fault:
    """The real answer, later than the client waits."""

    def fault(forward: Forward) -> Answer:
        real = forward()
        time.sleep(seconds)
        return real

    return fault


@dataclass
class Proxy:
    """Where it listens, and what is to go wrong: `fault`, for the next `times` requests to `path`."""

    url: str = ""
    path: str = "/_bulk"
    fault: Fault | None = None
    times: int = 0
    met: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def misbehave(self, fault: Fault, *, times: int, path: str = "/_bulk") -> None:
        """From now on, so many times."""
        with self._lock:
            self.fault, self.times, self.path, self.met = fault, times, path, 0

    def next_fault(self, path: str) -> Fault | None:
        """What happens to a request."""
        with self._lock:
            if self.fault is None or self.met >= self.times or self.path not in path:
                return None
            self.met += 1
            return self.fault


@contextmanager
def before(server: str) -> Iterator[Proxy]:
    """A proxy before a server, on a free port of loopback."""
    proxy = Proxy()
    listening = ThreadingHTTPServer(("127.0.0.1", 0), _requests(server, proxy))
    proxy.url = f"http://127.0.0.1:{listening.server_port}"
    thread = threading.Thread(target=listening.serve_forever, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        listening.shutdown()
        listening.server_close()
        thread.join(timeout=10)


def _requests(server: str, proxy: Proxy) -> type[BaseHTTPRequestHandler]:
    session = requests.Session()

    class Requests(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            fault = proxy.next_fault(self.path)
            answer = fault(lambda: self._forward(body)) if fault else self._forward(body)
            self._send(answer)

        def _forward(self, body: bytes) -> Answer:
            headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP_BY_HOP}
            real = session.request(self.command, server + self.path, data=body, headers=headers, timeout=60)
            return Answer(real.status_code, real.content, real.headers.get("Content-Type", KIND))

        def _send(self, answer: Answer) -> None:
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.kind)
            self.send_header("Content-Length", str(len(answer.body)))
            if answer.elasticsearch:
                self.send_header("X-Elastic-Product", "Elasticsearch")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body[: answer.cut])
            if answer.cut is not None:
                self.wfile.flush()
                self.close_connection = True
                self.connection.shutdown(2)

        do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = _any  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Nothing on the terminal."""

    return Requests


_HOP_BY_HOP = {"host", "content-length", "connection", "accept-encoding"}

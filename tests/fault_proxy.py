"""A proxy before Elasticsearch that misbehaves on demand: what a server or whatever stands between may answer.

It stands for faults that a real server can't be made to have. Everything else passes to the real one.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol

import requests

KIND = "application/vnd.elasticsearch+json;compatible-with=8"


@dataclass(frozen=True, slots=True)
class Answer:
    """A response to the client; `cut`: the connection ends after so many bytes of the body."""

    status: int
    body: bytes
    kind: str = KIND
    elasticsearch: bool = True
    cut: int | None = None


class Forward(Protocol):
    """Does the request at the real server, with another body than `body` where one is given."""

    body: bytes

    def __call__(self, body: bytes | None = None) -> Answer: ...


Fault = Callable[[Forward], Answer]


class Reset(Exception):
    """The connection ends at once, without an answer (RST)."""


def says(status: int, body: bytes | dict[str, Any], *, html: bool = False) -> Fault:
    """An answer that the real server is never asked for."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    kind = "text/html" if html else KIND
    return lambda forward: Answer(status, content, kind, elasticsearch=not html)


def applied_then(answer: Answer) -> Fault:
    """The real server applies the request, but the client gets this answer."""

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
    return then(lambda: time.sleep(seconds))


def reset(forward: Forward) -> Answer:
    """The real server is never asked, and the connection ends."""
    raise Reset


def applied_then_reset(forward: Forward) -> Answer:
    """The real server applies the request, but the connection ends without an answer."""
    forward()
    raise Reset


def first(act: Callable[[], object]) -> Fault:
    """Something happens while a request is on its way."""

    def fault(forward: Forward) -> Answer:
        act()
        return forward()

    return fault


def then(act: Callable[[], object]) -> Fault:
    """Something happens while an answer is on its way."""

    def fault(forward: Forward) -> Answer:
        real = forward()
        act()
        return real

    return fault


def larger_than(limit: int, fault: Fault) -> Fault:
    """It happens to requests of more bytes only."""
    return lambda forward: fault(forward) if len(forward.body) > limit else forward()


def items_refused(status: int, kind: str, *, every: int) -> Fault:
    """Of each bulk request the first document, and then every so-manieth, is answered with this error.

    The real server never gets them, as it is where it refuses them itself.
    """
    refusal = {"create": {"status": status, "error": {"type": kind, "reason": "no"}}}

    def fault(forward: Forward) -> Answer:
        lines = forward.body.split(b"\n")
        documents = [b"\n".join(pair) + b"\n" for pair in zip(lines[::2], lines[1::2], strict=False)]
        kept = [document for number, document in enumerate(documents) if number % every]
        real = json.loads(forward(b"".join(kept)).body)["items"] if kept else []
        answered = [real.pop(0) if number % every else refusal for number in range(len(documents))]
        return Answer(200, json.dumps({"items": answered}).encode())

    return fault


@dataclass
class Proxy:
    """A proxy that applies `fault` to the next `times` requests to `path`.

    Attributes:
        met: the number of requests that got the fault; `done`: how many of them are over.
    """

    server: str
    url: str = ""
    path: str = "/_bulk"
    fault: Fault | None = None
    times: int = 0
    met: int = 0
    done: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _listening: ThreadingHTTPServer | None = None

    def misbehave(self, fault: Fault, *, times: int, path: str = "/_bulk") -> None:
        """From now on, so many times."""
        with self._lock:
            self.fault, self.times, self.path, self.met, self.done = fault, times, path, 0, 0

    def behave(self) -> None:
        """From now on, again."""
        with self._lock:
            self.fault = None

    def next_fault(self, path: str) -> Fault | None:
        """The fault for this request, or None."""
        with self._lock:
            if self._listening is None:
                return reset
            if self.fault is None or self.met >= self.times or self.path not in path:
                return None
            self.met += 1
            return self._counted(self.fault)

    def _counted(self, fault: Fault) -> Fault:
        def counted(forward: Forward) -> Answer:
            try:
                return fault(forward)
            finally:
                self.done += 1

        return counted

    def listen(self) -> None:
        """Answer, at the port that it had before."""
        port = int(self.url.rpartition(":")[2]) if self.url else 0
        self._listening = ThreadingHTTPServer(("127.0.0.1", port), _requests(self))
        self.url = f"http://127.0.0.1:{self._listening.server_port}"
        threading.Thread(target=self._listening.serve_forever, daemon=True).start()

    def refuse(self) -> None:
        """Answer nobody, and let nobody connect, until it listens again."""
        with self._lock:
            listening, self._listening = self._listening, None
        if listening is not None:
            listening.shutdown()
            listening.server_close()


@contextmanager
def before(server: str) -> Iterator[Proxy]:
    """A proxy before a server, on a free port of loopback."""
    proxy = Proxy(server)
    proxy.listen()
    try:
        yield proxy
    finally:
        proxy.refuse()


class _Real:
    """A request at the real server."""

    def __init__(self, session: requests.Session, method: str, url: str, headers: dict[str, str], body: bytes) -> None:
        self._session, self._method, self._url, self._headers = session, method, url, headers
        self.body = body

    def __call__(self, body: bytes | None = None) -> Answer:
        data = self.body if body is None else body
        real = self._session.request(self._method, self._url, data=data, headers=self._headers, timeout=60)
        return Answer(real.status_code, real.content, real.headers.get("Content-Type", KIND))


class _Requests(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: Proxy
    session: requests.Session

    def _any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP_BY_HOP}
        forward = _Real(self.session, self.command, self.proxy.server + self.path, headers, body)
        try:
            fault = self.proxy.next_fault(self.path)
            self._send(fault(forward) if fault else forward())
        except (Reset, OSError):
            # Also where the real server does not answer, or the client has gone meanwhile.
            self._reset()

    def _reset(self) -> None:
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

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


def _requests(proxy: Proxy) -> type[_Requests]:
    return type("Requests", (_Requests,), {"proxy": proxy, "session": requests.Session()})


_HOP_BY_HOP = {"host", "content-length", "connection", "accept-encoding"}

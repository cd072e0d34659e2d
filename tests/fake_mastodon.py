"""A Mastodon server, as far as its public timelines go: an ordinary HTTP server whose faults are scripted.

It streams statuses as server-sent events and lists them by `min_id`, as https://docs.joinmastodon.org/methods/
has it for `streaming` and `timelines`; a status exists from when it is posted, whether or not anybody listens.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

FIRST_ID = 113_000_000_000_000_000
"""As large as a real one, whose upper bits are the time."""

STEP = 10 << 16
"""A hundred statuses a second."""


@dataclass
class Refusal:
    """An answer that is no stream and no list."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class FakeMastodon:
    """A server that listens on a free port while `serving` runs.

    Attributes:
        refusals: given to the next requests for a stream, one each.
        list_refusals: the same for lists.
        token: what it wants to see; anybody may look where it is None.
        cut: bytes at which it cuts what it streams into chunks.
        thump: seconds between keep-alives; None sends none.
        seen: the paths that were asked for.
    """

    refusals: deque[Refusal] = field(default_factory=deque)
    list_refusals: deque[Refusal] = field(default_factory=deque)
    token: str | None = None
    cut: int | None = None
    thump: float | None = 0.2
    seen: list[str] = field(default_factory=list)
    statuses: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""

    def __post_init__(self) -> None:
        self._changed = threading.Condition()
        self._drops = 0
        self._extra: list[bytes] = []
        self._listening = 0

    @contextmanager
    def serving(self) -> Iterator[FakeMastodon]:
        """Listen on loopback, and end every stream with the block."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        self.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield self
        finally:
            server.shutdown()
            self.drop()
            server.server_close()
            thread.join()

    @property
    def listening(self) -> int:
        """The number of open streams."""
        return self._listening

    def post(self, text: str, *tags: str, **fields: Any) -> dict[str, Any]:
        """Write a status, which every stream that it belongs to gets."""
        with self._changed:
            status = status_of(len(self.statuses), text, tags, **fields)
            self.statuses.append(status)
            self._changed.notify_all()
        return status

    def tell(self, raw: bytes) -> None:
        """Send bytes as they are to every stream."""
        with self._changed:
            self._extra.append(raw)
            self._changed.notify_all()

    @staticmethod
    def encoded(status: dict[str, Any]) -> bytes:
        """As a stream has it."""
        return _json(status)

    def drop(self) -> None:
        """End every stream in the middle of a line."""
        with self._changed:
            self._drops += 1
            self._changed.notify_all()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                fake.seen.append(self.path)
                path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
                if path == "/api/v2/instance":
                    _answer(self, {"domain": "example", "configuration": {"urls": {"streaming": fake._ws()}}})
                elif fake.token and self.headers.get("Authorization") != f"Bearer {fake.token}":
                    _refuse(self, Refusal(401))
                elif path.startswith("/api/v1/streaming/"):
                    fake._stream(self, _wanted(path, query))
                elif path.startswith("/api/v1/timelines/"):
                    fake._list(self, _wanted(path, query), query)
                else:
                    _refuse(self, Refusal(404))

            def log_message(self, *_: Any) -> None: ...

        return Handler

    def _ws(self) -> str:
        return self.url.replace("http", "ws", 1)

    def _list(self, request: BaseHTTPRequestHandler, tag: str | None, query: dict[str, list[str]]) -> None:
        if self.list_refusals:
            _refuse(request, self.list_refusals.popleft())
            return
        limit = int(query["limit"][0])
        there = sorted((status for status in self.statuses if _has(status, tag)), key=lambda status: int(status["id"]))
        after = int(query["min_id"][0]) if "min_id" in query else None
        # What comes next after an id, or the newest: in both cases newest first.
        found = [s for s in there if int(s["id"]) > after][:limit] if after is not None else there[-limit:]
        headers = {"X-RateLimit-Limit": "300", "X-RateLimit-Remaining": "299", "X-RateLimit-Reset": _iso()}
        _answer(request, found[::-1], headers)

    def _stream(self, request: BaseHTTPRequestHandler, tag: str | None) -> None:
        if self.refusals:
            _refuse(request, self.refusals.popleft())
            return
        with self._changed:
            seen: tuple[int, int, int] | None = self._now()
            self._listening += 1
        try:
            request.send_response(200)
            request.send_header("Content-Type", "text/event-stream")
            request.send_header("Transfer-Encoding", "chunked")
            request.end_headers()
            self._write(request, b":)\n\n")
            while seen:
                seen = self._go_on(request, tag, seen)
        except OSError:
            return  # Nobody listens any more.
        finally:
            request.close_connection = True
            with self._changed:
                self._listening -= 1

    def _now(self) -> tuple[int, int, int]:
        return len(self.statuses), len(self._extra), self._drops

    def _go_on(
        self, request: BaseHTTPRequestHandler, tag: str | None, seen: tuple[int, int, int]
    ) -> tuple[int, int, int] | None:
        """Send what is new since then, or a keep-alive; None where the stream was dropped."""
        with self._changed:
            if seen == self._now():
                self._changed.wait(self.thump or 5.0)
            now = self._now()
        if now[2] != seen[2]:
            self._write(request, b'event: update\ndata: {"id": "1')
            return None
        for status in self.statuses[seen[0] : now[0]]:
            if _has(status, tag):
                self._write(request, b"event: update\ndata: " + _json(status) + b"\n\n")
        self._write(request, b"".join(self._extra[seen[1] : now[1]]))
        if self.thump:
            self._write(request, b":thump\n")
        return now

    def _write(self, request: BaseHTTPRequestHandler, data: bytes) -> None:
        size = self.cut or max(1, len(data))
        for start in range(0, len(data), size):
            part = data[start : start + size]
            request.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
            request.wfile.flush()


def status_of(number: int, text: str, tags: tuple[str, ...] = (), **fields: Any) -> dict[str, Any]:
    """A status as the API has it, with what a test does not care about filled in."""
    id_ = str(FIRST_ID + number * STEP)
    return {
        "id": id_,
        "created_at": "2030-01-01T12:00:00.000Z",
        "in_reply_to_id": None,
        "spoiler_text": "",
        "visibility": "public",
        "language": "en",
        "uri": f"https://home.example/users/ann/statuses/{id_}",
        "url": f"https://home.example/@ann/{id_}",
        "content": f"<p>{text}</p>",
        "reblog": None,
        "account": {
            "id": "7",
            "username": "ann",
            "acct": "ann@home.example",
            "uri": "https://home.example/users/ann",
            "url": "https://home.example/@ann",
            "followers_count": 12,
        },
        "tags": [{"name": tag, "url": f"https://home.example/tags/{tag}"} for tag in tags],
        "media_attachments": [],
        **fields,
    }


def _wanted(path: str, query: dict[str, list[str]]) -> str | None:
    if "/timelines/tag/" in path:
        return path.rpartition("/")[2]
    return query["tag"][0] if "tag" in query else None


def _has(status: dict[str, Any], tag: str | None) -> bool:
    return tag is None or tag in [found["name"].lower() for found in status["tags"]]


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _answer(request: BaseHTTPRequestHandler, value: Any, headers: dict[str, str] | None = None) -> None:
    body = _json(value)
    request.send_response(200)
    for name, header in {**(headers or {}), "Content-Length": str(len(body))}.items():
        request.send_header(name, header)
    request.end_headers()
    request.wfile.write(body)


def _refuse(request: BaseHTTPRequestHandler, refusal: Refusal) -> None:
    request.send_response(refusal.status)
    for name, value in {**refusal.headers, "Content-Length": "0"}.items():
        request.send_header(name, value)
    request.end_headers()


def _iso() -> str:
    return datetime.now(UTC).isoformat()

"""The server. It listens on loopback and takes a free port."""

from __future__ import annotations

import json
import socket
import threading
import time
import zlib
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.fake_x.archive import Archive, Json, Written, matches
from tests.fake_x.script import (
    Cut,
    CutInside,
    Disconnect,
    End,
    Follow,
    Malformed,
    Missed,
    Pause,
    Refuse,
    Repeat,
    Send,
    Silence,
    Step,
)

TOKEN = "a-token-that-must-not-be-shown"
LIMIT = 50
PAGE = 100


@dataclass
class FakeX:
    """The state that a test sets and reads; all of it may change while the server runs.

    Attributes:
        script: steps that are still to come, over all connections of the stream.
        search_delay: seconds until a tweet can be searched.
        search_refusals: answers that the next searches get instead; None is an ordinary one.
        gzip: whether streams are zipped, as X's are.
        rules: what the account has, by id.
        sent: ids as they were streamed, repeats included.
        connected_at: monotonic times at which a stream was opened; `lost_at` when one was ended.
        is_done: whether whoever writes steadily has ended.
        seen: requests: method, path and parameters.
    """

    script: deque[Step] = field(default_factory=deque)
    search_delay: float = 0.1
    keep_alive: float = 0.5
    search_refusals: deque[Refuse | None] = field(default_factory=deque)
    rules_refusals: deque[Refuse] = field(default_factory=deque)
    rules: dict[str, Json] = field(default_factory=dict)
    archive: Archive = field(default_factory=Archive)
    sent: list[int] = field(default_factory=list)
    connected_at: list[float] = field(default_factory=list)
    lost_at: list[float] = field(default_factory=list)
    first_sent_at: list[float] = field(default_factory=list)
    seen: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    gzip: bool = False
    is_done: bool = False
    url: str = ""

    def play(self, *steps: Step) -> None:
        self.script.extend(steps)

    def add_rule(self, value: str, tag: str = "") -> str:
        id_ = str(1_000 + len(self.rules) + len(self.seen))
        self.rules[id_] = {"id": id_, "value": value, "tag": tag}
        return id_

    def delays(self) -> list[float]:
        """Seconds from each loss of the stream to the first tweet after it."""
        return [round(first - lost, 3) for lost, first in zip(self.lost_at, self.first_sent_at[1:], strict=False)]

    def searches(self) -> list[dict[str, str]]:
        return [parameters for _, path, parameters in self.seen if path.endswith("/search/recent")]

    def streams(self) -> list[dict[str, str]]:
        return [parameters for _, path, parameters in self.seen if path.endswith("/search/stream")]

    def event_ids(self) -> set[str]:
        """The `event.id` of all tweets that were ever written."""
        return {f"x:{id_}" for id_ in self.archive.ids()}

    def message(self, tweet: Written) -> Json:
        rules = [{"id": rule["id"], "tag": rule["tag"]} for rule in self.rules.values()
                 if matches(rule["value"], tweet.data)]  # fmt: skip
        return {"data": tweet.data, "includes": tweet.includes, "matching_rules": rules}


class _Stopped(Exception):
    pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    fake: FakeX
    stopping: threading.Event

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is nothing to tell."""


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    _kept_at = 0.0
    _silent_since = 0.0
    _zipped: Any = None

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == "/report":
            self._report()
            return
        if not self._is_allowed():
            return
        routes = {
            "/2/tweets/search/stream/rules": self._held,
            "/2/tweets/search/stream": self._stream,
            "/2/tweets/search/recent": self._search,
            "/2/tweets/counts/recent": self._count,
        }
        routes.get(path, self._nothing)()

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not self._is_allowed():
            return
        if self.fake.rules_refusals:
            self._refuse(self.fake.rules_refusals.popleft())
        elif "delete" in body:
            gone = [self.fake.rules.pop(id_, None) for id_ in body["delete"]["ids"]]
            self._json(200, {"meta": {"summary": {"deleted": sum(rule is not None for rule in gone)}}})
        else:
            self._add(body["add"])

    @property
    def fake(self) -> FakeX:
        return self.server.fake

    def _parameters(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}

    def _is_allowed(self) -> bool:
        self.fake.seen.append((self.command, urlsplit(self.path).path, self._parameters()))
        if self.headers["Authorization"] == f"Bearer {TOKEN}":
            return True
        self._json(401, {"title": "Unauthorized", "type": "about:blank", "status": 401, "detail": "Unauthorized"})
        return False

    def _nothing(self) -> None:
        self._json(404, {"title": "Not Found", "type": "about:blank", "status": 404})

    def _report(self) -> None:
        """A report for another process; X has no such endpoint."""
        report = {"ids": self.fake.archive.ids(), "delays": self.fake.delays(), "is_done": self.fake.is_done}
        self._json(200, report)

    def _held(self) -> None:
        if self.fake.rules_refusals:
            self._refuse(self.fake.rules_refusals.popleft())
            return
        rules = list(self.fake.rules.values())
        self._json(200, ({"data": rules} if rules else {}) | {"meta": {"result_count": len(rules)}})

    def _add(self, rules: list[Json]) -> None:
        held = {rule["value"] for rule in self.fake.rules.values()}
        errors = [{"value": rule["value"], "title": "DuplicateRule", "detail": "it is there"}
                  for rule in rules if rule["value"] in held]  # fmt: skip
        errors += [{"value": rule["value"], "title": "Invalid Rule", "details": ["no viable alternative"]}
                   for rule in rules if "unthinkable" in rule["value"]]  # fmt: skip
        if errors:
            self._json(400, {"errors": errors, "title": "Invalid Request"})
            return
        if self._parameters().get("dry_run") != "true":
            for rule in rules:
                self.fake.add_rule(rule["value"], rule.get("tag", ""))
        self._json(201, {"data": rules, "meta": {"summary": {"created": len(rules)}}})

    def _search(self) -> None:
        refusal = self.fake.search_refusals.popleft() if self.fake.search_refusals else None
        if refusal is not None:
            self._refuse(refusal)
            return
        given = self._parameters()
        since, until = int(given.get("since_id", 0)), int(given["until_id"]) if "until_id" in given else None
        first, most = int(given.get("next_token", 0)), int(given.get("max_results", 10))
        found = self.fake.archive.find(given["query"], since, until, self.fake.search_delay)
        page = found[first : first + most]
        meta: Json = {"result_count": len(page)}
        if first + most < len(found):
            meta["next_token"] = str(first + most)
        users = page[0].includes if page else {}
        self._json(200, ({"data": [tweet.data for tweet in page], "includes": users} if page else {}) | {"meta": meta})

    def _count(self) -> None:
        found = self.fake.archive.find(self._parameters()["query"], 0, None, 0.0)
        self._json(200, {"data": [], "meta": {"total_tweet_count": len(found)}})

    def _refuse(self, step: Refuse) -> None:
        headers = {}
        if step.reset is not None:
            headers = {"x-rate-limit-limit": str(LIMIT), "x-rate-limit-remaining": "0",
                       "x-rate-limit-reset": str(int(time.time() + step.reset))}  # fmt: skip
        self._json(step.status, step.body, headers)

    def _json(self, status: int, body: Json, headers: dict[str, str] | None = None) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        limits = {"x-rate-limit-limit": str(LIMIT), "x-rate-limit-remaining": str(LIMIT - 1),
                  "x-rate-limit-reset": str(int(time.time() + 900))}  # fmt: skip
        for name, value in (headers or limits).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _stream(self) -> None:
        script = self.fake.script
        self._kept_at = time.monotonic()
        while script and isinstance(step := script[0], Missed):
            script.popleft()
            self._miss(step)
        if script and isinstance(step := script[0], Refuse):
            script.popleft()
            self._refuse(step)
            return
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self._zipped = None
        if self.fake.gzip and "gzip" in self.headers["Accept-Encoding"]:
            self.send_header("Content-Encoding", "gzip")
            self._zipped = zlib.compressobj(wbits=31)
        self.send_header("x-rate-limit-limit", str(LIMIT))
        self.send_header("x-rate-limit-remaining", str(LIMIT - len(self.fake.connected_at) - 1))
        self.send_header("x-rate-limit-reset", str(int(time.time() + 900)))
        self.end_headers()
        self.wfile.flush()
        self.fake.connected_at.append(time.monotonic())
        self.close_connection = True
        try:
            self._play(self._parameters())
        except (OSError, _Stopped):
            pass
        finally:
            self.fake.lost_at.append(self._silent_since or time.monotonic())

    def _play(self, parameters: dict[str, str]) -> None:
        if "backfill_minutes" in parameters:
            sent = set(self.fake.sent)
            for tweet in list(self.fake.archive.tweets):
                if tweet.id not in sent:
                    self._line(tweet)
        while True:
            if not self.fake.script:
                self._keep_alive()
                continue
            if self._did_end(self.fake.script.popleft()):
                return

    def _did_end(self, step: Step) -> bool:
        """Do a step; whether the connection is over."""
        match step:
            case Cut(after):
                if after:
                    self._chunk(after)
                self.connection.shutdown(socket.SHUT_RDWR)
                return True
            case End():
                self._chunk(b"")
                return True
            case Disconnect(title, kind):
                error = {"title": title, "disconnect_type": kind, "detail": "This stream has been disconnected.",
                         "type": "https://api.twitter.com/2/problems/operational-disconnect"}  # fmt: skip
                self._chunk(json.dumps({"errors": [error]}).encode() + b"\r\n")
                self._chunk(b"")
                return True
            case Silence():
                self._silence()
                return True
            case _:
                self._do(step)
                return False

    def _do(self, step: Step) -> None:
        actions = {
            Send: self._send, Missed: self._miss, Follow: self._follow, Repeat: self._repeat,
            Malformed: self._malformed, Pause: self._pause, CutInside: self._cut_inside,
        }  # fmt: skip
        actions[type(step)](step)

    def _send(self, step: Send) -> None:
        for message in step.raw:
            self._chunk(json.dumps(message, ensure_ascii=False).encode() + b"\r\n")
        for _ in range(0 if step.raw else step.count):
            self._line(self.fake.archive.write(step.text, step.fields))

    def _repeat(self, step: Repeat) -> None:
        by_id = {tweet.id: tweet for tweet in self.fake.archive.tweets}
        for id_ in self.fake.sent[-step.count :]:
            self._line(by_id[id_])

    def _malformed(self, step: Malformed) -> None:
        self._chunk(step.line + b"\r\n")

    def _pause(self, step: Pause) -> None:
        until = time.monotonic() + step.seconds
        while time.monotonic() < until:
            self._keep_alive()

    def _miss(self, step: Missed) -> None:
        for _ in range(step.count):
            self.fake.archive.write(step.text)

    def _follow(self, step: Follow) -> None:
        shown, until = len(self.fake.archive.tweets), time.monotonic() + step.seconds
        while time.monotonic() < until:
            if self.server.stopping.wait(0.01):
                raise _Stopped
            written = len(self.fake.archive.tweets)
            for tweet in self.fake.archive.tweets[shown:written]:
                self._line(tweet)
            shown = written

    def _cut_inside(self, step: CutInside) -> None:
        tweet = self.fake.archive.write(step.text)
        line = json.dumps(self.fake.message(tweet), ensure_ascii=False).encode() + b"\r\n"
        inside = line.index("\u00e4".encode()) + 1
        self._chunk(line[:inside])
        time.sleep(0.1)
        self._chunk(line[inside:])
        self.fake.sent.append(tweet.id)

    def _line(self, tweet: Written) -> None:
        self._chunk(json.dumps(self.fake.message(tweet), ensure_ascii=False).encode() + b"\r\n")
        if len(self.fake.first_sent_at) < len(self.fake.connected_at):
            self.fake.first_sent_at.append(time.monotonic())
        self.fake.sent.append(tweet.id)

    def _keep_alive(self) -> None:
        if self.server.stopping.wait(min(self.fake.keep_alive, 0.05) if self.fake.script else 0.05):
            raise _Stopped
        now = time.monotonic()
        if now - self._kept_at >= self.fake.keep_alive:
            self._kept_at = now
            self._chunk(b"\r\n")

    def _silence(self) -> None:
        # Until the client hangs up.
        self._silent_since = time.monotonic()
        self.connection.settimeout(60)
        while not self.server.stopping.is_set():
            if not self.connection.recv(1):
                return

    def _chunk(self, content: bytes) -> None:
        if self._zipped is not None and content:
            content = self._zipped.compress(content) + self._zipped.flush(zlib.Z_SYNC_FLUSH)
        self.wfile.write(f"{len(content):x}\r\n".encode() + content + b"\r\n")
        self.wfile.flush()


def write_steadily(fake: FakeX, rate: float, stopping: threading.Event, text: str = "acme is late again") -> None:
    """Write tweets at a rate, connected or not, until it is stopped."""
    begun, number = time.monotonic(), 0
    while not stopping.wait(max(0.0, begun + number / rate - time.monotonic())):
        number += 1
        fake.archive.write(f"{text} {number}")
    fake.is_done = True


@contextmanager
def serving(steps: Iterable[Step] = (), *, port: int = 0) -> Iterator[FakeX]:
    """A server for the time of a block."""
    server = _Server(("127.0.0.1", port), _Answers)
    server.stopping = threading.Event()
    server.fake = FakeX(deque(steps), url=f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.fake
    finally:
        server.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()

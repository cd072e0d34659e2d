"""What people would get: a webhook and a mail server that keep what they are sent."""

from __future__ import annotations

import email
import email.policy
import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Inbox:
    """What has come, in the order in which it came."""

    web_port: int
    mail_port: int
    posts: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    """Path, `Authorization`, body."""
    mails: list[EmailMessage] = field(default_factory=list)

    def bodies(self, path: str) -> list[dict[str, Any]]:
        """What was posted to a path."""
        return [body for at, _, body in list(self.posts) if at == path]


@contextmanager
def receiving() -> Iterator[Inbox]:
    """Both servers, on free ports of loopback, as long as the block runs."""
    with (
        _serving(_WebServer(("127.0.0.1", 0), _Web)) as web,
        _serving(_MailServer(("127.0.0.1", 0), _Session)) as mail,
    ):
        inbox = Inbox(web.server_address[1], mail.server_address[1])
        web.inbox = mail.inbox = inbox
        yield inbox


@contextmanager
def answering(port: int) -> Iterator[None]:
    """A process whose /metrics answers at a port."""
    with _serving(ThreadingHTTPServer(("127.0.0.1", port), _Metrics)):
        yield


class _WebServer(ThreadingHTTPServer):
    request_queue_size = 128
    inbox: Inbox


class _MailServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 128
    inbox: Inbox


class _Web(BaseHTTPRequestHandler):
    server: _WebServer

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.inbox.posts.append((self.path, self.headers.get("Authorization", ""), body))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: object) -> None:
        pass


class _Metrics(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


class _Session(socketserver.StreamRequestHandler):
    """As much of SMTP as it takes to accept a message."""

    server: _MailServer

    def handle(self) -> None:
        self._say("220 test")
        while line := self.rfile.readline():
            command = line[:4].upper().strip()
            if command == b"DATA":
                self._say("354 go on")
                self._keep()
            self._say("221 bye" if command == b"QUIT" else "250 ok")
            if command == b"QUIT":
                return

    def _keep(self) -> None:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b".").replace(b"\r\n", b"\n"))
        message = email.message_from_bytes(b"".join(lines), policy=email.policy.default)
        self.server.inbox.mails.append(message)

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@contextmanager
def _serving(server: Any) -> Iterator[Any]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

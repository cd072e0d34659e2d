"""A Kibana that answers by script and remembers what it was asked. No real one can be had in tests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

Answer = tuple[int, Any]
READY: Answer = (200, {"status": {"overall": {"level": "available"}}, "version": {"number": "8.19.7"}})


@dataclass
class Request:
    """One request, as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class FakeKibana:
    """`script`: method and path → answers, of which the last is repeated. What is not in it is a 404."""

    script: dict[str, list[Answer]]
    url: str = ""
    requests: list[Request] = field(default_factory=list)

    def answer(self, request: Request) -> Answer:
        """The next answer."""
        self.requests.append(request)
        answers = self.script.get(f"{request.method} {request.path}", [(404, {"message": "Not Found"})])
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def asked(self) -> list[str]:
        """Methods and paths, in order."""
        return [f"{request.method} {request.path}" for request in self.requests]


@contextmanager
def running(script: dict[str, list[Answer]]) -> Iterator[FakeKibana]:
    """The fake on a free port of loopback."""
    fake = FakeKibana(script)
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(fake)) as server:
        fake.url = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield fake
        finally:
            server.shutdown()
            thread.join()


def _handler_of(fake: FakeKibana) -> type[BaseHTTPRequestHandler]:
    class Answering(BaseHTTPRequestHandler):
        def _reply(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, content = fake.answer(Request(self.command, self.path, headers, body))
            payload = content.encode() if isinstance(content, str) else json.dumps(content).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        do_GET = do_POST = do_PUT = _reply  # noqa: N815

        def log_message(self, *_: Any) -> None:
            pass

    return Answering

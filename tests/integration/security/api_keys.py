"""A TLS end in front of a real Elasticsearch that knows API keys, since the server of the tests can't make any.

It does one thing: `Authorization: ApiKey <base64 of id:key>` of a key that it knows becomes the password of the user
that the key is of. All else goes on as it came, so that it is the server that refuses an unknown key. The header is
as https://www.elastic.co/guide/en/elasticsearch/reference/8.19/security-api-create-api-key.html has it.
"""

from __future__ import annotations

import ssl
import threading
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import urllib3

from pipeline.sinks.elasticsearch.settings import ElasticsearchSettings
from tests.certificates import Pair

_OF_ONE_HOP = {"connection", "content-length", "transfer-encoding", "host", "keep-alive"}


def encoded(id_: str, key: str) -> str:
    """The key as Elasticsearch returns it in `encoded` and expects it in the header."""
    return b64encode(f"{id_}:{key}".encode()).decode()


@contextmanager
def taking_keys(server: ElasticsearchSettings, users: Mapping[str, tuple[str, str]], pair: Pair) -> Iterator[str]:
    """The address, for as long as the block runs; `users` says whose each encoded key is (user, password)."""
    pool = urllib3.PoolManager(ca_certs=str(server.ca_file), retries=False)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name: value for name, value in self.headers.items() if name.lower() not in _OF_ONE_HOP}
            answer = pool.request(
                self.command, server.url + self.path, body=body, headers=headers | self.credentials(),
                preload_content=False, decode_content=False,
            )  # fmt: skip
            content = answer.read(decode_content=False)
            answer.release_conn()
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                if name.lower() not in _OF_ONE_HOP:
                    self.send_header(name, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = forward  # noqa: N815 - the names are the library's

        def credentials(self) -> dict[str, str]:
            kind, _, key = self.headers.get("authorization", "").partition(" ")
            if kind != "ApiKey" or key not in users:
                return {}
            return {"authorization": "Basic " + b64encode(":".join(users[key]).encode()).decode()}

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as end:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(pair.certificate, pair.key)
        end.socket = context.wrap_socket(end.socket, server_side=True)
        thread = threading.Thread(target=end.serve_forever, daemon=True)
        thread.start()
        yield f"https://localhost:{end.server_port}"
        end.shutdown()
        thread.join()

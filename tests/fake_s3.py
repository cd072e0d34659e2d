"""A store that speaks as much of S3 as the registry needs: whole objects, in parts, and listings by prefix.

It stands for what can't be had without an account: pyarrow's own client talks to it over real HTTP.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    objects: ClassVar[dict[str, bytes]]
    parts: ClassVar[dict[int, bytes]]

    def do_GET(self) -> None:
        key, query = self._asked()
        if "list-type" in query:
            self._answer(200, self._listing(key, query))
        elif key in self.objects:
            self._answer(200, self.objects[key])
        else:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")

    def do_HEAD(self) -> None:
        key, _ = self._asked()
        found = self.objects.get(key)
        bucket = "/" not in key
        self._answer(200 if bucket or found is not None else 404, found or b"")

    def do_PUT(self) -> None:
        key, query = self._asked()
        body = self._body()
        if "partNumber" in query:
            self.parts[int(query["partNumber"][0])] = body
        else:
            self.objects[key] = body
        self._answer(200)

    def do_POST(self) -> None:
        key, query = self._asked()
        self._body()
        if "uploads" in query:
            self.parts.clear()
            self._answer(200, b"<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>")
        else:
            self.objects[key] = b"".join(self.parts[number] for number in sorted(self.parts))
            self._answer(200, b"<CompleteMultipartUploadResult><ETag>1</ETag></CompleteMultipartUploadResult>")

    def _asked(self) -> tuple[str, dict[str, list[str]]]:
        """`bucket/key`, and what is asked of it."""
        address = urlsplit(self.path)
        return unquote(address.path).strip("/"), parse_qs(address.query, keep_blank_values=True)

    def _body(self) -> bytes:
        chunked = self.headers.get("Transfer-Encoding") == "chunked"
        body = b"".join(self._chunks()) if chunked else self.rfile.read(int(self.headers.get("Content-Length", 0)))
        return _unchunked(body) if "aws-chunked" in self.headers.get("Content-Encoding", "") else body

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline(), 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def _listing(self, bucket: str, query: dict[str, list[str]]) -> bytes:
        prefix, delimiter = query.get("prefix", [""])[0], query.get("delimiter", [""])[0]
        keys = [name.removeprefix(f"{bucket}/") for name in self.objects if name.startswith(f"{bucket}/{prefix}")]
        rest = {key: key.removeprefix(prefix).partition(delimiter) if delimiter else (key, "", "") for key in keys}
        folders = {f"{prefix}{head}{mark}" for head, mark, _ in rest.values() if mark}
        shown = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{len(self.objects[f'{bucket}/{key}'])}</Size></Contents>"
            for key, (_, mark, _) in rest.items()
            if not mark
        ) + "".join(f"<CommonPrefixes><Prefix>{escape(one)}</Prefix></CommonPrefixes>" for one in sorted(folders))
        return f"<ListBucketResult><KeyCount>{len(keys)}</KeyCount>{shown}</ListBucketResult>".encode()

    def _answer(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", '"1"')
        self.send_header("Last-Modified", "Sat, 21 Nov 2026 12:00:00 GMT")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Nothing is said on standard error."""


def _unchunked(body: bytes) -> bytes:
    """The data in `<length>;…\\r\\n<data>\\r\\n…`, as newer clients send it with a checksum at the end."""
    found = b""
    while body:
        head, _, body = body.partition(b"\r\n")
        size = int(head.partition(b";")[0], 16)
        if size == 0:
            break
        found, body = found + body[:size], body[size + 2 :]
    return found


@contextmanager
def fake_s3() -> Iterator[tuple[str, dict[str, bytes]]]:
    """`127.0.0.1:port` of a store on loopback, and its objects by `bucket/key`."""
    answers = type("Answers", (_Answers,), {"objects": {}, "parts": {}})
    with ThreadingHTTPServer(("127.0.0.1", 0), answers) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}", answers.objects  # type: ignore[attr-defined]
        finally:
            server.shutdown()
            thread.join()

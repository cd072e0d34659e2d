"""Prometheus and Grafana out of archives, from a publisher on this machine: whole, or not at all."""

from __future__ import annotations

import hashlib
import io
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pipeline.embedded import grafana, programs, prometheus
from pipeline.embedded.programs import Archive
from pipeline.errors import SetupError

SCRIPT = b"#!/bin/sh\n"


def packed(files: dict[str, bytes]) -> bytes:
    """An archive of executable files."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w:gz") as tar:
        for name, content in files.items():
            found = tarfile.TarInfo(name)
            found.size, found.mode = len(content), 0o755
            tar.addfile(found, io.BytesIO(content))
    return written.getvalue()


class Publisher:
    """Serves files from memory."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.files: dict[str, bytes] = {}

    def publish(self, content: bytes, digest: str | None = None, line: str = "{digest}  {file}") -> Archive:
        """An archive, and the digest that is said of it; its own if none is given."""
        file = "prometheus-1.2.3.linux-amd64.tar.gz"
        told = line.format(digest=digest or hashlib.sha256(content).hexdigest(), file=file)
        self.files = {f"/{file}": content, "/sums": told.encode()}
        return Archive("prometheus", "1.2.3", f"{self.url}/{file}", f"{self.url}/sums", 1)


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    """A publisher on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = serving.files.get(self.path)
            self.send_response(404 if content is None else 200)
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        serving = Publisher(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        try:
            yield serving
        finally:
            server.shutdown()
            thread.join()


def silent(part: str, text: str) -> None:
    """Tell nobody."""


def fetched(found: Archive, cache: Path) -> Path:
    """The folder of an archive's program."""
    return programs.fetch(found.name, cache, silent, found)


@pytest.mark.parametrize(
    "line", ["{digest}  {file}", "{digest} *{file}", "{digest}", "0" * 64 + "  other.tar.gz\n{digest}  {file}"]
)
def test_an_archive_is_verified_unpacked_and_found(
    publisher: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    """Publishers list several files, or give a lone digest. What is there is not downloaded again."""
    found = publisher.publish(packed({"prometheus-1.2.3.linux-amd64/prometheus": SCRIPT}), line=line)
    home = fetched(found, tmp_path)
    assert programs.homes(tmp_path, "prometheus") == [home]
    monkeypatch.setenv("PATH", str(tmp_path))
    assert prometheus.find() is None
    assert prometheus.find([home]) == home / "prometheus"
    assert (home / "prometheus").read_bytes() == SCRIPT
    publisher.files.clear()
    assert fetched(found, tmp_path) == home


def test_what_is_not_as_published_is_refused(publisher: Publisher, tmp_path: Path) -> None:
    """Nothing of it stays."""
    found = publisher.publish(packed({"top/prometheus": SCRIPT}), digest="0" * 64)
    with pytest.raises(SetupError, match=r"is not what .*/sums says"):
        fetched(found, tmp_path)
    assert [path.name for path in (tmp_path / "programs").iterdir()] == [".lock"]


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        (packed({"top/prometheus": SCRIPT}), "nothing of the kind", "can't be verified"),
        (packed({"../outside": SCRIPT}), "{digest}", "can't be unpacked"),
        (b"not an archive", "{digest}", "can't be unpacked"),
    ],
    ids=["no digest", "a path that leads outside", "no archive"],
)
def test_what_can_not_be_used_is_said(
    publisher: Publisher, tmp_path: Path, content: bytes, line: str, message: str
) -> None:
    """In one line; nothing of it stays, nor anything beside it."""
    with pytest.raises(SetupError, match=message) as caught:
        fetched(publisher.publish(content, line=line), tmp_path / "cache")
    assert "\n" not in caught.value.message
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [".lock"]


def test_a_publisher_that_is_away(publisher: Publisher, tmp_path: Path) -> None:
    """An address that has nothing, and one where nobody is."""
    found = publisher.publish(packed({"top/prometheus": SCRIPT}))
    publisher.files.clear()
    with pytest.raises(SetupError, match=r"/sums can't be downloaded \(status 404\)"):
        fetched(found, tmp_path)
    nobody = Archive("grafana", "1", "http://127.0.0.1:9/grafana.tar.gz", "http://127.0.0.1:9/sums", 1)
    with pytest.raises(SetupError, match=r"can't be downloaded \(ConnectionError\): is the internet reachable"):
        fetched(nobody, tmp_path)


def test_a_grafana_that_was_downloaded_is_found(tmp_path: Path) -> None:
    """By its own folder, where none is on PATH; a folder that holds only a part of one is none."""
    home = tmp_path / "grafana-12.4.6"
    nowhere = (str(tmp_path / "nowhere"), tmp_path / "none")
    (home / "bin").mkdir(parents=True)
    (home / "bin" / "grafana").write_bytes(SCRIPT)
    on_path = grafana.find(*nowhere)
    assert grafana.find(*nowhere, [home]) == on_path
    (home / "conf").mkdir()
    (home / "conf" / "defaults.ini").write_bytes(b"")
    assert grafana.find(*nowhere, [home]) == (on_path or grafana.Installed(home / "bin" / "grafana", home))


@pytest.mark.parametrize("name", programs.NAMES)
def test_the_pinned_archives(name: programs.Name) -> None:
    """Each has its digest beside it, by TLS; machines that the publishers do not build for have none."""
    for machine in ("x86_64", "aarch64"):
        found = programs.archive(name, machine, "Linux")
        assert found
        assert found.url.startswith("https://")
        assert found.url.endswith(".tar.gz")
        assert found.checksums.rsplit("/", 1)[0] == found.url.rsplit("/", 1)[0]
    assert programs.archive(name, "riscv64", "Linux") is None
    assert programs.archive(name, "x86_64", "Darwin") is None

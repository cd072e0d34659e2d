"""The archive on S3, as moto serves it: `make test-s3`."""

from __future__ import annotations

import os
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.archive.table import ArchiveTable
from pipeline.embedded.ports import free_port
from pipeline.errors import SinkUnavailable
from tests.integration.archive.writers import check_writers_at_once_and_upkeep
from tests.processes import started, until

FOLDER = os.environ.get("TWEETPULSE_TEST_MOTO")
SECRET = "hunter2-of-mine"
URI = "s3://bucket/archive"

pytestmark = pytest.mark.skipif(not FOLDER, reason="needs TWEETPULSE_TEST_MOTO, a folder with moto: make test-s3")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """The address of a server with a bucket."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    address = f"http://127.0.0.1:{port}"
    with started(command, tmp_path / "log", os.environ | {"PYTHONPATH": str(FOLDER)}):
        until(lambda: _made(f"{address}/bucket"), "the server", 120)
        yield address


def _made(bucket: str) -> bool:
    try:
        urllib.request.urlopen(urllib.request.Request(bucket, method="PUT"), timeout=5).close()
    except (urllib.error.URLError, OSError):
        return False
    return True


def archive(server: str) -> ArchiveTable:
    """The table, as a process of its own sees it."""
    access = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_REGION": "us-east-1"}
    return ArchiveTable(URI, {"AWS_ENDPOINT_URL": server, "AWS_ALLOW_HTTP": "true", **access})


def test_writers_at_once_and_upkeep(server: str) -> None:
    """Of three that write the same records at once, one commits each batch; files are compacted and deleted."""
    check_writers_at_once_and_upkeep(lambda: archive(server))


def test_a_server_that_is_away(tmp_path: Path) -> None:
    """It is a reason to wait, in one line without the secret."""
    with pytest.raises(SinkUnavailable) as away:
        archive(f"http://127.0.0.1:{free_port()}").open()
    assert (away.value.reason, SECRET in away.value.message) == ("away", False)

"""The archive on S3, as moto serves it: `make test-s3`."""

from __future__ import annotations

import os
import sys
import threading
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from deltalake import DeltaTable

from pipeline.archive.table import ArchiveTable
from pipeline.archive.upkeep import compact, info, vacuum
from pipeline.embedded.ports import free_port
from pipeline.errors import AlreadyRunning, SinkUnavailable
from tests.processes import started, until
from tests.unit.archive.test_table import rows

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
    first, ends = archive(server), Counter[str]()
    assert (first.ensure(), archive(server).ensure()) == (True, False)

    def write(name: str) -> None:
        table = archive(server)
        for number in range(10):
            try:
                before = {0: number} if number else {}
                table.append(rows(number), "id", before, {0: number + 1}, f"{name} {number}")
                ends["done"] += 1
            except (AlreadyRunning, SinkUnavailable) as error:
                ends[type(error).__name__] += 1
                table.open()

    threads = [threading.Thread(target=write, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = DeltaTable(URI, storage_options=first._options).to_pyarrow_table(columns=["offset"]).to_pylist()
    assert Counter(row["offset"] for row in found) == Counter(range(ends["done"]))
    assert ends["done"] > 0
    assert ends.total() == 30
    before, after = compact(first)
    assert (before, after) == (ends["done"], 1)
    assert vacuum(first, 0) >= before
    assert info(first).records == ends["done"]


def test_a_server_that_is_away(tmp_path: Path) -> None:
    """It is a reason to wait, in one line without the secret."""
    with pytest.raises(SinkUnavailable) as away:
        archive(f"http://127.0.0.1:{free_port()}").open()
    assert (away.value.reason, SECRET in away.value.message) == ("away", False)

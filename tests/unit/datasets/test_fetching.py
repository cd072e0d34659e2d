"""`make data`, from a server of this test's own."""

from __future__ import annotations

import hashlib
import io
import re
import tarfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pipeline.embedded.ports import HOST, free_port
from tests.datasets.__main__ import run
from tests.datasets.published import BY_HAND, DataSet, File, data_sets
from tests.paths import data_folder

A, B = b"a line\n" * 9_000, b"another line\n" * 9_000


@dataclass
class Publisher:
    """A server with files.

    Attributes:
        address: of its folder.
        files: name → content.
        cut_off: name → after how many bytes the connection ends.
        knows_ranges: it sends the rest of a file to whoever asks for that.
        asked: what was asked for: the name, and from which byte on.
    """

    address: str
    files: dict[str, bytes] = field(default_factory=dict)
    cut_off: dict[str, int] = field(default_factory=dict)
    knows_ranges: bool = True
    asked: list[tuple[str, int]] = field(default_factory=list)


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    """One with the files a.txt, b.txt and, for an archive that holds both, ab.tar.gz."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.removeprefix("/data/")
            asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
            found.asked.append((name, int(asked[1]) if asked else 0))
            if name not in found.files:
                return self.send_error(404)
            start = found.asked[-1][1] if found.knows_ranges else 0
            if start and start >= len(found.files[name]):
                return self.send_error(416)
            body = found.files[name][start:]
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            # Who has seen enough goes, and the server would tell of that on the same standard error as the command.
            with suppress(ConnectionError):
                self.wfile.write(body[: found.cut_off.get(name)])
            return None

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer((HOST, 0), Answer) as server:
        found = Publisher(f"http://{HOST}:{server.server_port}/data/", {"a.txt": A, "b.txt": B, "ab.tar.gz": packed()})
        serving = threading.Thread(target=server.serve_forever, args=[0.01])
        serving.start()
        yield found
        server.shutdown()
        serving.join()


def packed(**other: bytes) -> bytes:
    """An archive of both files."""
    into = io.BytesIO()
    with tarfile.open(fileobj=into, mode="w:gz") as tar:
        for name, content in {"a": A, "b": B, **other}.items():
            member = tarfile.TarInfo(f"ab/{name}.txt")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return into.getvalue()


def file_of(name: str, content: bytes) -> File:
    return File(name, len(content), hashlib.sha256(content).hexdigest())


def letters(publisher: Publisher) -> DataSet:
    """A set of two files, as they should be."""
    files = [file_of("letters/a.txt", A), file_of("letters/b.txt", B)]
    return DataSet("letters", "lines of letters", "CC0", publisher.address, files)


def test_files_are_fetched_and_verified(
    publisher: Publisher, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The licence is named first, then a line for each file; the second time nothing is asked for."""
    assert run([letters(publisher)], tmp_path) == 0
    told, wrong = capsys.readouterr()
    lines = told.splitlines()
    assert lines[1] == f"  letters: lines of letters; licence: CC0; 0.2 MB from {publisher.address}"
    assert lines[2:4] == ["letters/a.txt: 63,000 bytes", "letters/b.txt: 117,000 bytes"]
    assert wrong == ""
    assert [path.read_bytes() for path in sorted((tmp_path / "letters").iterdir())] == [A, B]
    publisher.asked.clear()
    assert run([letters(publisher)], tmp_path) == 0
    assert "letters: 2 of 2 files are there" in capsys.readouterr().out
    assert publisher.asked == []


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (A.replace(b"a", b"b"), r"a\.txt is not the file with the SHA-256 [0-9a-f]{64}: it was thrown away"),
        (A * 50, r"a\.txt is not the file with the SHA-256 [0-9a-f]{64}: it was thrown away"),
        (None, r"a\.txt can't be had \(status 404\)"),
    ],
    ids=["other content", "larger", "gone"],
)
def test_a_wrong_file_is_not_kept(
    publisher: Publisher, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, why: str
) -> None:
    """One line says why, the other files are fetched, and the exit code is 1."""
    del publisher.files["a.txt"]
    if content is not None:
        publisher.files["a.txt"] = content
    assert run([letters(publisher)], tmp_path) == 1
    wrong = capsys.readouterr().err
    assert re.fullmatch(rf"make data: letters/a\.txt: http://\S+{why}\n", wrong), wrong
    assert [path.name for path in (tmp_path / "letters").iterdir()] == ["b.txt"]


@pytest.mark.parametrize("knows_ranges", [True, False])
def test_a_cut_off_download_goes_on(
    publisher: Publisher, tmp_path: Path, capsys: pytest.CaptureFixture[str], knows_ranges: bool
) -> None:
    """What came is kept, and the rest is asked for; of a server that sends everything again, everything is taken."""
    publisher.cut_off["a.txt"], publisher.knows_ranges = 20_000, knows_ranges
    assert run([letters(publisher)], tmp_path) == 1
    assert "a.txt was cut off after 20,000 of 63,000 bytes: repeat" in capsys.readouterr().err
    assert not (tmp_path / "letters/a.txt").exists()
    publisher.cut_off.clear()
    publisher.asked.clear()
    assert run([letters(publisher)], tmp_path) == 0
    assert publisher.asked == [("a.txt", 20_000)]
    assert (tmp_path / "letters/a.txt").read_bytes() == A
    assert "letters/a.txt: 63,000 bytes, the first 20,000 of them earlier\n" in capsys.readouterr().out
    assert sorted(path.name for path in (tmp_path / "letters").iterdir()) == ["a.txt", "b.txt"]


def test_a_file_that_is_too_short_is_not_kept(
    publisher: Publisher, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It looks like one that was cut off; when the rest is asked for, there is none."""
    publisher.files["a.txt"] = A[:1_000]
    assert run([letters(publisher)], tmp_path) == 1
    assert run([letters(publisher)], tmp_path) == 1
    assert "a.txt is shorter than the file that is expected: it was thrown away\n" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "letters").iterdir()] == ["b.txt"]


def test_an_empty_file_is_a_file(publisher: Publisher, tmp_path: Path) -> None:
    """It is asked for, and it is there afterwards."""
    publisher.files["none.txt"] = b""
    assert run([replace(letters(publisher), files=[file_of("letters/none.txt", b"")])], tmp_path) == 0
    assert (tmp_path / "letters/none.txt").read_bytes() == b""


def test_files_out_of_an_archive(publisher: Publisher, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Those that are wanted are taken out, the archive is removed; one with other files in it is not believed."""
    whole = letters(publisher)
    wanted = replace(whole, files=whole.files[:1], archive=file_of("letters/ab.tar.gz", publisher.files["ab.tar.gz"]))
    assert run([wanted], tmp_path) == 0
    assert [(path.name, path.read_bytes()) for path in (tmp_path / "letters").iterdir()] == [("a.txt", A)]
    (tmp_path / "letters/a.txt").unlink()
    publisher.files["ab.tar.gz"] = packed(a=b"something else")
    changed = replace(wanted, archive=file_of("letters/ab.tar.gz", publisher.files["ab.tar.gz"]))
    assert run([changed], tmp_path) == 1
    assert "ab.tar.gz holds another letters/a.txt" in capsys.readouterr().err
    assert not (tmp_path / "letters/a.txt").exists()


def test_an_archive_does_not_take_the_place_of_ones_own_file(publisher: Publisher, tmp_path: Path) -> None:
    """What is missing is taken out of it."""
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters/a.txt").write_text("mine")
    wanted = replace(letters(publisher), archive=file_of("letters/ab.tar.gz", publisher.files["ab.tar.gz"]))
    assert run([wanted], tmp_path) == 1
    assert (tmp_path / "letters/a.txt").read_text() == "mine"
    assert (tmp_path / "letters/b.txt").read_bytes() == B


def test_a_file_of_ones_own_is_left_alone(
    publisher: Publisher, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is named; the others are fetched."""
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters/a.txt").write_text("mine")
    assert run([letters(publisher)], tmp_path) == 1
    assert capsys.readouterr().err == (
        "make data: letters/a.txt: another file is there: remove it, and the publisher's will be fetched\n"
    )
    assert (tmp_path / "letters/a.txt").read_text() == "mine"
    assert (tmp_path / "letters/b.txt").read_bytes() == B


def test_without_a_network_one_line_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And not one for each file."""
    nobody = Publisher(f"http://{HOST}:{free_port()}/data/")
    assert run([letters(nobody), letters(nobody)], tmp_path) == 1
    wrong = capsys.readouterr().err
    assert re.fullmatch(rf"make data: {nobody.address}a.txt can't be reached \(.*refused\): .*\n", wrong), wrong


def test_a_folder_that_can_not_be_used(
    publisher: Publisher, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line, and no traceback."""
    (tmp_path / "letters").write_text("in the way")
    assert run([letters(publisher)], tmp_path) == 1
    assert re.fullmatch(r"make data: \S+ can't be used \(.+\): name another one\n", capsys.readouterr().err)


def test_what_is_not_fetched_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each of the other sets, until its file is there."""
    there, *_ = BY_HAND
    (tmp_path / there).parent.mkdir()
    (tmp_path / there).touch()
    assert run([], tmp_path) == 0
    told = capsys.readouterr().out
    assert [name for name in BY_HAND if f"  {name}: " in told] == [name for name in BY_HAND if name != there]


def test_addresses_and_checksums() -> None:
    """An address names one commit; files that are there have their checksums; a set is fetched, or said not to be."""
    for one in data_sets():
        assert re.fullmatch(r"https://raw\.githubusercontent\.com/[\w.-]+/[\w.-]+/[0-9a-f]{40}/[\w./-]+/", one.address)
        assert one.files
        assert all(file.name.startswith(f"{one.name}/") for file in one.files)
        for file in one.files:
            path = data_folder() / file.name
            assert not path.exists() or file_of(file.name, path.read_bytes()) == file
    assert not {one.name for one in data_sets()} & {name.split("/")[0] for name in BY_HAND}

"""Files are readable by their owner only."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline import durable_file, private_files
from pipeline.registry.registry import Registry
from pipeline.sources.live.feed import Position
from pipeline.sources.live.resume import Resume
from pipeline.spark_session import _opened
from tests.builders import TAKEN, WRITTEN, published


@pytest.fixture(params=[0o000, 0o022, 0o077], ids=["open", "usual", "closed"], autouse=True)
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever it is."""
    before = os.umask(request.param)
    yield
    os.umask(before)


def mode(path: Path) -> str:
    return oct(path.stat().st_mode & 0o777)


def exposed(folder: Path) -> list[str]:
    """The files in a folder that others could read, if they could enter it."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.stat().st_mode & 0o077)


def test_a_new_folder(tmp_path: Path) -> None:
    """Closed; those above it that are new are closed too, but for going through those of root."""
    private_files.make_folder(tmp_path / "a" / "b")
    assert mode(tmp_path / "a" / "b") == "0o700"
    assert mode(tmp_path / "a") == ("0o711" if os.geteuid() == 0 else "0o700")


def test_a_folder_and_a_file_that_were_there(tmp_path: Path) -> None:
    """They are closed the next time that they are used; what their owner may do stays."""
    folder = tmp_path / "old"
    folder.mkdir()
    (folder / "file").write_bytes(b"before")
    folder.chmod(0o755)
    (folder / "file").chmod(0o664)
    private_files.make_folder(folder)
    with open(folder / "file", "ab", opener=private_files.opener) as file:
        file.write(b", after")
    assert (mode(folder), mode(folder / "file")) == ("0o700", "0o600")
    assert (folder / "file").read_bytes() == b"before, after"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make somebody else's folder")
def test_somebody_elses_folder_stays_as_it_is(tmp_path: Path) -> None:
    """Root does not lock out whose folder it is, or whom that one lets in."""
    os.chown(tmp_path, 54321, 54321)
    tmp_path.chmod(0o755)
    private_files.make_folder(tmp_path)
    assert mode(tmp_path) == "0o755"


def test_what_is_no_file_is_left_alone() -> None:
    """Output may go to a device, which is everybody's."""
    before = mode(Path("/dev/null"))
    with open("/dev/null", "wb", opener=private_files.opener):
        pass
    assert mode(Path("/dev/null")) == before


def test_a_durable_file(tmp_path: Path) -> None:
    """With the folder that it made, also where it takes an exposed one's place."""
    durable_file.replace(tmp_path / "sources" / "x", b"1")
    (tmp_path / "sources" / "x").chmod(0o644)
    durable_file.replace(tmp_path / "sources" / "x", b"2")
    assert mode(tmp_path / "sources") == "0o700"
    assert exposed(tmp_path / "sources") == []


def test_the_resume_file_of_a_live_source(tmp_path: Path) -> None:
    """The resume file is readable by its owner only."""
    resume = Resume(tmp_path / "sources" / "twitter.json")
    resume.read_up_to("rule", Position("1", WRITTEN))
    resume.save()
    assert exposed(tmp_path / "sources") == []


def test_the_registry(tmp_path: Path) -> None:
    """Versions hold tweets that they were measured on."""
    registry = Registry(str(tmp_path / "models"), now=lambda: TAKEN)
    published(registry, b"a model")
    assert mode(tmp_path / "models" / "sentiment" / "versions") in ("0o700", "0o711")
    assert [path for path in (tmp_path / "models").rglob("*") if path.is_file() and path.stat().st_mode & 0o077] == []
    assert [path for path in (tmp_path / "models").rglob("*") if path.stat().st_mode & 0o066] == []


def test_the_log_of_spark(tmp_path: Path) -> None:
    """A new one and one that is there."""
    for _ in range(2):
        with _opened(tmp_path / "logs" / "spark.log"):
            pass
        assert (mode(tmp_path / "logs"), exposed(tmp_path / "logs")) == ("0o700", [])
        (tmp_path / "logs" / "spark.log").chmod(0o644)

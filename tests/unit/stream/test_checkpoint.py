"""Damage that a crash of the machine leaves in a checkpoint, and the files that are dropped for it."""

from __future__ import annotations

import os
import zlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.errors import AlreadyRunning, SetupError
from pipeline.stream import checkpoint

OFFSETS = 'v1\n{"batchWatermarkMs":0,"batchTimestampMs":1,"conf":{}}\n{"tweets":{"0":5}}'
COMMIT = 'v1\n{"nextBatchWatermarkMs":0}'


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    data = content.encode() if isinstance(content, str) else content
    path.write_bytes(data)
    sums = b"".join(zlib.crc32(data[at : at + 512]).to_bytes(4, "big") for at in range(0, len(data), 512))
    path.with_name(f".{path.name}.crc").write_bytes(b"crc\0" + (512).to_bytes(4, "big") + sums)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three batches, the last one in flight."""
    write(tmp_path, "metadata", '{"id":"a"}')
    write(tmp_path, "sources/0/0", '\0v1\n{"tweets":{"0":0}}')
    for batch in range(3):
        write(tmp_path, f"offsets/{batch}", OFFSETS)
    for batch in range(2):
        write(tmp_path, f"commits/{batch}", COMMIT)
    return tmp_path


def remove(path: Path) -> None:
    """With its checksum, as if it had never been there."""
    path.unlink()
    path.with_name(f".{path.name}.crc").unlink()


def dropped(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in checkpoint.mend(folder)}


def test_a_whole_one_stays(folder: Path) -> None:
    """Nothing is touched, however often it is looked at."""
    before = sorted(folder.rglob("*"))
    assert dropped(folder) == dropped(folder) == set()
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize(
    "content",
    [b"", b"\0" * 300, b"v1", b"v1\n{}\n", OFFSETS[:-3].encode(), b"w1\n{}\n{}", b"\xff\xfe"],
    ids=["empty", "NULs", "a line", "no source", "cut", "no version", "no text"],
)
def test_damaged_offsets(folder: Path, content: bytes) -> None:
    """The batch that was planned last is planned anew; its checksum goes with it."""
    (folder / "offsets/2").write_bytes(content)
    assert dropped(folder) == {"offsets/2"}
    assert not (folder / "offsets/.2.crc").exists()
    assert checkpoint.unfinished(folder) is None


def test_offsets_that_their_checksum_does_not_fit(folder: Path) -> None:
    """Spark would refuse them."""
    (folder / "offsets/2").write_text(OFFSETS.replace("5", "6"))
    assert dropped(folder) == {"offsets/2"}


def test_damaged_offsets_of_a_committed_batch(folder: Path) -> None:
    """Their commit goes too: Spark begins where the batch before ended."""
    remove(folder / "offsets/2")
    (folder / "offsets/1").write_bytes(b"")
    assert dropped(folder) == {"offsets/1", "commits/1"}
    assert checkpoint.unfinished(folder) is None


def test_checksums_of_files_that_are_gone(folder: Path) -> None:
    """Of a commit that a crash took and whose checksum it left, Spark would think that another query has written it."""
    (folder / "commits/1").unlink()
    (folder / "offsets/2").unlink()
    assert dropped(folder) == {"commits/.1.crc", "offsets/.2.crc"}
    assert dropped(folder) == set()


def test_a_damaged_commit(folder: Path) -> None:
    """Its batch is repeated, as after a kill before the commit."""
    remove(folder / "offsets/2")
    (folder / "commits/1").write_bytes(b"\0\0")
    assert dropped(folder) == {"commits/1"}
    found = checkpoint.unfinished(folder)
    assert found is not None
    assert found.batch == 1


def test_only_the_newest_are_looked_at(folder: Path) -> None:
    """Spark reads no others: an old file that is damaged is no reason to repeat everything after it."""
    (folder / "offsets/0").write_bytes(b"")
    (folder / "commits/0").write_bytes(b"")
    assert dropped(folder) == set()


def test_all_of_it_damaged(folder: Path) -> None:
    """The query begins anew, from the beginning of the topic; every tweet in it is already there."""
    for path in folder.rglob("*"):
        if path.is_file() and path.suffix != ".crc":
            path.write_bytes(b"")
    assert dropped(folder) == {
        "metadata",
        "sources/0/0",
        *(f"offsets/{n}" for n in range(3)),
        *(f"commits/{n}" for n in range(2)),
    }
    assert not [path for path in folder.rglob("*") if path.is_file()]


def test_the_batch_in_flight(folder: Path) -> None:
    """Its number, and when it was planned."""
    found = checkpoint.unfinished(folder)
    assert found is not None
    assert found.batch == 2
    assert abs((datetime.now(UTC) - found.began).total_seconds()) < 3_600


def test_none_yet(tmp_path: Path) -> None:
    """A checkpoint that is new has nothing to mend and no batch in flight."""
    assert (checkpoint.mend(tmp_path), checkpoint.unfinished(tmp_path)) == ([], None)


def test_one_stream_at_a_time(tmp_path: Path) -> None:
    """The second is told which process has it; when that one has ended, it may."""
    folder = tmp_path / "checkpoint"
    with (
        checkpoint.held(folder),
        pytest.raises(AlreadyRunning, match=rf"\(process {os.getpid()}, since 20\d\d-"),
        checkpoint.held(folder),
    ):
        pass
    with checkpoint.held(folder):
        assert checkpoint.mend(folder) == []


def test_a_full_disk(tmp_path: Path) -> None:
    """In one line, with the setting; not even who has it can be written down."""
    (tmp_path / "tweetpulse.lock").symlink_to("/dev/full")
    with pytest.raises(SetupError, match="can't be written"), checkpoint.held(tmp_path):
        pass


def test_a_folder_that_can_not_be_made(tmp_path: Path) -> None:
    """In one line, with the setting."""
    (tmp_path / "file").touch()
    with pytest.raises(SetupError, match="TWEETPULSE_STREAM__CHECKPOINT"):
        checkpoint.make(tmp_path / "file" / "checkpoint")

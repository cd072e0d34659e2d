"""The checkpoint's folder: made, mended after a crash of the machine, and what it says of the batch to be repeated.

Spark writes `offsets/N` before batch N runs and `commits/N` once it is done. When the machine loses power, the
newest file can be empty or full of NULs, and Spark then refuses to start. Such a file may be dropped here, since a
batch that is built anew, or repeated, creates no document twice.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import orjson

from pipeline import private_files
from pipeline.domain.progress import VERSION, batches, check_version_line, parse_offsets, parse_start
from pipeline.errors import AlreadyRunning, NewerFormat, SetupError
from pipeline.locks import take

_LOCK = "tweetpulse.lock"
_CRC_HEADER = b"crc\0"
_CRC_CHUNK = 512


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A batch that was begun and not committed: Spark repeats it with the same records.

    Attributes:
        batch: its number.
        began: when it was planned.
    """

    batch: int
    began: datetime


def make(folder: Path) -> None:
    """Make the checkpoint's folder, or see that it can be written.

    Raises:
        SetupError: it can't be made or written to.
    """
    try:
        private_files.make_folder(folder)
        probe = folder / ".probe"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise _unusable(folder, error) from None


@contextmanager
def held(folder: Path, *, user: str = "stream", variable: str = "TWEETPULSE_STREAM__CHECKPOINT") -> Iterator[None]:
    """Hold the checkpoint for one stream of this machine; let go at the end, also when the process is killed.

    Args:
        folder: the checkpoint.
        user: who needs it, for errors.
        variable: the setting that names another folder, for errors.

    Raises:
        AlreadyRunning: another stream has it.
        SetupError: the folder can't be made or written to.
    """
    make(folder)
    # Opened without emptying it, since it names the stream that holds the lock. Unbuffered, or closing it would try
    # once more to write what a full disk has refused.
    with (folder / _LOCK).open("a+b", buffering=0) as lock:
        try:
            if not take(lock):
                lock.seek(0)
                raise AlreadyRunning(
                    f"another {user} uses the checkpoint {folder} ({lock.read(100).decode().strip()}): end it, "
                    f"or give this one a checkpoint of its own ({variable})"
                )
            _sign(lock)
        except OSError as error:
            raise _unusable(folder, error) from None
        yield


def _sign(lock: IO[bytes]) -> None:
    lock.truncate(0)
    lock.write(f"process {os.getpid()}, since {datetime.now().astimezone():%Y-%m-%d %H:%M:%S %Z}\n".encode())


def mend(folder: Path) -> list[Path]:
    """Drop what a crash of the machine has left damaged; the files that were dropped.

    Raises:
        NewerFormat: a newer Spark wrote it; nothing is dropped.
        SetupError: a file can't be read or removed.
    """
    try:
        dropped = _damaged(folder)
        for path in dropped:
            path.unlink()
            # Hadoop would hold the old sum against the file that Spark writes in the place of this one.
            _crc_of(path).unlink(missing_ok=True)
    except OSError as error:
        raise _unusable(folder, error) from None
    return dropped


def unfinished(folder: Path) -> Unfinished | None:
    """The batch that Spark will repeat first; None where all that was begun is committed."""
    begun, done = (batches(_names(folder / name)) for name in ("offsets", "commits"))
    newest = max(begun, default=None)
    if newest is None or newest in done:
        return None
    # Spark writes the file before the batch runs, so no document of the batch is older than it.
    planned = (folder / "offsets" / str(newest)).stat().st_mtime
    return Unfinished(newest, datetime.fromtimestamp(planned, UTC))


def _damaged(folder: Path) -> list[Path]:
    offsets = _damaged_newest(folder / "offsets", _is_offsets)
    # Without its offsets a commit says nothing; one that is damaged itself only means that its batch is repeated.
    orphans = [path for path in (folder / "commits" / name.name for name in offsets) if path.exists()]
    commits = [path for path in _damaged_newest(folder / "commits", _is_commit) if path not in orphans]
    # Spark refuses to start if it can't read `metadata` or `sources/0/0`, and writes either anew where it is absent.
    # Neither says which records were read: `offsets` does.
    return [
        *_unreadable(folder / "metadata", _is_json),
        *_unreadable(folder / "sources/0/0", _is_start),
        *offsets,
        *orphans,
        *commits,
        *_lone_sums(folder / "offsets"),
        *_lone_sums(folder / "commits"),
    ]


def _lone_sums(folder: Path) -> list[Path]:
    """Checksums of files that are gone: Spark would take one for a file that another query has just written."""
    return [crc for crc in sorted(folder.glob(".[0-9]*.crc")) if not (folder / crc.stem[1:]).exists()]


def _unreadable(path: Path, is_whole: Callable[[str], bool]) -> list[Path]:
    return [path] if path.exists() and not _whole(path, is_whole) else []


def _damaged_newest(folder: Path, is_whole: Callable[[str], bool]) -> list[Path]:
    """The newest files down to the first that is whole: Spark reads no others."""
    damaged: list[Path] = []
    for number in sorted(batches(_names(folder)), reverse=True):
        path = folder / str(number)
        if _whole(path, is_whole):
            break
        damaged.append(path)
    return damaged


def _whole(path: Path, is_whole: Callable[[str], bool]) -> bool:
    content = path.read_bytes()
    try:
        return is_whole(content.decode()) and _crc_fits(content, _crc_of(path))
    except UnicodeDecodeError:
        return False


def _is_offsets(text: str) -> bool:
    return _parses(parse_offsets, text)


def _is_start(text: str) -> bool:
    return _parses(parse_start, text)


def _parses(parse: Callable[[str], object], text: str) -> bool:
    try:
        return bool(parse(text))
    except NewerFormat:
        raise
    except SetupError:
        return False


def _is_commit(text: str) -> bool:
    version, _, rest = text.partition("\n")
    check_version_line(version)
    return version == VERSION and _is_json(rest)


def _is_json(text: str) -> bool:
    try:
        return isinstance(orjson.loads(text), dict)
    except orjson.JSONDecodeError:
        return False


def _crc_of(path: Path) -> Path:
    return path.with_name(f".{path.name}.crc")


def _crc_fits(content: bytes, crc: Path) -> bool:
    """True if Hadoop's checksum file, if there is one, fits this content: a CRC-32 for each 512 bytes."""
    if not crc.exists():
        return True
    parts = (content[start : start + _CRC_CHUNK] for start in range(0, len(content), _CRC_CHUNK))
    sums = b"".join(zlib.crc32(part).to_bytes(4, "big") for part in parts)
    return crc.read_bytes() == _CRC_HEADER + _CRC_CHUNK.to_bytes(4, "big") + sums


def _names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()] if folder.is_dir() else []


def _unusable(folder: Path, error: OSError) -> SetupError:
    return SetupError(
        f"the checkpoint {folder} can't be written ({error.strerror}): set TWEETPULSE_STREAM__CHECKPOINT to another"
    )

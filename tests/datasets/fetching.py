"""Downloads files: goes on where a download was cut off, and keeps only what has the right checksum."""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Callable, Iterator
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from tests.datasets.published import DataSet, File

PARTIAL_CONTENT, REQUESTED_RANGE_NOT_SATISFIABLE = 206, 416

Tell = Callable[[str], None]

TIMEOUT_SECONDS = 30.0
CHUNK = 64 * 1024


class NotFetched(Exception):
    """Why a file is not there, in one line."""


class Unreachable(NotFetched):
    """Nothing can be fetched: no publisher can be reached, or nothing can be written."""


def fetch(data_set: DataSet, folder: Path, tell: Tell) -> list[str]:
    """Fetch what is missing of a data set; what went wrong, one line for each file.

    Args:
        data_set: which one.
        folder: of all data sets.
        tell: is told what happened to each file.

    Raises:
        Unreachable: the publisher's server can't be reached, or the folder can't be written.
    """
    try:
        return _fetch(data_set, folder, tell)
    except OSError as error:
        raise Unreachable(f"{folder} can't be used ({error.strerror}): name another one") from error


def _fetch(data_set: DataSet, folder: Path, tell: Tell) -> list[str]:
    there = [file for file in data_set.files if (folder / file.name).exists()]
    others = [file for file in there if _sha256(folder / file.name) != file.sha256]
    wrong = [f"{file.name}: another file is there: remove it, and the publisher's will be fetched" for file in others]
    if len(there) == len(data_set.files):
        tell(f"{data_set.name}: {len(there) - len(others)} of {len(there)} files are there")
        return wrong
    for file in [data_set.archive] if data_set.archive else [file for file in data_set.files if file not in there]:
        try:
            tell(f"{file.name}: {_fetched(data_set.url(file), file, folder / file.name)}")
            if data_set.archive:
                _unpack(data_set, folder)
        except Unreachable:
            raise
        except NotFetched as error:
            wrong.append(f"{file.name}: {error}")
    return wrong


def _fetched(url: str, file: File, path: Path) -> str:
    """Download a file; how large it is, and from where on it was fetched."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    before = _size(part)
    _download(url, part, file.size)
    if _size(part) < file.size:
        raise NotFetched(
            f"{url} was cut off after {_size(part):,} of {file.size:,} bytes: repeat, it goes on from there"
        )
    if _sha256(part) != file.sha256:
        part.unlink()
        raise NotFetched(f"{url} is not the file with the SHA-256 {file.sha256}: it was thrown away")
    part.rename(path)
    return f"{file.size:,} bytes" + (f", the first {before:,} of them earlier" if before else "")


def _download(url: str, part: Path, size: int) -> None:
    """Add to a part of a file what it lacks; of what is larger than expected, a little more."""
    had = _size(part)
    if had and had >= size:
        return
    # A server that knows no ranges sends the whole file again.
    with _asked(url, part) as response, part.open("ab" if response.status == PARTIAL_CONTENT else "wb") as opened:
        for chunk in _chunks(response, url):
            opened.write(chunk)
            if opened.tell() > size:
                break


def _asked(url: str, part: Path) -> HTTPResponse:
    start = _size(part)
    request = Request(url, headers={"Range": f"bytes={start}-"} if start else {})
    try:
        response: HTTPResponse = urlopen(request, timeout=TIMEOUT_SECONDS)
    except HTTPError as error:
        error.close()
        if error.code == REQUESTED_RANGE_NOT_SATISFIABLE:
            part.unlink()
            raise NotFetched(f"{url} is shorter than the file that is expected: it was thrown away") from error
        raise NotFetched(f"{url} can't be had (status {error.code})") from error
    except (OSError, HTTPException) as error:
        raise _unreachable(url, error) from error
    return response


def _chunks(response: HTTPResponse, url: str) -> Iterator[bytes]:
    """The body as it comes; where the connection ends too early, what came."""
    try:
        while chunk := response.read(CHUNK):
            yield chunk
    except (OSError, HTTPException) as error:
        raise _unreachable(url, error) from error


def _unreachable(url: str, error: Exception) -> Unreachable:
    why = getattr(error, "reason", error)
    return Unreachable(f"{url} can't be reached ({why}): what came is kept, repeat with a network")


def _unpack(data_set: DataSet, folder: Path) -> None:
    """Take the files that are missing out of the archive, which is removed."""
    assert data_set.archive
    path = folder / data_set.archive.name
    top = path.name.removesuffix(".tar.gz")
    with tarfile.open(path) as tar:
        for file in (file for file in data_set.files if not (folder / file.name).exists()):
            member = tar.extractfile(f"{top}/{Path(file.name).name}")
            assert member, file.name
            content = member.read()
            if hashlib.sha256(content).hexdigest() != file.sha256:
                raise NotFetched(f"{path} holds another {file.name}: it was left alone")
            (folder / file.name).write_bytes(content)
    path.unlink()


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()

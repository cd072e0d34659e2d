"""Small files under one root: a local folder, HDFS or S3, by its URI."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager as Context
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit
from uuid import uuid4

from pipeline import private_files
from pipeline.errors import ConfigError, ScoringError, SetupError
from pipeline.extras import require
from pipeline.locks import only_one

if TYPE_CHECKING:
    from pipeline.registry.remote import Remote

MAX_FILE_BYTES = 512 * 1024 * 1024
"""Far above what a model of this project has: what is larger would fill the memory before it is known to be one."""

_REMOTE = ("hdfs", "viewfs", "s3", "gs")


class Storage:
    """Reads and replaces files whole. Connects at the first use: a store that is away now may be back later.

    Args:
        uri: `hdfs://…`, `s3://bucket/folder`, `file:///…`, or a path.

    Raises:
        ConfigError: the URI holds a password, is of a kind that is not known, or names another machine's files.
    """

    def __init__(self, uri: str) -> None:
        address = urlsplit(uri) if "://" in uri else None
        if address is not None and address.password:
            raise ConfigError(
                "the registry's URI holds a password: leave it out; the machine's own credentials are used"
            )
        if address is not None and address.scheme not in ("file", *_REMOTE):
            raise ConfigError(f"no registry can be at {address.scheme}://: name a folder, hdfs:// or s3://")
        if address is not None and address.scheme == "file" and address.netloc:
            raise ConfigError(f"no registry can be at file://{address.netloc}: name a folder of this machine")
        # The query of a URI may hold credentials.
        self.name = uri.partition("?")[0]
        self._uri = uri
        self._folder = _folder_of(uri)
        self._remote: Remote | None = None

    def read(self, *path: str) -> bytes | None:
        """A file's bytes; None where there is none.

        Raises:
            SetupError: the store does not answer, or does not let it be read.
            ScoringError: the file is larger than `MAX_FILE_BYTES`.
        """
        with self._errors("read"):
            try:
                data = self._read(MAX_FILE_BYTES + 1, *path)
            except FileNotFoundError:
                return None
        if len(data) > MAX_FILE_BYTES:
            raise ScoringError(f"{'/'.join(path)} is larger than {MAX_FILE_BYTES:,} bytes: publish the version anew")
        return data

    def replace(self, data: bytes, *path: str) -> None:
        """Write a file: whoever reads it meanwhile sees the old one or the new one.

        On HDFS, which replaces nothing by renaming, a reader may see a part for a moment.

        Raises:
            SetupError: the store does not answer, or does not let it be written.
        """
        with self._errors("written"):
            if self._folder is not None:
                _write_and_rename(self._folder.joinpath(*path), data)
            else:
                self._connected().replace(data, *path)

    def folders(self, *path: str) -> list[str]:
        """The names of the folders in a folder, sorted; none where it is not there.

        Raises:
            SetupError: the store does not answer, or does not let it be read.
        """
        with self._errors("read"):
            found = self._connected().folders(*path) if self._folder is None else _folders(self._folder.joinpath(*path))
        return sorted(found)

    def alone(self, *path: str) -> Context[object]:
        """Keep other processes of this machine out of a folder; other stores know no locks, there the last one wins.

        Raises:
            SetupError: the folder can't be made.
        """
        if self._folder is None:
            return nullcontext()
        with self._errors("written"):
            folder = self._folder.joinpath(*path)
            private_files.make_folder(folder)
            return only_one(folder, on_wait=lambda: None)

    def _read(self, size: int, *path: str) -> bytes:
        if self._folder is None:
            return self._connected().read(size, *path)
        with self._folder.joinpath(*path).open("rb") as file:
            # A read takes the memory that it is asked for, however small the file is.
            return file.read(min(size, os.fstat(file.fileno()).st_size + 1))

    def _connected(self) -> Remote:
        if self._remote is None:
            from pipeline.registry.remote import Remote

            self._remote = Remote(self._uri)
        return self._remote

    @contextmanager
    def _errors(self, done: str) -> Iterator[None]:
        # The errors of a remote store can be named only if pyarrow is imported, which a local registry does not need.
        faults, reason = self._foreign()
        try:
            yield
        except faults as error:
            told = reason(error, self._uri)
            raise SetupError(f"the registry of models {self.name} can't be {done}: {told}") from None

    def _foreign(self) -> tuple[tuple[type[Exception], ...], Callable[[Exception, str], str]]:
        """What may be raised here, and what a person is told of it."""
        if self._folder is not None:
            return (OSError,), _reason
        require("stream")
        from pipeline.registry import remote

        return remote.FAULTS, remote.reason


def _folder_of(uri: str) -> Path | None:
    """The folder on this machine that a URI or a path names; None where it names another store."""
    address = urlsplit(uri) if "://" in uri else None
    if address is None:
        return Path(uri).expanduser().absolute()
    return Path(unquote(address.path)) if address.scheme == "file" else None


def _folders(folder: Path) -> list[str]:
    with suppress(FileNotFoundError):
        return [path.name for path in folder.iterdir() if path.is_dir()]
    return []


def _reason(error: Exception, _: str) -> str:
    known = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
    return known or type(error).__name__


def _write_and_rename(target: Path, data: bytes) -> None:
    private_files.make_folder(target.parent)
    # A name of its own for each writer, because two may write the same file at once.
    unfinished = target.with_name(f".{target.name}.{uuid4().hex[:12]}")
    try:
        with open(unfinished, "wb", opener=private_files.opener) as file:
            file.write(data)
        unfinished.replace(target)
    except BaseException:
        with suppress(OSError):
            unfinished.unlink()
        raise

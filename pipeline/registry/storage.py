"""Small files under one root: a local folder, HDFS or S3, by its URI."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager as Context
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit
from uuid import uuid4

import pyarrow as pa
from pyarrow import fs

from pipeline import private_files
from pipeline.errors import ConfigError, ScoringError, SetupError

MAX_FILE_BYTES = 512 * 1024 * 1024
"""Far above what a model of this project has: what is larger would fill the memory before it is known to be one."""

_NEEDS = {"hdfs": "HadoopFileSystem", "viewfs": "HadoopFileSystem", "s3": "S3FileSystem", "gs": "GcsFileSystem"}


class Storage:
    """Reads and replaces files whole. Connects at the first use: a store that is away now may be back later.

    Args:
        uri: `hdfs://…`, `s3://bucket/folder`, `file:///…`, or a path.

    Raises:
        ConfigError: the URI holds a password, or is of a kind that is not known.
    """

    def __init__(self, uri: str) -> None:
        address = urlsplit(uri) if "://" in uri else None
        if address is not None and address.password:
            raise ConfigError(
                "the registry's URI holds a password: leave it out, the credentials of the machine are taken"
            )
        if address is not None and address.scheme not in ("file", *_NEEDS):
            raise ConfigError(f"no registry can be at {address.scheme}://: name a folder, hdfs:// or s3://")
        # A query may hold keys.
        self.name = uri.partition("?")[0]
        self._uri = uri if address is not None else str(Path(uri).expanduser().absolute())
        self._found: tuple[fs.FileSystem, PurePosixPath] | None = None

    def read(self, *path: str) -> bytes | None:
        """A file's bytes; None where there is none.

        Raises:
            SetupError: the store does not answer, or does not let it be read.
            ScoringError: the file is larger than `MAX_FILE_BYTES`.
        """
        with self._errors("read"):
            filesystem, root = self._connected()
            try:
                # Compression would be told from the file's name, and undone.
                with filesystem.open_input_stream(str(root.joinpath(*path)), compression=None) as stream:
                    data = bytes(stream.read(MAX_FILE_BYTES + 1))
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
            filesystem, root = self._connected()
            target = root.joinpath(*path)
            if filesystem.type_name == "local":
                _write_and_rename(Path(target), data)
            else:
                if filesystem.type_name not in ("s3", "gcs"):
                    filesystem.create_dir(str(target.parent), recursive=True)
                with filesystem.open_output_stream(str(target)) as stream:
                    stream.write(data)

    def folders(self, *path: str) -> list[str]:
        """The names of the folders in a folder, sorted; none where it is not there.

        Raises:
            SetupError: the store does not answer, or does not let it be read.
        """
        with self._errors("read"):
            filesystem, root = self._connected()
            inside = filesystem.get_file_info(fs.FileSelector(str(root.joinpath(*path)), allow_not_found=True))
        return sorted(info.base_name for info in inside if info.type == fs.FileType.Directory)

    def alone(self, *path: str) -> Context[object]:
        """Keep other processes of this machine out of a folder; other stores know no locks, there the last one wins.

        Raises:
            SetupError: the folder can't be made.
        """
        with self._errors("written"):
            filesystem, root = self._connected()
            if filesystem.type_name != "local":
                return nullcontext()
            folder = Path(root.joinpath(*path))
            private_files.make_folder(folder)
            return _locked(folder)

    def _connected(self) -> tuple[fs.FileSystem, PurePosixPath]:
        if self._found is None:
            filesystem, root = _from_uri(self._uri)
            self._found = filesystem, PurePosixPath(root)
        return self._found

    @contextmanager
    def _errors(self, done: str) -> Iterator[None]:
        try:
            yield
        except (OSError, pa.ArrowException, NotImplementedError) as error:
            raise SetupError(f"the registry of models {self.name} can't be {done}: {self._reason(error)}") from None

    def _reason(self, error: Exception) -> str:
        scheme = urlsplit(self._uri).scheme
        if scheme in _NEEDS and not hasattr(fs, _NEEDS[scheme]):
            return f"this pyarrow is built without {scheme}://, install one from PyPI or conda-forge"
        if "libjvm" in str(error) or "libhdfs" in str(error):
            return (
                "hdfs:// needs Hadoop's libhdfs: set JAVA_HOME, HADOOP_HOME and CLASSPATH (`hadoop classpath --glob`)"
            )
        # pyarrow's own message repeats the path.
        known = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
        return next(iter(known.splitlines()), type(error).__name__)[:200]


def _from_uri(uri: str) -> tuple[fs.FileSystem, str]:
    found: tuple[fs.FileSystem, str] = fs.FileSystem.from_uri(uri)
    return found


def _write_and_rename(target: Path, data: bytes) -> None:
    private_files.make_folder(target.parent)
    unfinished = target.with_name(f".{target.name}.{uuid4().hex[:12]}")
    try:
        with open(unfinished, "wb", opener=private_files.opener) as file:
            file.write(data)
        unfinished.replace(target)
    except BaseException:
        with suppress(OSError):
            unfinished.unlink()
        raise


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield

"""Files in a store that pyarrow knows: HDFS, S3 or Google's."""

from __future__ import annotations

import os
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from pyarrow import ArrowException, fs

FAULTS = (OSError, ArrowException, NotImplementedError)
"""What pyarrow raises where a store does not answer or refuses."""

_NEEDS = {"hdfs": "HadoopFileSystem", "viewfs": "HadoopFileSystem", "s3": "S3FileSystem", "gs": "GcsFileSystem"}


class Remote:
    """The files below a URI. Making one may connect, and raises `FAULTS`, as each method does."""

    def __init__(self, uri: str) -> None:
        filesystem, root = fs.FileSystem.from_uri(uri)
        self._filesystem: fs.FileSystem = filesystem
        self._root = PurePosixPath(root)

    def read(self, size: int, *path: str) -> bytes:
        """At most so many bytes of a file; raises FileNotFoundError, too."""
        # Otherwise pyarrow would decompress a file by the ending of its name.
        with self._filesystem.open_input_stream(str(self._root.joinpath(*path)), compression=None) as stream:
            return bytes(stream.read(size))

    def replace(self, data: bytes, *path: str) -> None:
        """Write a file; HDFS replaces nothing by renaming, so that a reader there may see a part for a moment."""
        target = self._root.joinpath(*path)
        # Object stores have no folders: one that is made there is an empty object.
        if self._filesystem.type_name not in ("s3", "gcs"):
            self._filesystem.create_dir(str(target.parent), recursive=True)
        with self._filesystem.open_output_stream(str(target)) as stream:
            stream.write(data)

    def folders(self, *path: str) -> list[str]:
        """The names of the folders in a folder; none where it is not there."""
        inside = self._filesystem.get_file_info(fs.FileSelector(str(self._root.joinpath(*path)), allow_not_found=True))
        return [info.base_name for info in inside if info.type == fs.FileType.Directory]


def reason(error: Exception, uri: str) -> str:
    """What a person is told of a fault, in one line."""
    scheme = urlsplit(uri).scheme
    if scheme in _NEEDS and not hasattr(fs, _NEEDS[scheme]):
        return f"this pyarrow is built without {scheme}://, install one from PyPI or conda-forge"
    if "libjvm" in str(error) or "libhdfs" in str(error):
        return "hdfs:// needs Hadoop's libhdfs: set JAVA_HOME, HADOOP_HOME and CLASSPATH (`hadoop classpath --glob`)"
    # pyarrow's own message repeats the path.
    known = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
    return next(iter(known.splitlines()), type(error).__name__)[:200]

"""The bytes of a file, plain or gzip, as lines or in pieces; what is wrong with it, for people."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

from pipeline.errors import SourceError

LONGEST_LINE = 16 * 1024 * 1024
"""Bytes. A longer line is read in pieces: a file without line ends must not fill the memory."""

PIECE = 64 * 1024
"""Bytes that are read at once where lines mean nothing."""

BOM = b"\xef\xbb\xbf"
GZIP = b"\x1f\x8b"
FOREIGN = {
    b"PK\x03\x04": "a ZIP archive (or a spreadsheet): unpack it, or save it as CSV",
    b"PAR1": "a Parquet file: save it as CSV or as JSON lines",
    b"BZh": "packed with bzip2: unpack it, or pack it with gzip",
    b"\xfd7zXZ": "packed with xz: unpack it, or pack it with gzip",
    b"\x28\xb5\x2f\xfd": "packed with zstd: unpack it, or pack it with gzip",
    b"\xff\xfe": "UTF-16: convert it with iconv -f UTF-16 -t UTF-8",
    b"\xfe\xff": "UTF-16: convert it with iconv -f UTF-16 -t UTF-8",
}
"""How files begin that are neither CSV nor JSON."""


@dataclass(frozen=True)
class File:
    """A file and what people call it, which is not its path where it is a copy."""

    path: Path
    title: str

    def __str__(self) -> str:
        return self.title


@contextmanager
def lines_of(file: File) -> Iterator[Iterator[bytes]]:
    """The file's lines with their ends, none longer than 16 MB.

    Raises:
        SourceError: it can't be read, or is damaged.
    """
    with _opened(file) as opened:
        yield iter(partial(opened.readline, LONGEST_LINE), b"")


@contextmanager
def pieces_of(file: File) -> Iterator[Iterator[bytes]]:
    """The file in pieces of 64 KB.

    Raises:
        SourceError: it can't be read, or is damaged.
    """
    with _opened(file) as opened:
        yield iter(partial(opened.read, PIECE), b"")


def first_line(file: File) -> bytes:
    """The first line that is not blank, without a byte order mark.

    Raises:
        SourceError: there is none, it can't be read, or it is of a file that is no text.
    """
    with lines_of(file) as lines:
        for number, line in enumerate(lines):
            foreign = next((what for sign, what in FOREIGN.items() if line.startswith(sign)), None)
            if number == 0 and foreign:
                raise SourceError(f"{file} is {foreign}")
            if text := line.removeprefix(BOM).strip():
                return text
    raise SourceError(f"{file} is empty")


@contextmanager
def _opened(file: File) -> Iterator[BinaryIO | gzip.GzipFile]:
    try:
        with _open(file.path) as opened:
            yield opened
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise SourceError(f"{file} is damaged: its gzip data can't be read to the end") from None
    except OSError as error:
        raise SourceError(f"{file} can't be read: {(error.strerror or 'unknown reason').lower()}") from None


def _open(path: Path) -> BinaryIO | gzip.GzipFile:
    if path.suffix == ".gz":
        return gzip.open(path)
    # Downloads are often packed without a name that says so.
    with path.open("rb") as file:
        is_packed = file.read(len(GZIP)) == GZIP
    return gzip.open(path) if is_packed else path.open("rb")

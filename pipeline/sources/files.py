"""Tweets in a file: CSV in any layout, or JSON lines of X API v2; plain or gzip, read as a stream."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO, TypeVar

from pipeline.errors import SourceError
from pipeline.sources import layouts
from pipeline.sources.layouts import Columns, Layout
from pipeline.sources.rows import BadRow, tweet_of
from pipeline.sources.source import Item, Unreadable
from pipeline.sources.twitter import tweets

T = TypeVar("T")

NAME = "replay"
JSON = "twitter-v2"
"""The layout of files that are not CSV."""

LONGEST_LINE = 16 * 1024 * 1024
"""Bytes. A longer line is read in pieces: a file without line ends must not fill the memory."""

LONGEST_ROW = LONGEST_LINE
"""Bytes. A row goes on over lines as long as its quotes are open, and then is none."""

_ENDLESS = "a row without end"

UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass
class FileSource:
    """The tweets of a file, in its order. Can be read again and again.

    Attributes:
        path: the file.
        layout: what its columns mean; None: it holds JSON lines of X API v2.
        delimiter: between its columns.
        mended_lines: how many lines of the last reading were not UTF-8: their stray bytes became U+FFFD.
    """

    path: Path
    layout: Layout | None
    delimiter: str = ","
    mended_lines: int = 0
    name: str = NAME

    def __iter__(self) -> Iterator[Item]:
        if self.layout is None:
            with _lines_of(self.path) as lines:
                yield from self._json(lines)
        else:
            yield from self.each(partial(tweet_of, source=self.name, now=datetime.now(UTC)))

    def each(self, make: Callable[[list[str], Columns], T]) -> Iterator[T | Unreadable]:
        """The items of the rows of a CSV file; a row for which `make` raises BadRow is unreadable."""
        with _lines_of(self.path) as lines:
            yield from self._csv(lines, make)

    def _json(self, lines: Iterator[bytes]) -> Iterator[Item]:
        number, is_rest = 1, False
        for line in lines:
            is_cut = not line.endswith(b"\n") and len(line) >= LONGEST_LINE
            if is_cut or is_rest:
                yield Unreadable(line, f"line {number}", f"a part of a line of over {LONGEST_LINE:,} bytes")
            elif line.strip():
                yield from tweets.items_of(line.rstrip(b"\r\n"), f"line {number}", source=self.name)
            number, is_rest = number + (not is_cut), is_cut

    def _csv(self, lines: Iterator[bytes], make: Callable[[list[str], Columns], T]) -> Iterator[T | Unreadable]:
        if self.layout is None:
            raise SourceError(f"{self.path} holds JSON lines, and no columns")
        text = _Decoded(lines)
        rows = csv.reader(text, delimiter=self.delimiter)
        columns: Columns | None = None
        for row in _each(rows, text):
            if isinstance(row, Unreadable):
                yield row
            elif columns is None:
                columns = layouts.bind(self.layout, row)
                if self.layout.has_header:
                    text.take()
                else:
                    yield _made(row, columns, text, make)
            else:
                yield _made(row, columns, text, make)
        self.mended_lines = text.mended


def file_source(path: Path, layout: str = "auto", columns: str | None = None) -> FileSource:
    """The source for a file.

    Args:
        path: CSV or JSON lines, `.gz` or not.
        layout: a preset's name, `twitter-v2`, or `auto` to tell it from the first row.
        columns: which column is what, for any other CSV file (`id=tweet_id,text=text`); wins over `layout`.

    Raises:
        ConfigError: there is no such layout, or the columns are described wrongly.
        SourceError: the file can't be read, is empty, or no layout fits.
    """
    own = layouts.from_columns(columns) if columns else None
    preset = layouts.named(layout) if layout not in ("auto", JSON) else None
    first = _first_line(path)
    if first.startswith("{"):
        if own or preset:
            raise SourceError(f"{path} holds JSON lines, and no columns: leave --layout and --columns out")
        return FileSource(path, None)
    delimiter = _delimiter(first)
    row = next(csv.reader([first], delimiter=delimiter), [])
    if own is None and (layout == JSON or (preset and not layouts.fits(preset, row))):
        raise SourceError(f"{path}: {layouts.misfit(layout, row)}")
    chosen = _about(path, lambda: own or preset or layouts.detected(row))
    _about(path, lambda: layouts.bind(chosen, row))
    return FileSource(path, chosen, delimiter)


def _first_line(path: Path) -> str:
    with _lines_of(path) as lines:
        for line in lines:
            if line.startswith(UTF16):
                raise SourceError(f"{path} is UTF-16: convert it with iconv -f UTF-16 -t UTF-8")
            text = line.decode("utf-8-sig", "replace").strip()
            if text.startswith("["):
                raise SourceError(f"{path} is one JSON array: make lines of it with jq -c '.[]' {path.name}")
            if text:
                return text
    raise SourceError(f"{path} is empty")


def _delimiter(first: str) -> str:
    if "\t" in first:
        return "\t"
    return ";" if first.count(";") > first.count(",") else ","


def _about(path: Path, step: Callable[[], T]) -> T:
    try:
        return step()
    except SourceError as error:
        raise SourceError(f"{path}: {error.message}") from None


@contextmanager
def _lines_of(path: Path) -> Iterator[Iterator[bytes]]:
    try:
        with _open(path) as file:
            yield iter(partial(file.readline, LONGEST_LINE), b"")
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise SourceError(f"{path} is damaged: its gzip data can't be read to the end") from None
    except OSError as error:
        raise SourceError(f"{path} can't be read: {(error.strerror or 'unknown reason').lower()}") from None


def _open(path: Path) -> BinaryIO | gzip.GzipFile:
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")


class _Decoded(Iterator[str]):
    """Lines as text, which remembers the bytes of the row that is being read."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines = lines
        self._row: list[bytes] = []
        self._number = 0
        self._bytes = 0
        self.mended = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self._bytes > LONGEST_ROW:
            raise csv.Error(_ENDLESS)
        line = next(self._lines)
        self._number += 1
        self._row.append(line)
        self._bytes += len(line)
        return self._decoded(line)

    def take(self) -> bytes:
        """The bytes of the row read since the last time."""
        raw = b"".join(self._row)
        self._row.clear()
        self._bytes = 0
        return raw

    def unreadable(self, why: str, record: bytes | None = None) -> Unreadable:
        where = f"line {self._number - max(len(self._row) - 1, 0)}"
        return Unreadable(record or self.take().rstrip(b"\r\n"), where, why)

    def _decoded(self, line: bytes) -> str:
        try:
            return line.decode("utf-8-sig" if self._number == 1 else "utf-8")
        except UnicodeDecodeError:
            self.mended += 1
            return line.decode("utf-8", "replace")


def _made(row: list[str], columns: Columns, text: _Decoded, make: Callable[[list[str], Columns], T]) -> T | Unreadable:
    try:
        return make(row, columns)
    except BadRow as why:
        return text.unreadable(str(why), why.record)
    finally:
        text.take()


def _why_no_row(error: str) -> str:
    """Why the reader of CSV gives up on a row, which it says in its own words."""
    if "field limit" in error:
        return f"a field of over {csv.field_size_limit():,} characters, or an unclosed quote before it"
    if error == _ENDLESS:
        return f"a row of over {LONGEST_ROW:,} bytes: a quote before it is not closed"
    return "not CSV: an unclosed quote or a stray line end"


def _each(rows: Iterator[list[str]], text: _Decoded) -> Iterator[list[str] | Unreadable]:
    """The rows, going on after one that is not CSV."""
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield text.unreadable(_why_no_row(str(error)))
            continue
        if row:
            yield row
        else:
            text.take()

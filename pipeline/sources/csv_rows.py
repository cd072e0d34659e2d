"""The rows of CSV, one by one, with the bytes that each was made of. Pure."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from typing import TypeVar

from pipeline.sources.layouts import Columns
from pipeline.sources.rows import BadRow
from pipeline.sources.source import Unreadable

T = TypeVar("T")

_ENDLESS = "a row without end"

LONGEST_ROW = 16 * 1024 * 1024
"""Bytes. A row goes on over lines as long as its quotes are open, and then is none."""


class Decoded(Iterator[str]):
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
        # A row may go over several lines; people look for it at its first one.
        where = f"line {self._number - max(len(self._row) - 1, 0)}"
        return Unreadable(record or self.take().rstrip(b"\r\n"), where, why)

    def _decoded(self, line: bytes) -> str:
        try:
            return line.decode("utf-8-sig" if self._number == 1 else "utf-8")
        except UnicodeDecodeError:
            self.mended += 1
            return line.decode("utf-8", "replace")


def made(row: list[str], columns: Columns, text: Decoded, make: Callable[[list[str], Columns], T]) -> T | Unreadable:
    """What `make` makes of a row; where it raises BadRow, the row is unreadable."""
    try:
        return make(row, columns)
    except BadRow as why:
        return text.unreadable(str(why), why.record)
    finally:
        # Also after a good row, whose bytes must not count as the beginning of the next one.
        text.take()


def each(rows: Iterator[list[str]], text: Decoded) -> Iterator[list[str] | Unreadable]:
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


def _why_no_row(error: str) -> str:
    """Why the reader of CSV gives up on a row, which it says in its own words."""
    if "field limit" in error:
        return f"a field of over {csv.field_size_limit():,} characters, or an unclosed quote before it"
    if error == _ENDLESS:
        return f"a row of over {LONGEST_ROW:,} bytes: a quote before it is not closed"
    return "not CSV: an unclosed quote or a stray line end"


def delimiter_of(first: str) -> str:
    """What stands between the columns, by the first line."""
    if "\t" in first:
        return "\t"
    return ";" if first.count(";") > first.count(",") else ","

"""Tweets in a file: CSV in any layout, JSON lines, or a JSON array; plain or gzip, read as a stream."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

import orjson

from pipeline.errors import SourceError
from pipeline.sources import csv_rows, json_fields, json_layouts, layouts, opening
from pipeline.sources.json_values import values_of
from pipeline.sources.layouts import OF_X, V1, V2, Columns, Layout
from pipeline.sources.opening import BOM, File, first_line, lines_of, pieces_of
from pipeline.sources.rows import tweet_of
from pipeline.sources.source import Item, Unreadable
from pipeline.sources.twitter import tweets, tweets_v1

T = TypeVar("T")

NAME = "replay"

Shape = Literal["csv", "lines", "values"]
"""How a file is put together: rows, a JSON value on each line, or JSON values in an array or over several lines."""

LOOKED_AT = 100
LOOKED_AT_BYTES = 1024 * 1024
"""So many values of JSON, or the first of so many bytes, tell its layout."""


class ItemsOf(Protocol):
    """The tweets in a JSON value."""

    def __call__(self, value: bytes, where: str, /, *, source: str) -> Iterator[Item]: ...


_READERS: Mapping[str, ItemsOf] = {V1.name: tweets_v1.items_of, V2.name: tweets.items_of}


@dataclass
class FileSource:
    """The tweets of a file, in its order. Can be read again and again.

    Attributes:
        file: the file.
        layout: what its columns or fields mean.
        shape: how it is put together.
        delimiter: between the columns of CSV.
        mended_lines: how many lines of CSV of the last reading were not UTF-8: their stray bytes became U+FFFD.
    """

    file: File
    layout: Layout
    shape: Shape
    delimiter: str = ","
    mended_lines: int = 0
    name: str = NAME

    @property
    def title(self) -> str:
        """What people call it."""
        return self.file.title

    def __iter__(self) -> Iterator[Item]:
        if self.layout.name in OF_X:
            read = _READERS[self.layout.name]
            for value in self.values():
                if isinstance(value, Unreadable):
                    yield value
                else:
                    yield from map(json_fields.rejectable, read(*value, source=self.name))
        else:
            yield from self.each(partial(tweet_of, source=self.name, now=datetime.now(UTC)))

    def each(self, make: Callable[[list[str], Columns], T]) -> Iterator[T | Unreadable]:
        """The items of the rows or objects of a file with columns; where `make` raises BadRow it is unreadable.

        Raises:
            SourceError: it has no columns, or can't be read.
        """
        if self.layout.name in OF_X:
            raise SourceError(f"{self.file} holds tweets of X's API, and no columns")
        if self.shape == "csv":
            with lines_of(self.file) as lines:
                yield from self._rows(lines, make)
        else:
            columns = json_fields.bind(self.layout)
            for value in self.values():
                if isinstance(value, Unreadable):
                    yield value
                else:
                    yield json_fields.rejectable(json_fields.item_of(*value, columns, make))

    def values(self) -> Iterator[tuple[bytes, str] | Unreadable]:
        """The values of JSON as bytes, with where each is; the parts of a line that is too long are unreadable."""
        if self.shape == "lines":
            with lines_of(self.file) as lines:
                yield from _values_of_lines(lines)
        else:
            with pieces_of(self.file) as pieces:
                first = next(pieces, b"").removeprefix(BOM)
                for number, value in enumerate(values_of(chain([first], pieces)), 1):
                    yield value, f"item {number}"

    def _rows(self, lines: Iterator[bytes], make: Callable[[list[str], Columns], T]) -> Iterator[T | Unreadable]:
        text = csv_rows.Decoded(lines)
        rows = csv.reader(text, delimiter=self.delimiter)
        columns: Columns | None = None
        for row in csv_rows.each(rows, text):
            if isinstance(row, Unreadable):
                yield row
            elif columns is None:
                columns = layouts.bind(self.layout, row)
                if self.layout.has_header:
                    text.take()
                else:
                    yield csv_rows.made(row, columns, text, make)
            else:
                yield csv_rows.made(row, columns, text, make)
        self.mended_lines = text.mended


def file_source(path: Path, layout: str = "auto", columns: str | None = None, title: str | None = None) -> FileSource:
    """The source for a file.

    Args:
        path: CSV or JSON, `.gz` or not.
        layout: a preset's name, `twitter-v1`, `twitter-v2`, or `auto` to tell it from how the file begins.
        columns: which column is what, for any other file (`id=tweet_id,text=text`); wins over `layout`. Fields of JSON
            are dotted paths (`text=body.content`).
        title: what people call it, if not by its path.

    Raises:
        ConfigError: there is no such layout, or the columns are described wrongly.
        SourceError: the file can't be read, is empty, or no layout fits.
    """
    own = layouts.from_columns(columns) if columns else None
    if layout != "auto":
        layouts.named(layout)
    file = File(path, title or str(path))
    first = first_line(file)
    shape = shape_of(first)
    try:
        if shape == "csv":
            return _of_csv(file, first.decode("utf-8", "replace"), layout, own)
        return _of_json(file, shape, layout, own)
    except SourceError as error:
        raise SourceError(f"{file}: {error.message.removeprefix(f'{file} ')}") from None


def _values_of_lines(lines: Iterator[bytes]) -> Iterator[tuple[bytes, str] | Unreadable]:
    number, is_rest = 1, False
    for line in lines:
        # A line that is shorter and has no end is the last of the file.
        is_cut = not line.endswith(b"\n") and len(line) >= opening.LONGEST_LINE
        if is_cut or is_rest:
            yield Unreadable(line, f"line {number}", f"a part of a line of over {opening.LONGEST_LINE:,} bytes")
        elif line.strip():
            yield (line.removeprefix(BOM) if number == 1 else line).rstrip(b"\r\n"), f"line {number}"
        number, is_rest = number + (not is_cut), is_cut


def shape_of(first: bytes) -> Shape:
    """How a file is put together, by its first line that is not blank, without the space around it."""
    if first.startswith(b"["):
        # A row of CSV may begin with a bracket, too, so what follows it has to be the beginning of a JSON value.
        return "values" if first[1:].lstrip()[:1] in (b"", b"{", b"[", b"]", b'"') else "csv"
    if not first.startswith(b"{"):
        return "csv"
    try:
        orjson.loads(first)
    except orjson.JSONDecodeError:
        # An object that is formatted over several lines is no JSON on its first one.
        return "values" if first.endswith((b"{", b"[", b",")) else "lines"
    return "lines"


def _of_csv(file: File, first: str, layout: str, own: Layout | None) -> FileSource:
    delimiter = csv_rows.delimiter_of(first)
    try:
        row = next(csv.reader([first], delimiter=delimiter), [])
    except csv.Error:
        raise SourceError("its first line is neither CSV nor JSON") from None
    if own is None and layout != "auto" and not layouts.fits(layouts.named(layout), row):
        raise SourceError(layouts.misfit(layout, row))
    chosen = own or (layouts.detected(row) if layout == "auto" else layouts.named(layout))
    # Only to find a missing column before the first row is read.
    layouts.bind(chosen, row)
    return FileSource(file, chosen, "csv", delimiter)


def _of_json(file: File, shape: Shape, layout: str, own: Layout | None) -> FileSource:
    # The layout is not known yet, and is not needed to read the values.
    things = _first_objects(FileSource(file, V2, shape))
    chosen = json_layouts.chosen(things, layout, own)
    if chosen.name not in OF_X:
        json_fields.require(chosen, things)
    return FileSource(file, chosen, shape)


def _first_objects(source: FileSource) -> list[dict[str, Any]]:
    found, size, values = [], 0, 0
    for one in islice(source.values(), LOOKED_AT):
        value = one.raw if isinstance(one, Unreadable) else one[0]
        size, values = size + len(value), values + 1
        try:
            found.append(orjson.loads(value))
        except orjson.JSONDecodeError:
            continue
        if size > LOOKED_AT_BYTES:
            break
    if not values:
        raise SourceError("it holds nothing")
    return [thing for thing in found if isinstance(thing, dict)]

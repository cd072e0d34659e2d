"""Several files as one source, and the files of a folder that are tweets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.errors import SourceError
from pipeline.sources.files import NAME, FileSource, file_source
from pipeline.sources.replay import Span, joined, require_tweets, scan
from pipeline.sources.source import Item, Unreadable


@dataclass(frozen=True)
class SeveralFiles:
    """The tweets of files, one file after the other. Can be read again and again."""

    files: Sequence[FileSource]
    name: str = NAME

    @property
    def title(self) -> str:
        """What people call them."""
        return f"{len(self.files)} files"

    @property
    def mended_lines(self) -> int:
        """As of each of them."""
        return sum(file.mended_lines for file in self.files)

    def __iter__(self) -> Iterator[Item]:
        for file in self.files:
            place = file.file.path.name if file.title == str(file.file.path) else file.title
            for item in file:
                yield replace(item, where=f"{place}, {item.where}") if isinstance(item, Unreadable) else item


@dataclass(frozen=True)
class InFolder:
    """What a folder holds.

    Attributes:
        files: those that are tweets, by name.
        left_out: the others: name → why.
    """

    files: Sequence[FileSource]
    left_out: dict[str, str]


def in_folder(folder: Path, layout: str = "auto", columns: str | None = None) -> InFolder:
    """The files of a folder, each read once to its end to see whether it fits; folders in it are left out.

    Raises:
        ConfigError: there is no such layout, or the columns are described wrongly.
        SourceError: the folder can't be read, or nothing in it fits.
    """
    files: list[FileSource] = []
    left_out: dict[str, str] = {}
    for path in _inside(folder):
        try:
            files.append(_fitting(path, layout, columns))
        except SourceError as error:
            left_out[path.name] = error.message.removeprefix(str(path)).removeprefix(":").strip()
    if not files:
        first = next((f", such as {name}: {why}" for name, why in left_out.items()), ": it is empty")
        raise SourceError(f"no file in {folder} holds tweets{first}")
    return InFolder(files, left_out)


def span_of(source: FileSource | SeveralFiles, limit: int | None = None) -> Span:
    """The times in the files, which are read once to learn them.

    Raises:
        SourceError: one of them can't be read, or holds nothing that is a tweet.
    """
    # With a limit, only the first rows of all files together count, so they are looked at as one source.
    files = source.files if isinstance(source, SeveralFiles) and limit is None else [source]
    spans = []
    for file in files:
        spans.append(scan(file, limit))
        require_tweets(spans[-1], file.title)
    return joined(spans)


def _inside(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        raise SourceError(f"{folder} can't be read: {(error.strerror or 'unknown reason').lower()}") from None


def _fitting(path: Path, layout: str, columns: str | None) -> FileSource:
    if path.name.startswith("."):
        raise SourceError("is hidden")
    if path.is_dir():
        raise SourceError("is a folder: name it itself")
    if not path.is_file():
        raise SourceError("is no file")
    file = file_source(path, layout, columns)
    span = scan(file)
    if span.items == 0:
        raise SourceError("holds no tweets, a header at most")
    if span.unreadable is not None:
        raise SourceError(f"nothing in it is a tweet ({span.unreadable.where}: {span.unreadable.why})")
    return file

"""The files that a command is given: one, several, folders, or standard input."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from pipeline.cli.app import err
from pipeline.errors import ConfigError, SetupError
from pipeline.settings import Settings
from pipeline.sources.files import FileSource, file_source
from pipeline.sources.layouts import KNOWN, ROLES
from pipeline.sources.several import SeveralFiles, in_folder
from pipeline.temporary_folders import temporary

STANDARD_INPUT = Path("-")
NAMED_FILES = 20

Layout = Annotated[str, typer.Option(help=f"{KNOWN}, or auto to tell it from how the file begins.")]
Columns = Annotated[
    str | None,
    typer.Option(
        help="For any other file, as id=nr,text=body,time=made; of JSON as text=body.content. "
        f"What a column can be: {', '.join(role for role in ROLES if role != 'reason')}."
    ),
]


@contextmanager
def opened(
    paths: Sequence[Path], layout: str, columns: str | None, settings: Settings
) -> Iterator[FileSource | SeveralFiles]:
    """The source for paths as a command is given them: files, folders, and `-`.

    Standard input is copied into the state folder for the time of the block: it is read more than once.

    Raises:
        ConfigError: there is no such layout, the columns are described wrongly, or `-` is given twice.
        SourceError: one of them can't be read, or no layout fits.
        SetupError: there is no room for the copy of standard input.
    """
    if list(paths).count(STANDARD_INPUT) > 1:
        raise ConfigError("standard input (-) can be read once only: name it once")
    if STANDARD_INPUT not in paths:
        yield _together([one for path in paths for one in _sources(path, layout, columns)])
        return
    with temporary(settings.state_dir / "tmp") as folder:
        copy = _copied(sys.stdin.buffer, folder / "input")
        yield _together([one for path in paths for one in _sources(path, layout, columns, copy)])


def _sources(path: Path, layout: str, columns: str | None, standard_input: Path | None = None) -> list[FileSource]:
    if path == STANDARD_INPUT and standard_input:
        return [file_source(standard_input, layout, columns, "standard input")]
    if not path.is_dir():
        return [file_source(path, layout, columns)]
    found = in_folder(path, layout, columns)
    for name, why in list(found.left_out.items())[:NAMED_FILES]:
        err.print(f"left out: {name}: {why}", markup=False, soft_wrap=True)
    if len(found.left_out) > NAMED_FILES:
        err.print(f"and {len(found.left_out) - NAMED_FILES:,} more left out", soft_wrap=True)
    return list(found.files)


def _together(files: Sequence[FileSource]) -> FileSource | SeveralFiles:
    return files[0] if len(files) == 1 else SeveralFiles(files)


def _copied(stream: BinaryIO, path: Path) -> Path:
    try:
        with path.open("wb") as file:
            shutil.copyfileobj(stream, file)
    except OSError as error:
        raise SetupError(f"standard input can't be kept in {path.parent.parent}: {error.strerror}") from None
    return path

"""A small file that is only ever replaced as a whole, and is on the disk once that is done."""

from __future__ import annotations

import os
from pathlib import Path

from pipeline import private_files


def replace(path: Path, content: bytes) -> None:
    """Write a file for its owner alone, and its folder where that is absent.

    A crash leaves the old content or the new, never a part.

    Raises:
        OSError: it can't be written.
    """
    private_files.make_folder(path.parent)
    draft = path.with_name(f"{path.name}.new")
    with open(draft, "wb", opener=private_files.opener) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    sync(path.parent)


def sync(folder: Path) -> None:
    """See that the names in a folder are on the disk: making or renaming a file is written there.

    Raises:
        OSError: it can't be written.
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

"""Folders that an unprivileged server can pass through, and what they weigh."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

from pipeline.errors import SetupError
from pipeline.private_files import PASSABLE


def make(folder: Path, remedy: str) -> None:
    """Make a folder and those above it; by root they are passable for all, whatever the umask, and else one's own.

    Root's own that is there and closed, as the stream may have left it, is made passable too.

    Raises:
        SetupError: it can't be made or written; `remedy` says what to do.
    """
    absent = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        for path in reversed(absent):
            path.mkdir(exist_ok=True)
            path.chmod(PASSABLE if os.geteuid() == 0 else stat.S_IRWXU)
        found = folder.stat()
        if os.geteuid() == 0 == found.st_uid and not found.st_mode & stat.S_IXOTH:
            folder.chmod(stat.S_IMODE(found.st_mode) | PASSABLE)
    except OSError as error:
        raise SetupError(f"{folder} can't be made ({error.strerror}): {remedy}") from None
    if not os.access(folder, os.W_OK):
        raise SetupError(f"{folder} can't be written: {remedy}")


def size(folder: Path) -> int:
    """The bytes that all files below a folder take on the disk."""
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):
            # By blocks, because files with holes, such as Kafka's indices, are longer than what they take on the disk.
            total += path.lstat().st_blocks * 512
    return total

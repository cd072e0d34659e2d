"""Files and folders that only their owner can read, whatever the umask."""

from __future__ import annotations

import os
import stat
from pathlib import Path

_OTHERS = stat.S_IRWXG | stat.S_IRWXO

PASSABLE = stat.S_IRWXU | stat.S_IXGRP | stat.S_IXOTH
"""Of a folder that others may go through to one of their own, without seeing what is in it."""


def make_folder(folder: Path) -> None:
    """Make a folder for its owner alone, or close the one that is there; somebody else's stays as it is.

    Those above it that are absent are made too. Through those of root others may go, but not look around: the state
    folder is among them, and in it are the folders of servers that are not root's.

    Raises:
        OSError: it can't be made.
    """
    for path in reversed([path for path in folder.parents if not path.exists()]):
        path.mkdir(exist_ok=True)
        path.chmod(PASSABLE if os.geteuid() == 0 else stat.S_IRWXU)
    folder.mkdir(mode=stat.S_IRWXU, exist_ok=True)
    close(folder)


def close(path: Path) -> None:
    """Close a file or a folder of one's own to everybody else.

    Raises:
        OSError: it is not there.
    """
    found = path.stat()
    if found.st_mode & _OTHERS and found.st_uid == os.geteuid():
        path.chmod(stat.S_IMODE(found.st_mode) & ~_OTHERS)


def opener(path: str, flags: int) -> int:
    """For `open(…, opener=opener)`: a file that this makes is its owner's alone; one that is there is closed."""
    handle = os.open(path, flags | os.O_CLOEXEC, stat.S_IRUSR | stat.S_IWUSR)
    # Of the open file, not of the path, where another may lie by now; a device such as /dev/null stays as it is.
    found = os.fstat(handle)
    if stat.S_ISREG(found.st_mode) and found.st_mode & _OTHERS and found.st_uid == os.geteuid():
        os.fchmod(handle, stat.S_IMODE(found.st_mode) & ~_OTHERS)
    return handle


def is_exposed(path: Path) -> bool:
    """True if others than its owner may read or write a file."""
    return bool(path.stat().st_mode & _OTHERS)

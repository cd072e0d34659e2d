"""Folders that an unprivileged server can reach, and what they weigh."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

from pipeline.embedded.processes import Account
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


def give(folder: Path, account: Account | None) -> None:
    """Make a folder and all in it the account's own, closed to others; links are not followed."""
    folder.chmod(0o700)
    if account is not None:
        for path in [folder, *folder.rglob("*")]:
            os.chown(path, account.user, account.group, follow_symlinks=False)


def require_reachable(path: Path, account: Account | None, remedy: str) -> None:
    """Check that the account may walk down to a path.

    Raises:
        SetupError: a folder on the way is closed to it; `remedy` says what to do.
    """
    for folder in (path, *path.parents) if account else ():
        if not folder.stat().st_mode & stat.S_IXOTH:
            raise SetupError(
                f"servers that root starts run as {account.name}, who can't enter {folder}: "  # type: ignore[union-attr]
                f"run tweetpulse as another user, or {remedy}"
            )


def size(folder: Path) -> int:
    """The bytes that all files below a folder take on the disk."""
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):
            total += path.lstat().st_blocks * 512
    return total

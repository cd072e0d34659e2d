"""Folders that are given to an unprivileged server."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from pipeline.embedded.processes import Account
from pipeline.errors import SetupError


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

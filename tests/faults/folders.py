"""Folders that are made read-only, or that lie on a full disk: real file systems, mounted for as long as it takes."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

_BALLAST = "ballast"


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Nobody writes to it within the block, root neither.

    Raises:
        pytest.skip.Exception: this user may not mount.
    """
    # Only a mount can be made read-only, so that the folder becomes one first.
    _mount("--bind", str(folder), str(folder))
    try:
        _mount("-o", "remount,bind,ro", str(folder))
        yield
    finally:
        _unmount(folder)


def move_to_disk(folder: Path, size: str = "2m") -> None:
    """Move a folder with its content to a small disk of its own. None of its files may be open.

    Raises:
        pytest.skip.Exception: this user may not mount.
    """
    kept = _copy(folder)
    try:
        _mount("-t", "tmpfs", "-o", f"size={size},mode=700", "tmpfs", str(folder))
        shutil.copytree(kept, folder, dirs_exist_ok=True)
    finally:
        shutil.rmtree(kept)


def move_back(folder: Path) -> None:
    """Undo `move_to_disk`: move the folder's present content back."""
    kept = _copy(folder)
    _unmount(folder)
    shutil.copytree(kept, folder, dirs_exist_ok=True)
    shutil.rmtree(kept)


def _copy(folder: Path) -> Path:
    kept = folder.with_name(f"{folder.name}.kept")
    shutil.copytree(folder, kept)
    return kept


def fill(folder: Path) -> None:
    """Leave not one free byte on its disk."""
    with suppress(OSError), (folder / _BALLAST).open("ab", buffering=0) as file:
        # A large piece that does not fit leaves some bytes free, and single bytes alone would take long.
        for size in (65_536, 512, 1):
            with suppress(OSError):
                while True:
                    file.write(b"x" * size)


def free(folder: Path) -> None:
    """Undo `fill`."""
    (folder / _BALLAST).unlink()


def _mount(*arguments: str) -> None:
    if os.geteuid():
        pytest.skip("needs root, to mount a file system")
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"this machine does not let root mount: {done.stderr.strip()}")


def _unmount(folder: Path) -> None:
    # Who still has a file of it open keeps that file, and nobody else sees it any more.
    subprocess.run(["umount", "--lazy", str(folder)], check=True)

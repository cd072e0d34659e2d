"""Folders for files that nobody needs afterwards: they go with whoever uses them, also when that is killed."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp

from pipeline import private_files
from pipeline.errors import SetupError
from pipeline.locks import only_one, take

_IN_USE = ".in-use"


@contextmanager
def temporary(parent: Path) -> Iterator[Path]:
    """A folder for the time of the block, in `parent`, which is made if absent.

    What processes that were killed have left in `parent` is removed first: the lock of a folder ends with its process.

    Raises:
        SetupError: it can't be made.
    """
    try:
        private_files.make_folder(parent)
        # A folder that is made and not yet locked looks left behind, so only one process looks at a time.
        with only_one(parent, lambda: None):
            _remove_left_behind(parent)
            folder = Path(mkdtemp(dir=parent))
            lock = (folder / _IN_USE).open("w")
            fcntl.flock(lock, fcntl.LOCK_EX)
    except OSError as error:
        raise SetupError(
            f"{parent} can't be written ({error.strerror}): set TWEETPULSE_STATE_DIR to another folder"
        ) from None
    with lock:
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _remove_left_behind(parent: Path) -> None:
    for folder in [path for path in parent.iterdir() if path.is_dir() and not path.is_symlink()]:
        # A folder without this file was left by a process that was killed before it could lock it.
        with suppress(FileNotFoundError), (folder / _IN_USE).open("r+") as lock:
            if not take(lock):
                continue
        shutil.rmtree(folder, ignore_errors=True)

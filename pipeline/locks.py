"""One process at a time, also when one of them is killed."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


def take(file: IO[str] | IO[bytes]) -> bool:
    """Take the lock of an open file, until that is closed; False if another process has it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def only_one(folder: Path, on_wait: Callable[[], None]) -> Iterator[int]:
    """Hold the lock of a folder, waiting for whoever has it; gives its file descriptor.

    A process that inherits the descriptor holds the lock until it has ended too.
    """
    with (folder / ".lock").open("w") as lock:
        if not take(lock):
            on_wait()
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock.fileno()

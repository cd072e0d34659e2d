"""Files that nobody but their owner reads: the key of the hashes, and the list of what is forgotten."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from pipeline.errors import SetupError


@contextmanager
def readable_errors(path: Path) -> Iterator[None]:
    """Turn what the system says of a file into ours.

    Raises:
        SetupError: it can't be read or written.
    """
    try:
        yield
    except OSError as error:
        raise SetupError(
            f"{path} can't be used ({error.strerror}): it must belong to the user that runs the stream, "
            "who also runs `tweetpulse forget`; or set TWEETPULSE_PRIVACY__FOLDER to another folder"
        ) from None


def opened(path: Path) -> BinaryIO:
    """A private file for reading and appending, made with its folder where they are absent.

    Where root makes one for somebody else's state folder, it belongs to whom the folder belongs to.

    Raises:
        OSError: it can't be made or opened.
    """
    if not path.parent.is_dir():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _hand_over(path.parent)
    file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600), "a+b")
    _hand_over(path)
    return file


def _hand_over(path: Path) -> None:
    if os.geteuid() == 0:
        above = path.parent.stat()
        os.chown(path, above.st_uid, above.st_gid)

"""The files that commands write for people."""

from __future__ import annotations

from pathlib import Path

from pipeline.errors import SetupError
from pipeline.private_files import opener


def write(path: Path, content: bytes) -> None:
    """Write a file for its owner alone: it holds tweets, or words of them.

    Raises:
        SetupError: it can't be written.
    """
    try:
        with open(path, "wb", opener=opener) as file:
            file.write(content)
    except OSError as error:
        raise SetupError(f"{path} can't be written ({error.strerror}): name another file with -o") from None

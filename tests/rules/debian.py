"""Programs and libraries that tests need: those on PATH, else out of Debian's packages, unpacked by the downloads."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from pipeline import passable_folders
from pipeline.embedded import debian
from pipeline.errors import SetupError
from pipeline.locks import only_one
from pipeline.settings import load


def program(name: str, package: str = "prometheus") -> Path:
    """The program of a Debian package; the test is skipped, and says why, where it can't be had."""
    present = shutil.which(name)
    return Path(present) if present else unpacked(package) / "usr/bin" / name


def unpacked(package: str) -> Path:
    """The folder of a Debian package's files; the test is skipped, and says why, where it can't be had."""
    home = load().cache_dir / "debian" / package
    if not home.exists():
        try:
            _unpack(package, home)
        except SetupError as error:
            pytest.skip(f"needs {package}: {error.message}")
    return home


def _unpack(package: str, home: Path) -> None:
    passable_folders.make(home.parent, "set TWEETPULSE_CACHE_DIR to another folder")
    with only_one(home.parent, lambda: None):
        try:
            debian.unpacked(package, home)
        except SetupError:
            if os.geteuid() or not debian.is_here():
                raise
            subprocess.run(["apt-get", "update", "-q"], capture_output=True, check=False)
            debian.unpacked(package, home)

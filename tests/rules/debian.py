"""Programs and libraries that tests need: those on PATH, else out of Debian's packages, unpacked by the downloads.

Unpacked and not installed: nothing is started, no user is made, and nobody has to be root.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from pipeline.settings import load


def program(name: str, package: str = "prometheus") -> Path:
    """The program of a Debian package; the test is skipped, and says why, where it can't be had."""
    present = shutil.which(name)
    return Path(present) if present else unpacked(package) / "usr/bin" / name


def unpacked(package: str) -> Path:
    """The folder of a Debian package's files; the test is skipped, and says why, where it can't be had."""
    folder = load().cache_dir / "debian" / package
    if not folder.exists():
        _unpack(package, folder)
    return folder


def _unpack(package: str, folder: Path) -> None:
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        pytest.skip(f"needs {package}: not on PATH, and this is no Debian to get it from")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        _download(package, Path(scratch))
        archive = next(Path(scratch).glob("*.deb"))
        subprocess.run(["dpkg-deb", "--extract", archive, f"{scratch}/new"], check=True)
        if not folder.exists():
            Path(f"{scratch}/new").rename(folder)


def _download(package: str, scratch: Path) -> None:
    download = ["apt-get", "download", "-q", package]
    done = subprocess.run(download, cwd=scratch, capture_output=True, text=True)
    if done.returncode and os.geteuid() == 0:
        subprocess.run(["apt-get", "update", "-q"], capture_output=True)
        done = subprocess.run(download, cwd=scratch, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"needs Debian's package {package}, which can't be had: {done.stderr.strip().splitlines()[-1]}")

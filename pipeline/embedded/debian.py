"""Packages of Debian, unpacked and not installed: no service is started, no user is made, nobody has to be root."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.errors import SetupError


def is_here() -> bool:
    """True if this machine has what downloads and unpacks packages."""
    return all(map(shutil.which, ("apt-get", "dpkg-deb")))


def unpacked(package: str, home: Path) -> Path:
    """The folder `home` with a package's files. It appears whole or not at all; if it is there, it stays.

    Raises:
        SetupError: the package can't be had here.
    """
    if not home.exists():
        if not is_here():
            raise SetupError(f"Debian's package {package} can't be had: this machine has no apt-get and dpkg-deb")
        with TemporaryDirectory(dir=home.parent, prefix=".unpacking-") as scratch:
            _run(["apt-get", "download", "-q", package], Path(scratch), package)
            (archive,) = Path(scratch).glob("*.deb")
            _run(["dpkg-deb", "--extract", str(archive), "new"], Path(scratch), package)
            Path(scratch, "new").rename(home)
    return home


def _run(command: list[str], folder: Path, package: str) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        why = (done.stderr.strip().splitlines() or ["it says nothing"])[-1]
        raise SetupError(f"Debian's package {package} can't be had: {why}; `apt-get update` as root may help")

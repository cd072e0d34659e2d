"""The wheel, built as a release would be."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.paths import ROOT

_UV = Path(sys.executable).with_name("uv")


def uv(*arguments: str) -> None:
    """A command of uv, which has to succeed."""
    done = subprocess.run([_UV, *arguments, "--quiet"], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr


def build(folder: Path) -> Path:
    """Build the wheel into a folder that is empty, or not there yet."""
    lock = str(ROOT / "requirements-build.lock")
    uv("build", "--wheel", "--build-constraints", lock, "--out-dir", str(folder), str(ROOT))
    (built,) = folder.glob("*.whl")
    return built

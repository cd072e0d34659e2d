"""The pages of the reference, which are generated from the code."""

from __future__ import annotations

import subprocess
import sys

from tests.paths import ROOT

SCRIPT = ROOT / "docs" / "reference.py"


def test_the_pages_are_up_to_date() -> None:
    """`docs/reference/*.md` are what the code says: settings, commands, fields, topics, rejections and exit codes."""
    done = subprocess.run([sys.executable, str(SCRIPT), "--check"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")

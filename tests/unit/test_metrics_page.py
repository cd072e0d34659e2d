"""The list of metrics."""

from __future__ import annotations

import subprocess
import sys

from tests.paths import ROOT


def test_the_page_is_up_to_date() -> None:
    """`docs/metrics.md` is what the registries say."""
    command = [sys.executable, str(ROOT / "docs" / "metrics.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")

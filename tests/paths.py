"""The paths of the files that tests read."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def shared_data(name: str = "") -> Path:
    """A file of the real tweets beside the checkout; the test is skipped where they are absent."""
    path = ROOT.parent / "shared" / "data" / name
    if not path.exists():
        pytest.skip(f"needs shared/data/{name} beside the checkout")
    return path

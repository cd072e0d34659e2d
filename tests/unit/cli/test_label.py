"""What `label --list` says."""

from __future__ import annotations

import pytest

from pipeline.cli import label


@pytest.mark.parametrize(("total", "said"), [(1, "1 label\n"), (1_234, "1,234 labels\n")])
def test_labels_are_counted(total: int, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    label._show([], total)
    assert capsys.readouterr().out == said

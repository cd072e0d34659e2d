"""Files that are replaced as a whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import durable_file


def test_a_file_is_replaced_whole_and_its_folder_made(tmp_path: Path) -> None:
    """The content is there, and no other file."""
    path = tmp_path / "new" / "state.json"
    durable_file.replace(path, b"one, and long")
    durable_file.replace(path, b"two")
    assert [(found.name, found.read_bytes()) for found in path.parent.iterdir()] == [("state.json", b"two")]


def test_what_can_not_be_written_leaves_the_old_content(tmp_path: Path) -> None:
    """A draft that can't be made changes nothing."""
    path = tmp_path / "state.json"
    durable_file.replace(path, b"old")
    (tmp_path / "state.json.new").mkdir()
    with pytest.raises(OSError, match=r"state\.json\.new"):
        durable_file.replace(path, b"new")
    assert path.read_bytes() == b"old"

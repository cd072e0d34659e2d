"""Folders of the servers."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline import private_files
from pipeline.embedded.folders import require_reachable
from pipeline.embedded.processes import Account
from pipeline.errors import SetupError
from pipeline.passable_folders import make, size

SOMEBODY = Account("somebody", user=54321, group=54321)


def test_a_folder_that_cannot_be_made_says_what_to_do(tmp_path: Path) -> None:
    """The remedy is part of the line."""
    (tmp_path / "file").touch()
    with pytest.raises(SetupError, match=r"file/x can't be made \(Not a directory\): choose another"):
        make(tmp_path / "file" / "x", "choose another")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's folders must be open to another user")
def test_roots_folders_are_passable_whatever_the_umask(tmp_path: Path) -> None:
    """The unprivileged servers can walk through all that was made, and see nothing on the way."""
    before = os.umask(0o077)
    try:
        make(tmp_path / "a" / "b", "")
    finally:
        os.umask(before)
    assert [oct(path.stat().st_mode & 0o777) for path in (tmp_path / "a", tmp_path / "a" / "b")] == ["0o711"] * 2


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's folders must be passable for another user")
def test_a_folder_of_roots_that_was_closed_is_made_passable(tmp_path: Path) -> None:
    """The stream, run first, makes the state folder too; its own folders in it stay closed."""
    private_files.make_folder(tmp_path / "state" / "checkpoints" / "score")
    (tmp_path / "state").chmod(0o700)
    make(tmp_path / "state", "")
    modes = [path.stat().st_mode & 0o777 for path in (tmp_path / "state", tmp_path / "state" / "checkpoints" / "score")]
    assert [oct(mode) for mode in modes] == ["0o711", "0o700"]


def test_a_closed_folder_on_the_way_is_named(tmp_path: Path) -> None:
    """The first folder that the servers' user can't enter is in the line, and nothing is asked of one's own."""
    closed = tmp_path / "closed"
    (closed / "x").mkdir(parents=True)
    closed.chmod(0o700)
    (closed / "x").chmod(0o755)
    with pytest.raises(SetupError, match=rf"run as somebody, who can't enter {closed}: "):
        require_reachable(closed / "x", SOMEBODY, "choose another")
    require_reachable(closed / "x", None, "choose another")


def test_size_counts_what_the_disk_holds(tmp_path: Path) -> None:
    """A sparse file counts by its blocks, not by its length."""
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(10_000_000)
    (tmp_path / "full").write_bytes(b"x" * 8192)
    assert 8192 <= size(tmp_path) < 1_000_000

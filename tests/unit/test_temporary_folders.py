"""Folders that go with whoever uses them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.errors import SetupError
from pipeline.temporary_folders import temporary

HOLD = """
import sys, time
from pathlib import Path
from pipeline.temporary_folders import temporary
with temporary(Path(sys.argv[1])) as folder:
    (folder / "held").touch()
    print(folder, flush=True)
    time.sleep(600)
"""


def holder(parent: Path) -> tuple[subprocess.Popen[str], Path]:
    """A process with a folder, and the folder."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(parent)], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    return process, Path(process.stdout.readline().strip())


def test_it_goes_with_the_block(tmp_path: Path) -> None:
    """With all that is in it, also when the block fails."""

    def fail(folder: Path) -> None:
        (folder / "deep").mkdir()
        (folder / "deep" / "file").touch()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), temporary(tmp_path / "tmp") as folder:
        fail(folder)
    assert not folder.exists()


def test_one_that_a_killed_process_left_goes_with_the_next(tmp_path: Path) -> None:
    """And one that is in use stays."""
    killed, left = holder(tmp_path)
    running, used = holder(tmp_path)
    try:
        killed.kill()
        killed.wait()
        assert (left / "held").exists()
        with temporary(tmp_path) as own:
            assert not left.exists()
            assert (used / "held").exists()
            assert {path for path in tmp_path.iterdir() if path.is_dir()} == {own, used}
    finally:
        running.kill()
        for process in (killed, running):
            process.communicate()


def test_a_folder_that_can_not_be_made(tmp_path: Path) -> None:
    """One line that says what to do."""
    (tmp_path / "file").touch()
    with pytest.raises(SetupError, match="TWEETPULSE_STATE_DIR"), temporary(tmp_path / "file" / "tmp"):
        pass

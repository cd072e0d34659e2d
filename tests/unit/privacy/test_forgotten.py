"""The list of what is forgotten."""

from __future__ import annotations

import multiprocessing
import threading
from pathlib import Path

import pytest

from pipeline.errors import ConfigError, SetupError
from pipeline.privacy.forgotten import Added, Forgotten, ForgottenList, entries_in, entry, head

KEY = b"a key of some length"


def entries(*ids: str) -> list[bytes]:
    return [entry(KEY, Forgotten.TWEET, id_) for id_ in ids]


def test_adding(tmp_path: Path) -> None:
    """An entry is not added twice; the version changes with new entries, and only then."""
    folder = ForgottenList(tmp_path / "new" / "folder")
    versions = [folder.version]
    assert folder.add(KEY, entries("x:1", "x:2", "x:1")) == Added(2, 2)
    versions.append(folder.version)
    assert folder.add(KEY, entries("x:2", "x:3")) == Added(1, 3)
    versions.append(folder.version)
    assert len(set(versions)) == 3
    assert folder.add(KEY, entries("x:1")) == Added(0, 3)
    assert folder.version == versions[-1]
    assert entries_in(folder.read(), KEY) == frozenset(entries("x:1", "x:2", "x:3"))


def test_kinds_do_not_meet() -> None:
    """A user is no tweet; of a name the case does not matter, of an id it does."""
    assert entry(KEY, Forgotten.USER, "7") != entry(KEY, Forgotten.TWEET, "7")
    assert entry(KEY, Forgotten.NAME, "Ann") == entry(KEY, Forgotten.NAME, "aNN")
    assert entry(KEY, Forgotten.USER, "Ann") != entry(KEY, Forgotten.USER, "ann")


def test_another_key(tmp_path: Path) -> None:
    """It is not added to, and not read: nobody would be found on it."""
    folder = ForgottenList(tmp_path)
    folder.add(KEY, entries("x:1"))
    with pytest.raises(ConfigError, match="another key"):
        folder.add(b"another key, as long", entries("x:2"))
    with pytest.raises(ConfigError, match="another key"):
        entries_in(folder.read(), b"another key, as long")


def test_no_list_at_all(tmp_path: Path) -> None:
    """Another file of that name is reported as damaged and not changed."""
    (tmp_path / "forgotten").write_bytes(b"something else, and longer than the head of a list is")
    with pytest.raises(SetupError, match="damaged"):
        ForgottenList(tmp_path).add(KEY, entries("x:1"))
    assert (tmp_path / "forgotten").read_bytes().startswith(b"something else")


@pytest.mark.parametrize("left", [1, 10, len(head(KEY)), len(head(KEY)) + 5, len(head(KEY)) + 16, len(head(KEY)) + 31])
def test_a_crash_while_it_was_written(tmp_path: Path, left: int) -> None:
    """Complete entries count; an incomplete one is overwritten by the next."""
    whole = head(KEY) + b"".join(entries("x:1", "x:2"))
    (tmp_path / "forgotten").write_bytes(whole[:left])
    folder = ForgottenList(tmp_path)
    kept = frozenset(entries("x:1")[: max(left - len(head(KEY)), 0) // 16])
    assert entries_in(folder.read(), KEY) == kept
    folder.add(KEY, entries("x:3"))
    assert entries_in((tmp_path / "forgotten").read_bytes(), KEY) == kept | frozenset(entries("x:3"))


def test_in_force(tmp_path: Path) -> None:
    """It is waited for while a batch is in flight, and no longer; a batch does not wait for another one."""
    folder = ForgottenList(tmp_path)
    waits: list[int] = []
    folder.wait_until_in_force(waiting=lambda: waits.append(0))
    over = threading.Event()
    with folder.batch(), folder.batch():
        with pytest.raises(SetupError, match="in flight"):
            folder.wait_until_in_force(patience=0.05, waiting=lambda: waits.append(1))
        thread = threading.Thread(target=lambda: (folder.wait_until_in_force(patience=60), over.set()))
        thread.start()
        assert not over.wait(0.2)
    thread.join(60)
    assert over.is_set()
    assert waits == [1]


def test_batches_one_after_the_other_hold_nobody_up(tmp_path: Path) -> None:
    """Between two of them there is time enough."""
    folder, stop = ForgottenList(tmp_path), threading.Event()

    def batches() -> None:
        while not stop.wait(0.03):
            with folder.batch():
                stop.wait(0.1)

    thread = threading.Thread(target=batches)
    thread.start()
    try:
        folder.wait_until_in_force(patience=30)
    finally:
        stop.set()
        thread.join()


def _add(folder: Path, number: int) -> None:
    for one in range(50):
        ForgottenList(folder).add(KEY, entries(f"x:{number}-{one}", "x:shared"))


def test_two_at_once(tmp_path: Path) -> None:
    """Nothing is lost where several processes add."""
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_add, args=(tmp_path, number)) for number in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    content = ForgottenList(tmp_path).read()
    assert len(entries_in(content, KEY)) == 151
    assert len(content) == len(head(KEY)) + 151 * 16


def test_a_folder_that_can_not_be_used(tmp_path: Path) -> None:
    """It is named, with what to do."""
    (tmp_path / "file").write_text("in the way")
    folder = ForgottenList(tmp_path / "file")
    for use in (lambda: folder.version, folder.read, lambda: folder.add(KEY, []), folder.wait_until_in_force):
        with pytest.raises(SetupError, match="TWEETPULSE_PRIVACY__FOLDER"):
            use()

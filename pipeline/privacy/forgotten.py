"""The list of what was asked to be forgotten: keyed hashes of ids, so that the list itself names nobody.

A file that only ever grows: a line that says which key it was made with, then 16 bytes for each entry. Who writes holds
its lock. Whoever processes a batch by the list holds another lock, shared: what is added is *in force* once each batch
that began before that is over.
"""

from __future__ import annotations

import fcntl
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from pipeline import durable_file
from pipeline.domain.formats import check_format
from pipeline.errors import ConfigError, SetupError
from pipeline.locks import take
from pipeline.privacy.own_files import opened, readable_errors
from pipeline.privacy.pseudonyms import keyed

NAME, BATCHES = "forgotten", "forgotten.batches"
ENTRY_BYTES = 16
LOCK_TIMEOUT = 600.0
"""Seconds that a batch in flight is waited for."""

_POLL = 0.005  # Between two batches there are some hundredths of a second.
_FORMAT = 1
_MAGIC = f"tweetpulse forgotten {_FORMAT} ".encode()
_NAMES_FORMAT = re.compile(rb"tweetpulse forgotten (\d{1,4}) ")
_HEAD_BYTES = len(_MAGIC) + 16 + 1


class Forgotten(StrEnum):
    """The kinds of entries."""

    TWEET = "tweet"
    USER = "user"
    NAME = "name"


_PERSONS = {kind: f"forgotten {kind}".encode() for kind in Forgotten}


def entry(key: bytes, kind: Forgotten, value: str) -> bytes:
    """The entry for an id or for a user's name, whose case does not matter."""
    return keyed(key, _PERSONS[kind], value.lower() if kind is Forgotten.NAME else value)


@dataclass(frozen=True, slots=True)
class Added:
    """The numbers of new entries and of all entries."""

    new: int
    total: int


class ForgottenList:
    """The list in a folder.

    Args:
        folder: it is made where it is absent.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._batches = folder / BATCHES

    @property
    def version(self) -> str:
        """Another one whenever entries were added; "" while there are none.

        Raises:
            SetupError: the list can't be looked at.
        """
        with readable_errors(self._path):
            try:
                found = self._path.stat()
            except FileNotFoundError:
                return ""
        # The list only grows, so its size changes with each entry; the rest tells a list that was put in its place.
        return f"{found.st_dev}-{found.st_ino}-{found.st_size}" if found.st_size else ""

    def read(self) -> bytes:
        """The list's bytes, for `entries_in`; what a crash left of an entry is not among them.

        Raises:
            SetupError: it can't be read.
        """
        with readable_errors(self._path):
            try:
                content = self._path.read_bytes()
            except FileNotFoundError:
                return b""
        return content[: len(content) - _torn(content)]

    def add(self, key: bytes, entries: Iterable[bytes]) -> Added:
        """Add entries; once this returns they are on the disk, and known to each batch that begins.

        Raises:
            ConfigError: the list was made with another key.
            SetupError: it can't be written, or is none.
        """
        with readable_errors(self._path), opened(self._path) as file:
            # Without a time-out, because whoever else adds entries holds the lock for a moment only.
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            content = file.read()
            known = entries_in(content, key)
            new = list(dict.fromkeys(one for one in entries if one not in known))
            whole = len(content) - _torn(content)
            _append(file, whole, (b"" if whole else head(key)) + b"".join(new))
            # The file may be new, and then its name has to survive a crash, too.
            durable_file.sync(self._path.parent)
        return Added(len(new), len(known) + len(new))

    @contextmanager
    def batch(self) -> Iterator[None]:
        """While a batch is processed by the list as it is now.

        Raises:
            SetupError: the folder can't be written.
        """
        with readable_errors(self._batches):
            file = opened(self._batches)
        with file:
            fcntl.flock(file, fcntl.LOCK_SH)
            yield

    def wait_until_in_force(
        self,
        patience: float = LOCK_TIMEOUT,
        sleep: Callable[[float], None] = time.sleep,
        waiting: Callable[[], object] = lambda: None,
    ) -> None:
        """Wait for the batches in flight, which may not know the newest entries.

        Args:
            patience: seconds.
            sleep: how to wait.
            waiting: called once, if there is one.

        Raises:
            SetupError: one is still in flight.
        """
        with readable_errors(self._batches):
            file = opened(self._batches)
        with file:
            # Asked again and again, since waiting for a lock (`flock`) has no time-out of its own.
            for attempt in range(int(patience / _POLL) + 1):
                if take(file):
                    # Let go of at once: a batch that begins from now on reads the list with the new entries.
                    return
                if not attempt:
                    waiting()
                sleep(_POLL)
        raise SetupError(
            f"a batch of the stream has been in flight for {patience:.0f} s, and may not know the list: see why the "
            "stream waits, then run this again"
        )


def head(key: bytes) -> bytes:
    """The first line of a list."""
    return _MAGIC + keyed(key, b"forgotten list", "").hex()[:16].encode() + b"\n"


def entries_in(content: bytes, key: bytes) -> frozenset[bytes]:
    """The entries of a list.

    Raises:
        ConfigError: it was made with another key.
        SetupError: it is no list, or a newer version of this project wrote it.
    """
    whole = len(content) - _torn(content)
    if not whole:
        return frozenset()
    if named := _NAMES_FORMAT.match(content):
        check_format(f"the list `{NAME}` in the privacy folder", int(named[1]), _FORMAT)
    if not content.startswith(_MAGIC):
        raise SetupError(f"the list `{NAME}` in the privacy folder is damaged: restore it from a copy")
    if content[:_HEAD_BYTES] != head(key):
        raise ConfigError(
            f"the list `{NAME}` in the privacy folder was made with another key: set privacy.key or privacy.key_file "
            "to that key, or restore the file `key`"
        )
    return frozenset(content[at : at + ENTRY_BYTES] for at in range(_HEAD_BYTES, whole, ENTRY_BYTES))


def _torn(content: bytes) -> int:
    """The number of bytes of an unfinished entry at the end, left by a crash."""
    beyond = len(content) - _HEAD_BYTES
    return beyond % ENTRY_BYTES if beyond >= 0 else len(content)


def _append(file: BinaryIO, whole: int, new: bytes) -> None:
    # Writing appends, so a torn entry has to be cut off first.
    file.truncate(whole)
    file.write(new)
    file.flush()
    os.fsync(file.fileno())

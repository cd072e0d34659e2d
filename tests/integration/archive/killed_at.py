"""The archive's reader, killed (-9) at a point: `killed_at.py POINT NUMBER`, the NUMBER-th time it gets there."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

from pipeline import bootstrap, log
from pipeline.archive import run, table
from pipeline.archive.reader import TopicReader
from pipeline.settings import load


def dying(work: Callable[..., Any], number: int, *, after: bool) -> Callable[..., Any]:
    """The work, but the process ends before or after its call of this number."""
    calls = iter(range(1, 1_000_000))

    def wrapped(*arguments: Any, **options: Any) -> Any:
        last = next(calls) == number
        if last and not after:
            os.kill(os.getpid(), signal.SIGKILL)
        found = work(*arguments, **options)
        if last:
            os.kill(os.getpid(), signal.SIGKILL)
        return found

    return wrapped


def _die(owner: Any, name: str, number: int, *, after: bool) -> None:
    setattr(owner, name, dying(getattr(owner, name), number, after=after))


def main(point: str, number: int) -> None:
    if point == "read":
        _die(TopicReader, "read", number, after=True)
    if point == "rows":
        _die(run, "as_table", number, after=True)
    if point == "before-commit":
        _die(table, "write_deltalake", number, after=False)
    if point == "after-commit":
        _die(table, "write_deltalake", number, after=True)
    settings = load()
    log.configure(settings.log)
    with bootstrap.archiving(settings, threading.Event()) as (archiving, _, _):
        archiving.until_stopped(once=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))

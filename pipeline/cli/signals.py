"""Ends long work on signals, alike in every command."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_NUMBERS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def on_signals(stop: threading.Event, tell: Callable[[], object] = lambda: None) -> Iterator[None]:
    """The first Ctrl-C or SIGTERM sets `stop` and tells so, for a clean end; the second one ends at once."""
    before = {number: signal.getsignal(number) for number in _NUMBERS}

    def ask(number: int, frame: FrameType | None) -> None:
        stop.set()
        signal.signal(number, before[signal.Signals(number)])
        tell()

    for number in _NUMBERS:
        signal.signal(number, ask)
    try:
        yield
    finally:
        for number, action in before.items():
            signal.signal(number, action)

"""A source of your own: every line that is added to guestbook.txt becomes a tweet.

    cd docs/examples && tweetpulse collect --source own_source:Guestbook

A source needs a `name` and an `__iter__` that yields tweets, and no more. What else is here makes it a good one:
`close` ends it at once on Ctrl-C, and `events` says on the dashboards how it is.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

from tweetpulse import Fault, SourceEvents, Tweet, content_id

BOOK = Path("guestbook.txt")


class Guestbook:
    """Yields each line once; the id is made of its place and its text, so that reading it again doubles nothing."""

    name = "guestbook"

    def __init__(self, events: SourceEvents) -> None:
        self._events = events
        self._closed = threading.Event()

    def __iter__(self) -> Iterator[Tweet]:
        """Read what is there, then what is added, until it is closed."""
        self._events.connected()
        number = 0
        while not self._closed.wait(0.5):
            try:
                lines = BOOK.read_text(encoding="utf-8").splitlines()
            except OSError:
                self._events.fault(Fault.OTHER)
                continue
            for line in lines[number:]:
                number += 1
                yield Tweet(id=content_id("guestbook", str(number), line), text=line, source=self.name)

    def close(self) -> None:
        """Called from another thread."""
        self._closed.set()

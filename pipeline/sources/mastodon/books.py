"""What was read and what Kafka has of it, for all timelines of a server together."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence

from pipeline.domain.tweet import Tweet
from pipeline.sources.resume import Mark, Marks

REMEMBERED = 20_000
"""Ids by which a status is known that comes again: under another tag, or when a gap is refilled."""


class Books:
    """Safe from several threads.

    Args:
        marks: where it is kept how far Kafka has each timeline.
    """

    def __init__(self, marks: Marks) -> None:
        self._marks = marks
        self._lock = threading.Lock()
        self._known: OrderedDict[str, None] = OrderedDict()
        self._pending: dict[str, list[tuple[str, Mark]]] = {}

    def begins_after(self, timeline: str) -> Mark | None:
        """The newest that Kafka has of a timeline; None if it was never read."""
        return self._marks.get(timeline)

    def take(self, tweet_id: str, timeline: str, mark: Mark) -> bool:
        """Note a tweet that was read; whether it is new, and to be yielded."""
        with self._lock:
            if tweet_id in self._pending:
                self._pending[tweet_id].append((timeline, mark))
                return False
            if tweet_id in self._known:
                self._marks.advance(timeline, mark)
                return False
            self._known[tweet_id] = None
            self._pending[tweet_id] = [(timeline, mark)]
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
            return True

    def acknowledged(self, tweets: Sequence[Tweet]) -> None:
        """Kafka has these.

        Raises:
            SetupError: that can't be written down.
        """
        with self._lock:
            for tweet in tweets:
                for timeline, mark in self._pending.pop(tweet.id, ()):
                    self._marks.advance(timeline, mark)

    def close(self) -> None:
        """Write down what is not written yet."""
        with self._lock:
            self._marks.flush()

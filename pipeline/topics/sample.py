"""A random sample of a stream of tweets, of limited size. Pure."""

from __future__ import annotations

import heapq
from hashlib import blake2b

from pipeline.topics.said import Said


class Sample:
    """The tweets whose ids have the smallest hashes: the same ones, in whatever order they come.

    Args:
        most: of how many tweets at most.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        # The largest hash first: it is the next to go.
        self._kept: list[tuple[int, str, Said]] = []

    def add(self, one: Said) -> None:
        """Take the tweet, or leave it."""
        entry = (-int.from_bytes(blake2b(one.id.encode("utf-8", "surrogatepass"), digest_size=8).digest()), one.id, one)
        if len(self._kept) < self._most:
            heapq.heappush(self._kept, entry)
        elif entry[:2] > self._kept[0][:2]:
            heapq.heapreplace(self._kept, entry)

    def tweets(self) -> list[Said]:
        """Those of the sample, in an order of their own."""
        return [one for _, _, one in sorted(self._kept, key=lambda entry: entry[:2])]

"""A sequence cut into parts that are not too large."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


def parts(items: Sequence[T], size_of: Callable[[T], int], limit: int) -> Iterator[Sequence[T]]:
    """Parts of at most `limit` in size; an item that is larger is a part of its own.

    >>> list(parts([3, 3, 9, 1], lambda item: item, 6))
    [[3, 3], [9], [1]]
    """
    first, size = 0, 0
    for place, item in enumerate(items):
        if size and size + size_of(item) > limit:
            yield items[first:place]
            first, size = place, 0
        size += size_of(item)
    if first < len(items):
        yield items[first:]

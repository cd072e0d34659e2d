import threading
import time
from typing import Any

import pytest

from pipeline.sources.live import Live
from tests.unit.sources.fakes import tweet


class Source:
    """A live source whose items are made by a function that is given the event of its closing."""

    name = "test"

    def __init__(self, items):
        self.items = items
        self.closed = threading.Event()

    def __iter__(self):
        return self.items(self.closed)

    def acknowledged(self, tweets): ...

    def close(self):
        self.closed.set()


def listed(*numbers):
    return Source(lambda closed: iter([tweet(number) for number in numbers]))


def never():
    return False


def test_a_source_that_ends_is_yielded_whole():
    """All of its items, in order, and then it ends by itself."""
    assert [item.id for item in Live(listed(1, 2, 3), never) if item] == ["x:1", "x:2", "x:3"]


def test_silence_ticks():
    """While nothing comes, None does, so that whoever takes the items can look around."""

    def items(closed):
        yield tweet(1)
        closed.wait()

    taken: Any = iter(Live(Source(items), never, tick=0.01))
    assert [next(taken) for _ in range(4)][1:] == [None] * 3
    taken.close()


def test_an_error_comes_after_all_that_was_yielded():
    """It is raised where the items are taken."""

    def items(closed):
        yield tweet(1)
        raise ZeroDivisionError

    taken: Any = iter(Live(Source(items), never))
    assert next(item for item in taken if item).id == "x:1"
    with pytest.raises(ZeroDivisionError):
        list(taken)


def test_what_was_read_before_a_stop_is_yielded():
    """The source is closed, and what it yields on its way out comes too."""
    stop = threading.Event()

    def items(closed):
        yield tweet(1)
        closed.wait()
        yield tweet(2)

    taken = []
    for item in Live(Source(items), stop.is_set, tick=0.01):
        taken.append(item)
        stop.set()
    assert [item.id for item in taken if item] == ["x:1", "x:2"]


def test_a_source_that_is_not_taken_from_is_not_read():
    """The queue is bounded: the source waits, and goes on when it is taken from."""
    read = []

    def items(closed):
        for number in range(100):
            read.append(number)
            yield tweet(number)

    taken: Any = iter(Live(Source(items), never, queued=5, tick=0.01))
    next(taken)
    time.sleep(0.2)
    assert len(read) <= 8
    assert len([item for item in taken if item]) == 99


def test_a_source_that_does_not_end_is_left():
    """A stop is not held up by a source that ignores being closed; its thread gives up at its next item."""
    stop, proceed = threading.Event(), threading.Event()

    def items(closed):
        yield tweet(1)
        proceed.wait()
        yield tweet(2)

    begun = time.monotonic()
    for _ in Live(Source(items), stop.is_set, tick=0.01, end_seconds=0.1):
        stop.set()
    assert time.monotonic() - begun < 5
    proceed.set()


def test_whoever_leaves_early_closes_the_source():
    """An error of the taker's ends the thread, also where it waits to put an item."""
    source = Source(lambda closed: (tweet(number) for number in range(10**9)))
    taken: Any = iter(Live(source, never, queued=1, tick=0.01))
    next(taken)
    taken.close()
    assert source.closed.is_set()
    assert not [thread for thread in threading.enumerate() if thread.name == "source-test"]


def test_what_was_read_is_yielded_however_slowly_it_is_taken():
    """The time that a source has to end is no time that what it has read has to be taken in."""
    stop, read, proceed = threading.Event(), threading.Event(), threading.Event()

    def items(closed):
        yield from (tweet(number) for number in range(3))
        read.set()
        proceed.wait()

    taken = []
    for item in Live(Source(items), stop.is_set, tick=0.01, end_seconds=0.0):
        taken.append(item)
        assert read.wait(5)
        stop.set()
    assert [item.id for item in taken if item] == ["x:0", "x:1", "x:2"]
    proceed.set()

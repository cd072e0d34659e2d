"""The queue between the threads of a source and whoever publishes."""

from __future__ import annotations

import threading

from pipeline.sources.live.backlog import ENTRY_BYTES, Backlog, Entry
from pipeline.sources.live.feed import Alive, Position, Read
from pipeline.sources.source import Unreadable
from tests.unit.sources.fakes import tweet


def entry(number: int, size: int = 0) -> Entry:
    return Entry("tweets", Read(Unreadable(b"x" * size, str(number), "not JSON")))


def never() -> bool:
    return False


def put_in_a_thread(backlog: Backlog, one: Entry, abandoned: threading.Event) -> tuple[threading.Thread, list[bool]]:
    put: list[bool] = []
    thread = threading.Thread(target=lambda: put.append(backlog.put(one, abandoned.is_set, 0.01)))
    thread.start()
    thread.join(0.2)
    return thread, put


def test_entries_come_in_their_order() -> None:
    """And None where there is nothing."""
    backlog, entries = Backlog(), [entry(number) for number in range(5)]
    assert all(backlog.put(one, never, 0.01) for one in entries)
    assert [backlog.take(0.0) for _ in range(6)] == [*entries, None]


def test_who_is_faster_waits() -> None:
    """A full one takes nothing more until somebody takes: memory is bounded, and the stream slows down."""
    backlog = Backlog(entries=3)
    for number in range(3):
        backlog.put(entry(number), never, 0.01)
    thread, put = put_in_a_thread(backlog, entry(3), threading.Event())
    assert put == []
    assert backlog.take(0.0) == entry(0)
    thread.join(10)
    assert put == [True]


def test_bytes_are_bounded_too() -> None:
    """Few large tweets fill it as many small ones do."""
    backlog = Backlog(size=10 * ENTRY_BYTES)
    backlog.put(entry(0, 5 * ENTRY_BYTES), never, 0.01)
    abandoned = threading.Event()
    thread, put = put_in_a_thread(backlog, entry(1, 5 * ENTRY_BYTES), abandoned)
    assert put == []
    abandoned.set()
    thread.join(10)
    assert put == [False]
    assert backlog.put(entry(2), never, 0.01)


def test_one_that_is_larger_than_all_is_let_in_alone() -> None:
    """Else it would wait for ever."""
    backlog = Backlog(size=10)
    assert backlog.put(entry(0, 10_000), never, 0.01)
    assert backlog.take(0.0) == entry(0, 10_000)


def test_a_tweet_counts_with_its_text() -> None:
    """A text of any alphabet by what it takes in memory; a keep-alive by little."""
    assert Entry("tweets", Read(tweet(1, text="\N{PILE OF POO}" * 10_000))).size > 40_000
    assert Entry("tweets", Alive(Position("1"))).size == Entry("tweets", None, 3).size == ENTRY_BYTES

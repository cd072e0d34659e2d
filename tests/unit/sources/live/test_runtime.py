import threading
import time
from dataclasses import dataclass, field
from typing import Any

import pytest
from tenacity.wait import wait_incrementing, wait_none

from pipeline.domain.faults import Fault
from pipeline.sources.live.backlog import Backlog
from pipeline.sources.live.backoff import Backoff
from pipeline.sources.live.feed import Alive, Finished, Gap, GivenUp, Interrupted, Lost, Position, Read, Waits
from pipeline.sources.live.runtime import Runtime
from pipeline.sources.source import Unreadable
from tests.processes import until
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


@dataclass
class Events:
    """A list of the reported events, in order."""

    told: list = field(default_factory=list)

    def connected(self):
        self.told.append("connected")

    def interrupted(self, fault, wait, host=""):
        self.told.append(("interrupted", str(fault)))

    def fault(self, fault):
        self.told.append(("fault", str(fault)))

    def passed_over(self):
        self.told.append("passed over")

    def gap(self, outcome, tweets, after_id, since):
        self.told.append((str(outcome), tweets, after_id))


def running(source, stopped, folder, *, events=None, **options):
    known: Any = events or Events()
    return Runtime(lambda *_: source, known, folder, stopped, **options)


def listed(*numbers):
    return Source(lambda closed: iter([tweet(number) for number in numbers]))


def never():
    return False


def test_a_source_that_ends_is_yielded_whole(tmp_path):
    """All of its items, in order, and then it ends by itself."""
    assert [item.id for item in running(listed(1, 2, 3), never, tmp_path) if item] == ["x:1", "x:2", "x:3"]


def test_silence_ticks(tmp_path):
    """While nothing comes, None does, so that whoever takes the items can look around."""

    def items(closed):
        yield tweet(1)
        closed.wait()

    taken = iter(running(Source(items), never, tmp_path, tick=0.01))
    assert next(item for item in taken if item).id == "x:1"
    assert [next(taken) for _ in range(3)] == [None] * 3
    taken.close()


def test_an_error_comes_after_all_that_was_yielded(tmp_path):
    """It is raised where the items are taken."""

    def items(closed):
        yield tweet(1)
        raise ZeroDivisionError

    taken = iter(running(Source(items), never, tmp_path))
    assert next(item for item in taken if item).id == "x:1"
    with pytest.raises(ZeroDivisionError):
        list(taken)


def test_what_was_read_before_a_stop_is_yielded(tmp_path):
    """The source is closed, and what it yields on its way out comes too."""
    stop = threading.Event()

    def items(closed):
        yield tweet(1)
        closed.wait()
        yield tweet(2)

    taken = []
    for item in running(Source(items), stop.is_set, tmp_path, tick=0.01):
        taken.append(item)
        stop.set()
    assert [item.id for item in taken if item] == ["x:1", "x:2"]


def test_a_source_that_is_not_taken_from_is_not_read(tmp_path):
    """The queue is bounded: the source waits, and goes on when it is taken from."""
    read = []

    def items(closed):
        for number in range(100):
            read.append(number)
            yield tweet(number)

    taken = iter(running(Source(items), never, tmp_path, backlog=Backlog(5), tick=0.01))
    assert next(item for item in taken if item).id == "x:0"
    time.sleep(0.2)
    assert len(read) <= 8
    assert len([item for item in taken if item]) == 99


def test_a_source_that_does_not_end_is_left(tmp_path):
    """A stop is not held up by a source that ignores being closed; its thread gives up at its next item."""
    stop, proceed = threading.Event(), threading.Event()

    def items(closed):
        yield tweet(1)
        proceed.wait()
        yield tweet(2)

    begun = time.monotonic()
    for _ in running(Source(items), stop.is_set, tmp_path, tick=0.01, end_seconds=0.1):
        stop.set()
    assert time.monotonic() - begun < 5
    proceed.set()


def test_whoever_leaves_early_closes_the_source(tmp_path):
    """An error of the taker's ends the thread, also where it waits to put an item."""
    source = Source(lambda closed: (tweet(number) for number in range(10**9)))
    taken = iter(running(source, never, tmp_path, backlog=Backlog(1), tick=0.01))
    next(item for item in taken if item)
    taken.close()
    assert source.closed.is_set()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("source-test")]


def test_what_was_read_is_yielded_however_slowly_it_is_taken(tmp_path):
    """The time that a source has to end is no time that what it has read has to be taken in."""
    stop, read, proceed = threading.Event(), threading.Event(), threading.Event()

    def items(closed):
        yield from (tweet(number) for number in range(3))
        read.set()
        proceed.wait()

    taken = []
    for item in running(Source(items), stop.is_set, tmp_path, tick=0.01, end_seconds=0.0):
        taken.append(item)
        assert read.wait(5)
        stop.set()
    assert [item.id for item in taken if item] == ["x:0", "x:1", "x:2"]
    proceed.set()


def at(number):
    return Position(f"{number:03}")


class Asked(Interrupted):
    """Interrupts a question that is asked by the runtime."""


class Scripted:
    """A live source of one feed: each connection yields what is written for it, and then ends or raises."""

    name = state = "scripted"
    waits = Waits({Fault.OTHER: wait_none()}, {}, 60.0)
    is_polled = False
    until = backfilled_after = begins = None

    def __init__(self, *connections, missed=(), stall_seconds=None, begins=None):
        self.connections = list(connections)
        self.missed = list(missed)
        self.stall_seconds = stall_seconds
        self.begins = begins
        self.gaps = []
        self.cut = threading.Event()
        self.feeds = (self,)

    def connect(self, reached):
        if not self.connections:
            raise Finished
        self.cut.clear()
        return self

    def __iter__(self):
        for message in self.connections.pop(0):
            if message == "silence":
                self.cut.wait(20)
            elif isinstance(message, Exception):
                raise message
            elif callable(message):
                until(message, "what the script waits for", 20)
            else:
                yield message

    def before(self, position):
        return at(int(position.id) - 1)

    def is_due(self, gap):
        return True

    def refill(self, gap, ask):
        self.gaps.append(gap)
        for found in self.missed.pop(0) if self.missed else ():
            if isinstance(found, Asked):
                answers = [found, None]
                ask(lambda answers=answers: raised(answers.pop(0)))
            elif isinstance(found, Exception):
                raise found
            else:
                yield found

    def close(self):
        self.cut.set()


def raised(error):
    if error is not None:
        raise error


def read(number, **fields):
    return Read(tweet(number, **fields), at(number))


def all_of(runtime):
    """All items until the end; each is acknowledged at once."""
    found = []
    for item in runtime:
        if item is not None:
            found.append(item.id)
            runtime.acknowledged([item])
    return found


def test_a_lost_connection_is_made_anew_and_its_gap_refilled(tmp_path):
    """A little before where it was lost, beside what is streamed; what comes twice is handed on once."""
    events = Events()
    source = Scripted(
        [read(5), Interrupted(Fault.NETWORK)],
        [read(9), lambda: ("refilled", 2, "004") in events.told],
        missed=[[read(5), read(6), read(7)]],
    )
    assert sorted(all_of(running(source, never, tmp_path, events=events))) == ["x:5", "x:6", "x:7", "x:9"]
    assert source.gaps == [Gap(at(4))]
    assert events.told[:3] == ["connected", ("interrupted", "network"), "connected"]


def test_a_connection_that_ends_is_a_disconnect(tmp_path):
    """The server may end it without a word."""
    events = Events()
    all_of(running(Scripted([read(1)], [read(2)]), never, tmp_path, events=events))
    assert events.told.count(("interrupted", "disconnected")) == 2


def test_a_silent_connection_is_ended(tmp_path):
    """By the runtime, after the feed's own time; keep-alives are no silence."""
    events = Events()
    alive = [message for _ in range(4) for message in (lambda: time.sleep(0.1) or True, None)]
    source = Scripted([*alive, read(1), "silence"], stall_seconds=0.3)
    begun = time.monotonic()
    assert all_of(running(source, never, tmp_path, events=events, tick=0.01)) == ["x:1"]
    assert time.monotonic() - begun < 10
    assert events.told == ["connected", ("interrupted", "stall")]


def test_whoever_does_not_take_is_no_stall(tmp_path):
    """A source that waits since Kafka is away is not silent."""
    events = Events()
    source = Scripted([read(number) for number in range(20)], stall_seconds=0.1)
    runtime = running(source, never, tmp_path, events=events, tick=0.01, backlog=Backlog(2))
    taken = 0
    for item in runtime:
        taken += item is not None
        if taken == 5:
            time.sleep(0.5)
            taken += 1
    assert ("interrupted", "stall") not in events.told


def test_killed_and_started_again_the_gap_begins_where_kafka_has_it(tmp_path):
    """Tweets that were read and not acknowledged are fetched again, from the saved position at the latest."""
    first = running(Scripted([read(5), read(6), "silence"], begins=at(1)), never, tmp_path)
    taken = iter(first)
    assert next(item for item in taken if item).id == "x:5"
    first.acknowledged([tweet(5)])
    assert next(item for item in taken if item).id == "x:6"
    # Neither is closed nor saved, as if it was killed.
    source: Any = Scripted([lambda: not source.missed], missed=[[read(6)]])
    again = running(source, never, tmp_path)
    assert all_of(again) == ["x:6"]
    assert source.gaps[0].after.order <= at(5).order
    taken.close()


def test_refilling_asks_until_there_is_an_answer(tmp_path):
    """Beside a stream that is a fault and no interruption; where the feed itself does not ask, the gap begins anew."""
    events = Events()
    source = Scripted(
        [read(1)],
        [lambda: ("refilled", 2, "000") in events.told],
        missed=[[Asked(Fault.SERVER), read(2), Interrupted(Fault.RATE_LIMIT)], [read(2), read(3)]],
    )
    assert sorted(all_of(running(source, never, tmp_path, events=events))) == ["x:1", "x:2", "x:3"]
    assert [told for told in events.told if told[0] == "fault"] == [("fault", "server"), ("fault", "rate_limit")]


def test_what_is_lost_of_a_gap_is_told(tmp_path):
    """A part of it, or the rest of it; it is not asked for again."""
    events = Events()
    source = Scripted(
        [read(1)],
        [lambda: ("refilled", 1, "000") in events.told, read(10)],
        [lambda: ("lost", 1, "012") in events.told],
        missed=[[Lost(at(0)), read(2)], [read(11), GivenUp(at(12), Fault.FORBIDDEN)]],
    )
    runtime = running(source, never, tmp_path, events=events)
    assert sorted(all_of(runtime)) == ["x:1", "x:10", "x:11", "x:2"]
    assert ("lost", 0, "000") in events.told
    assert ("fault", "forbidden") in events.told


def test_what_is_no_tweet_for_us_is_told(tmp_path):
    """Passed over, or malformed and handed on; a place alone is remembered."""
    events = Events()
    source = Scripted([Read(None, at(3)), Read(None), Read(Unreadable(b"?", "line 1", "not JSON")), Alive(at(7))])
    runtime = running(source, never, tmp_path, events=events)
    assert [item.raw for item in runtime if item] == [b"?"]
    assert events.told[1:4] == ["passed over", "passed over", ("fault", "malformed")]
    runtime.close()
    assert runtime.resume.newest("scripted") == at(7)


def test_an_error_of_the_refill_ends_it(tmp_path):
    """Such as a token that is refused there."""
    source = Scripted([read(1)], ["silence"], missed=[[ZeroDivisionError()]])
    with pytest.raises(ZeroDivisionError):
        all_of(running(source, never, tmp_path))


def test_a_flood_of_repeats_ticks(tmp_path):
    """Repeats are not handed on, but do not keep acknowledgements from being noticed."""

    class Repeating(Scripted):
        def __iter__(self):
            while not self.cut.wait(0.001):
                yield read(1)

    stop = threading.Event()
    taken = iter(running(Repeating([]), stop.is_set, tmp_path, tick=0.05))
    begun = time.monotonic()
    while next(taken) is None:
        assert time.monotonic() - begun < 20
    # Nothing but repeats comes from here on.
    assert [next(taken) for _ in range(5)] == [None] * 5
    taken.close()


def test_waits_grow_until_a_connection_lives(tmp_path, monkeypatch):
    """One that is lost at once does not begin them anew."""
    waits = Waits({Fault.OTHER: wait_incrementing(start=0, increment=0.01)}, {}, 60.0)
    source = Scripted(*[[Interrupted(Fault.SERVER)] for _ in range(4)])
    source.waits = waits
    waited = []
    monkeypatch.setattr(Backoff, "__call__", noting(Backoff.__call__, waited))
    all_of(running(source, never, tmp_path))
    assert waited[0] == 0 < waited[1] < waited[2] < waited[3]
    monkeypatch.setattr("pipeline.sources.live.reading.LIVED", 0.0)
    waited.clear()
    source = Scripted(*[[Interrupted(Fault.SERVER)] for _ in range(4)])
    source.waits = waits
    all_of(running(source, never, tmp_path))
    assert waited == [0.0] * 4


def noting(call, waited):
    def noted(self, state):
        waited.append(call(self, state))
        return waited[-1]

    return noted

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources.source import Fault
from pipeline.sources.twitter.backoff import Backoff
from pipeline.sources.twitter.lines import LONGEST_LINE, Lines


def waits(fault, times, **options):
    backoff = Backoff()
    return [backoff.wait(fault, **options) for _ in range(times)]


@pytest.mark.parametrize("fault", [Fault.NETWORK, Fault.STALL, Fault.DISCONNECTED])
def test_a_lost_connection_is_made_anew_at_once(fault):
    """Then a quarter of a second later each time, up to 16 seconds."""
    found = waits(fault, 100)
    assert found[:4] == [0.0, 0.25, 0.5, 0.75]
    assert found[-1] == 16.0


@pytest.mark.parametrize(
    ("fault", "status", "first", "most"),
    [
        (Fault.SERVER, 503, 5.0, 320.0),
        (Fault.RATE_LIMIT, 429, 60.0, 960.0),
        (Fault.QUOTA, 429, 900.0, 3_600.0),
        (Fault.DISCONNECTED, 429, 5.0, 320.0),
    ],
)
def test_a_refusal_doubles(fault, status, first, most):
    """As the API documents, by kind."""
    found = waits(fault, 100, status=status)
    assert (found[0], found[-1]) == (first, most)
    assert all(after in (before * 2, most) for before, after in pairwise(found))


def test_what_the_server_says_counts_once():
    """If it did not help, the wait grows as if nothing had been said."""
    assert waits(Fault.RATE_LIMIT, 3, told=2.0, status=429) == [2.0, 120.0, 240.0]
    assert waits(Fault.RATE_LIMIT, 2, told=500.0, status=429) == [500.0, 500.0]


def test_a_connection_that_lived_begins_anew():
    backoff = Backoff()
    before = [backoff.wait(Fault.NETWORK) for _ in range(5)]
    backoff.succeeded()
    assert (before[-1], backoff.wait(Fault.NETWORK)) == (1.0, 0.0)


lines = st.lists(st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=20))


@given(lines, st.lists(st.integers(1, 9)))
def test_lines_are_whole_wherever_they_are_cut(texts, sizes):
    """Also inside a character, and between the two bytes of a line's end."""
    content = "".join(f"{text}\r\n" for text in texts).encode()
    found, reader, at = [], Lines(), 0
    for size in [*sizes, len(content) + 1]:
        found += reader.feed(content[at : at + size])
        at += size
    assert [line.decode() for line in found] == texts


def test_what_is_cut_at_the_end_is_no_line():
    reader = Lines()
    assert reader.feed(b'{"a": 1}\n\n{"b"') == [b'{"a": 1}', b""]
    assert reader.feed(b": 2}") == []


def test_a_line_without_an_end_is_given_up():
    """It is handed on as it is, to be refused, instead of filling the memory."""
    reader = Lines()
    found = [line for _ in range(5) for line in reader.feed(b"x" * 1_000_000)]
    assert [len(line) > LONGEST_LINE for line in found] == [True]
    assert reader.feed(b"\nafter\n") == [b"", b"after"]

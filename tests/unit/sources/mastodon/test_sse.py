from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources.mastodon.sse import Event, Parser

STREAM = (
    ':)\n\n:thump\nevent: update\ndata: {"a":\ndata:  "ü🥕"}\n\n'
    "event: delete\ndata: 7\n\n:thump\nevent: y\n\ndata: x\n\n"
)
EVENTS = [Event("update", '{"a":\n "ü🥕"}'.encode()), Event("delete", b"7"), Event("message", b"x")]


def parsed(chunks, most=1_000):
    parser = Parser(most)
    return [event for chunk in chunks for event in parser.feed(chunk)]


def test_events_come_whole_wherever_the_bytes_are_cut():
    """At every boundary, also inside a character; with every kind of line end."""
    for end in ("\n", "\r\n", "\r"):
        raw = STREAM.replace("\n", end).encode()
        assert [parsed([raw[:at], raw[at:]]) for at in range(len(raw) + 1)] == [EVENTS] * (len(raw) + 1)
        assert parsed([bytes([byte]) for byte in raw]) == EVENTS


def test_comments_and_events_without_data_are_none():
    """Keep-alives are heard, and say nothing."""
    assert parsed([b":thump\n\n", b"event: filters_changed\n\n", b"id: 7\nretry: 10\n\n"]) == []


def test_an_event_that_is_too_long_is_told_without_its_data():
    """In one line, in many, and without an end; the next event is there."""
    for data in (b"data: " + b"x" * 200 + b"\n\n", b"data: " + b"x" * 40 + b"\n" + b"data: " + b"x" * 80 + b"\n\n"):
        for size in (7, 1_000):
            raw = b"event: update\n" + data + b"event: update\ndata: 1\n\n"
            events = parsed([raw[at : at + size] for at in range(0, len(raw), size)], most=100)
            assert events == [Event("update", None), Event("update", b"1")]


def test_an_endless_line_takes_no_memory():
    """Bytes beyond the limit are dropped as they come."""
    parser = Parser(100)
    for _ in range(1_000):
        assert list(parser.feed(b"data" * 100)) == []
    assert len(parser._line) <= 100


@given(st.binary(max_size=300))
def test_any_bytes_can_be_fed(raw):
    """Nothing is raised, and whole or byte by byte it is the same."""
    assert parsed([raw]) == parsed([bytes([byte]) for byte in raw])

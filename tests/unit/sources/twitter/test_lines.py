from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources.twitter.lines import LONGEST_LINE, Lines

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

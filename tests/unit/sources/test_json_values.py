"""Values are cut out of any JSON, whatever the pieces that it comes in, and memory stays bounded."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources import json_values
from pipeline.sources.json_values import values_of

ANY = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9**9) | st.text(st.characters(exclude_categories=["Cs"]), max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab\"\\,[]{}", max_size=3), inner, max_size=3),
    max_leaves=9,
)  # fmt: skip


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[place : place + size] for place in range(0, len(data), size))


@given(st.lists(ANY, max_size=6), st.integers(1, 40), st.booleans())
def test_an_array_is_its_elements(things: list[Any], size: int, pretty: bool) -> None:
    """Each with its own bytes, wherever a piece ends: in a string, behind a backslash, between brackets."""
    data = orjson.dumps(things, option=orjson.OPT_INDENT_2 if pretty else None)
    assert [orjson.loads(value) for value in values_of(pieces(data, size))] == things


@given(st.lists(st.dictionaries(st.text("ab{}[]", max_size=3), ANY, max_size=3), max_size=6), st.integers(1, 40))
def test_objects_that_follow_each_other(things: list[dict[str, Any]], size: int) -> None:
    """As `jq .` writes them, over several lines."""
    data = b"\n".join(orjson.dumps(thing, option=orjson.OPT_INDENT_2) for thing in things)
    assert [orjson.loads(value) for value in values_of(pieces(data, size))] == things


@given(st.text('[]{}",\\ a1:\n', max_size=60), st.integers(1, 9))
def test_nothing_but_space_and_separators_is_lost(text: str, size: int) -> None:
    """Of whatever bytes: what is no JSON comes as it is."""
    left = b"".join(values_of(pieces(text.encode(), size)))
    assert _bare(left.decode()) == _bare(text)


@pytest.mark.parametrize(
    ("data", "values"),
    [
        (b'[{"a": 1}, {"b": [1, 2', [b'{"a": 1}', b'{"b": [1, 2']),
        (b"[1, 2}, 3]", [b"1", b"2}", b"3"]),
        (b"[1][2]\n[3]", [b"1", b"2", b"3"]),
        (b"[1,,2,]", [b"1", b"2"]),
        (b'[{"a": "]"}, {"a": "\\\\"}, {"a": "\\"}"}]', [b'{"a": "]"}', b'{"a": "\\\\"}', b'{"a": "\\"}"}']),
        (b'[1] and {"more": 2}', [b"1", b'and {"more": 2}']),
        (b"  ", []),
    ],
)
def test_what_is_not_quite_an_array(data: bytes, values: list[bytes]) -> None:
    """A cut end, a bracket that closes nothing, several arrays, commas without a value."""
    for size in (1, 3, 100):
        assert list(values_of(pieces(data, size))) == values


def test_a_value_without_end_comes_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """What follows the one that is too long is found again."""
    monkeypatch.setattr(json_values, "LONGEST_VALUE", 1_000)
    long = b'{"a": "' + b"[" * 5_000 + b'"}'
    found = list(values_of(pieces(b'[{"b": 1},' + long + b',{"c": 2}]', 100)))
    assert (found[0], found[-1]) == (b'{"b": 1}', b'{"c": 2}')
    assert b"".join(found[1:-1]) == long
    assert max(map(len, found)) <= 1_100


def test_an_array_larger_than_memory() -> None:
    """Only the value that is being read is held."""
    row = orjson.dumps({"id": "1", "text": "late again", "more": "x" * 500}) + b","
    endless = (row * 100 for _ in range(40))
    tracemalloc.start()
    assert sum(1 for _ in values_of(_framed(endless))) == 4_000
    assert tracemalloc.get_traced_memory()[1] < 300_000
    tracemalloc.stop()


def _framed(rows: Iterator[bytes]) -> Iterator[bytes]:
    yield b"["
    yield from rows
    yield b"]"


def _bare(text: str) -> str:
    """Without what may stand between values, and without array's brackets, which are no value's."""
    return "".join(character for character in text if character not in "[], \n")

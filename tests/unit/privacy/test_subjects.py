"""Ids and names in a record that is not a tweet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.record import encode
from pipeline.domain.tweet import Author
from pipeline.privacy.forgotten import Forgotten
from pipeline.privacy.subjects import subjects_of, unlooped
from tests.builders import tweet
from tests.unit.scoring.timing import assert_linear


def test_our_own_records() -> None:
    """Also where they are cut, and where a name is escaped."""
    text = encode(tweet(id='h.example:/p/"a"/1', author=Author("https://h.example/users/ann", "Ann"))).decode()
    found = subjects_of(text)
    assert 'h.example:/p/"a"/1' in found[Forgotten.TWEET]
    assert "https://h.example/users/ann" in found[Forgotten.USER]
    assert "ann" in found[Forgotten.NAME]
    assert 'h.example:/p/"a"/1' in subjects_of(text[:40])[Forgotten.TWEET]


@pytest.mark.parametrize(
    "text",
    [
        '{"id": "900000001"',
        '{"id_str":"900000001"',
        '{"id":900000001,',
        "900000001,late,again",
        "x:900000001#3",
        '"id":"x:900000001#3"',
    ],
)
def test_as_other_sources_write_it(text: str) -> None:
    """X's objects, rows of files, later loops of a replay."""
    assert "x:900000001" in subjects_of(text)[Forgotten.TWEET]


def test_parts_of_numbers_are_none() -> None:
    """Another tweet whose number holds this one's is another tweet."""
    assert subjects_of("9000000012")[Forgotten.TWEET] == {"x:9000000012"}
    assert subjects_of("12345")[Forgotten.TWEET] == set()


def test_loops() -> None:
    """Only a number behind the sign is one."""
    assert [unlooped(id_) for id_ in ("x:1", "x:1#2", "x:1#two", "x#1:#")] == ["x:1", "x:1", "x:1#two", "x#1:#"]


@given(st.text())
def test_anything(text: str) -> None:
    """Nothing is raised."""
    subjects_of(text)


@pytest.mark.no_cover
@pytest.mark.parametrize("piece", ['"id":"', '"id" : "\\', "1", "a:1", "a.", '"name":"a', '\\"'])
def test_time_grows_with_the_length(piece: str) -> None:
    """Hostile records cost what others cost."""
    assert_linear(subjects_of, piece)

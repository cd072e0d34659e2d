"""One id per tweet, short enough for Elasticsearch."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.identity import MAX_ID_BYTES, content_id, event_id


def test_origin_and_native_id() -> None:
    """An id that fits is readable."""
    assert event_id("x", "567588278875213824") == "x:567588278875213824"


def test_the_longest_id_that_is_kept() -> None:
    """200 bytes are kept, 201 are hashed; bytes count, not characters."""
    assert event_id("x", "é" * 99) == "x:" + "é" * 99
    assert len(event_id("x", "é" * 99 + "a")) == len("x:") + 32


@given(st.text(), st.text(max_size=3_000))
def test_ids_are_short(origin: str, native: str) -> None:
    """No id is longer than 200 bytes."""
    assert len(event_id(origin, native).encode("utf-8", "surrogatepass")) <= MAX_ID_BYTES


def test_long_ids_differ() -> None:
    """Two long ids stay two, and the same one stays the same."""
    first, second = event_id("x", "a" * 500), event_id("x", "a" * 499 + "b")
    assert first != second
    assert first == event_id("x", "a" * 500)


def test_content_tells_rows_apart() -> None:
    """The boundaries of the parts count; equal parts give the same id."""
    assert content_id("kaggle", "1", "23") != content_id("kaggle", "12", "3")
    assert content_id("kaggle", "1", "23") == content_id("kaggle", "1", "23")


def test_any_content_has_an_id() -> None:
    """Lone surrogates too."""
    assert content_id("kaggle", "\ud800").startswith("kaggle:")

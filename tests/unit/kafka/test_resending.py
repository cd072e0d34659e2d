"""The choice of the rejected records that are sent again, from the records in the topic."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.record import Reason
from pipeline.domain.replay import Replay
from pipeline.kafka.dead_letters import DeadLetter, History
from pipeline.kafka.resending import Left, Resent, chosen

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def letter(first: str, number: int = 0, reason: str = "bad_id") -> DeadLetter:
    key = first if number == 0 else f"{first}.{number}"
    return DeadLetter(key, reason, "", NOON, b"{}", 0, Replay(first, number))


def sent(letters: list[DeadLetter], marks: list[Replay], **options: Any) -> list[tuple[str, int]]:
    return [
        (one.letter.key, one.attempt.number) for one in chosen(letters, history(letters, marks), Resent(), **options)
    ]


def history(letters: list[DeadLetter], marks: list[Replay]) -> History:
    found = History()
    for mark in marks:
        found.note(mark.key, None)
    for one in letters:
        found.note(one.key.encode(), one.attempt if one.attempt.number else None)
    return found


def test_what_was_never_sent_is() -> None:
    """For the first time."""
    assert sent([letter("a"), letter("b")], []) == [("a", 1), ("b", 1)]


def test_what_is_marked_is_not() -> None:
    """And is counted."""
    letters, resent = [letter("a"), letter("b")], Resent()
    found = chosen(letters, history(letters, [Replay("a", 1)]), resent)
    assert [one.letter.key for one in found] == ["b"]
    assert resent.left == {Left.SENT_BEFORE: 1}


def test_what_came_back_is_not_even_where_its_mark_was_lost() -> None:
    """A record that was rejected again says so itself."""
    assert sent([letter("a"), letter("a", 1)], []) == []
    assert sent([letter("a", 1)], []) == []


def test_again_sends_each_record_once_by_its_last_rejection() -> None:
    """However often it came back, and also where two came back of one attempt."""
    letters = [letter("a"), letter("a", 1), letter("a", 2), letter("a", 2), letter("b"), letter("c")]
    marks = [Replay("a", 1), Replay("a", 2), Replay("b", 1)]
    assert sent(letters, marks, again=True) == [("a.2", 3), ("b", 2), ("c", 1)]


@pytest.mark.parametrize(("reason", "keys"), [(Reason.NOT_JSON, ["a.1"]), (Reason.BAD_ID, ["b"])])
def test_the_reason_is_that_of_the_last_rejection(reason: Reason, keys: list[str]) -> None:
    """A record that was rejected for one reason and then for another counts for the second."""
    letters = [letter("a"), letter("a", 1, "not_json"), letter("b")]
    assert [key for key, _ in sent(letters, [], again=True, reason=reason)] == keys


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 3))),
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 3))),
)
def test_never_two_of_one_record(letters: list[tuple[str, int]], marks: list[tuple[str, int]]) -> None:
    """Whatever the topic holds, and each attempt is above all that were."""
    found = [letter(*one) for one in letters]
    known = history(found, [Replay(*mark) for mark in marks])
    picked = list(chosen(found, known, Resent(), again=True))
    assert len({one.attempt.first for one in picked}) == len(picked) == len({first for first, _ in letters})
    assert all(one.attempt.number > known.sent.get(one.attempt.first, 0) for one in picked)
    fresh = {one.attempt.first for one in chosen(found, known, Resent())}
    assert fresh == {first for first, _ in letters} - set(known.sent)

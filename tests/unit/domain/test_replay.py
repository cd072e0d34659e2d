"""The key of a record that is sent again."""

from __future__ import annotations

import pytest

from pipeline.domain.replay import MAX_KEY_BYTES, Place, Replay, place_in, replay_in


def test_a_key_tells_of_its_attempt() -> None:
    """A key that is written can be read, also for the longest name that a topic may have."""
    for attempt in (Replay("tweets-0-1", 1), Replay(f"{'t' * 249}-9999999999-{'9' * 18}-1700000000000", 999)):
        assert replay_in(attempt.key) == attempt
        assert len(attempt.key) <= MAX_KEY_BYTES


@pytest.mark.parametrize(
    "key",
    [
        None, b"", b"x:17", b"replay/", b"replay/0/tweets-0-1", b"replay/1/", b"replay/-1/a", b"replay/1/a/b",
        b"replay/" + b"9" * 5_000 + b"/a", b"replay/1/" + b"a" * 1_000, b" replay/1/a", b"replay/\xd9\xa1/a",
    ],
)  # fmt: skip
def test_any_other_key_tells_nothing(key: bytes | None) -> None:
    """Any producer can choose keys: none of them does harm."""
    assert replay_in(key) is None


@pytest.mark.parametrize(
    ("coordinates", "place"),
    [
        ("tweets-2-17", Place("tweets", 2, 17)),
        ("tweets-2-17-1700000000000", Place("tweets", 2, 17, 1_700_000_000_000)),
        ("tweets-7-2-17", Place("tweets-7", 2, 17)),
        ("tweets-7-2-17-1700000000000", Place("tweets-7", 2, 17, 1_700_000_000_000)),
        ("tweets.rejected-0-0-1700000000000", Place("tweets.rejected", 0, 0, 1_700_000_000_000)),
        ("tweets", None),
        ("", None),
        ("tweets-1", None),
        (f"tweets-0-{'9' * 5_000}", None),
    ],
)
def test_places(coordinates: str, place: Place | None) -> None:
    """With the record's time and without, whatever the topic is called."""
    assert place_in(coordinates) == place

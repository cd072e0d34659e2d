"""Foreign input, as bad as it comes: no parser raises for it, and none takes more than linear time."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.record import decode
from pipeline.domain.tweet import Tweet
from pipeline.scoring.analysis import Analyzer
from pipeline.settings import ScoringSettings
from pipeline.sources.mastodon.sse import Parser
from pipeline.sources.mastodon.statuses import NotAStatus, tweet_of
from pipeline.sources.source import Unreadable, json_of
from pipeline.sources.times import parse_time
from pipeline.sources.twitter.answers import ended_by
from pipeline.sources.twitter.tweets import items_of
from tests.unit.scoring.timing import assert_linear

FIELDS = [
    "id", "content", "created_at", "uri", "url", "account", "acct", "tags", "name", "reblog", "language", "quote",
    "spoiler_text", "in_reply_to_id", "followers_count", "text", "data", "includes", "users", "tweets", "places", "geo",
    "coordinates", "place_id", "bbox", "author_id", "author", "referenced_tweets", "type", "note_tweet", "errors",
    "matching_rules", "tag", "title", "username", "public_metrics", "lang",
]  # fmt: skip
TIME, DIGITS = "2030-01-01T00:00:00Z", "9" * 5_000
DEEP: Any = json.loads('{"a":' * 300 + "1" + "}" * 300)

odd = st.sampled_from(
    [None, True, 0, -1, 2**70, 1.5, "", "x", "42", TIME, "http://[::1", "//", "RT @a: b…", DIGITS, f"&#{DIGITS}", DEEP]
)
values = st.recursive(
    odd, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=3)
)
objects = st.dictionaries(st.sampled_from(FIELDS), values, max_size=6)


@given(objects)
def test_any_status_is_a_tweet_or_refused(fields: dict[str, Any]) -> None:
    """Nothing else is raised, which would end the source."""
    with suppress(NotAStatus):
        tweet_of({"id": "42", "content": "hi", "created_at": TIME} | fields, "home.example", {"x": "X"})


@given(objects)
def test_any_answer_of_x_is_tweets_or_unreadable(fields: dict[str, Any]) -> None:
    """In a page, alone, and in the stream."""
    thing = {"id": "42", "text": "RT @a: b…", "created_at": TIME} | fields
    for answer in (thing, {"data": thing}, {"data": [thing], "includes": {"tweets": [thing]}}):
        assert all(
            isinstance(item, Tweet | Unreadable) for item in items_of(json.dumps(answer).encode(), "", source="x")
        )
        ended_by(answer)


def test_what_is_nested_too_deeply_is_kept() -> None:
    """A row that can't be read is handed on whole."""
    assert json.loads(json_of({"é": DEEP})) == {"é": DEEP}


@given(st.text())
def test_any_text_is_analyzed(text: str) -> None:
    """Whatever it holds, as the stream does it."""
    _analyze(text)


@pytest.mark.parametrize("text", [f"&#{DIGITS}", f"ok &#{DIGITS};", f"@a &#{'0' * 5_000}65; #b", f"&#x{DIGITS}"])
def test_a_reference_of_thousands_of_digits_is_analyzed(text: str) -> None:
    """Python's own `unescape` raises for it, and that would end the stream at every start."""
    _analyze(text)


def _analyze(text: str) -> None:
    tweet = decode(json.dumps({"id": "x:1", "text": text}).encode())
    if isinstance(tweet, Tweet):
        Analyzer(ScoringSettings(entities={"A": ("a", "love me")})).analyze(tweet)


def _time(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a time"):
        parse_time(f"{TIME}{text}x")


@pytest.mark.parametrize("piece", [" ", "0", "+", "\t", "-1 "])
def test_times(piece: str) -> None:
    """A text that is not a time is refused quickly."""
    assert_linear(_time, piece)


@pytest.mark.parametrize("piece", ["data:\n", "data: a\n", "\n", "\r", "event: a\n", "data: a\n\n", "a", ":"])
def test_events(piece: str) -> None:
    """However they are cut."""

    def feed(text: str) -> None:
        parser, raw = Parser(), text.encode()
        for at in range(0, len(raw), 4_096):
            list(parser.feed(raw[at : at + 4_096]))

    assert_linear(feed, piece)


def test_events_of_empty_lines_are_bounded() -> None:
    """Each line counts, also one without a sign: such an event is given up like any that is too long."""
    parser = Parser(max_event_bytes=1_000)
    events = [event for _ in range(100) for event in parser.feed(b"data:\n" * 100)] + list(parser.feed(b"\n"))
    assert [event.data for event in events] == [None]
    assert len(parser._data) == 0

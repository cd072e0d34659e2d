"""The tokens of a tweet, as trained models see them."""

from __future__ import annotations

import time

import pytest

from pipeline.scoring.tokens import LINK, MAX_CHARS, PERSON, Token, tokens_of


def words(text: str) -> list[str]:
    return [token.word for chunk in text.split() for token in tokens_of(chunk)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@united I'm NOT happy", [PERSON, "i'm", "not", "happy"]),
        ("soooo gooood", ["soo", "good"]),
        (":) :-( <3 :'( xD ^_^", [":)", ":-(", "<3", ":'(", "xD", "^_^"]),
        ("😡😡 ok👍", ["😡", "😡", "ok", "👍"]),
        ("#NotHappy #fail", ["#nothappy", "not", "happy", "#fail"]),
        ("see http://t.co/a1, now", ["see", LINK, "now"]),
        ("why?! really!!! no... ok.", ["why", "!?", "really", "!!", "no", "...", "ok", "."]),
        ("5:30 $45.50 100% 7 1234", ["<time>", "<money>", "<percent>", "7", "<4 digits>"]),
        ("isn’t &amp; &lt;3", ["isn't", "<3"]),
        ("", []),
    ],
)
def test_tokens(text: str, expected: list[str]) -> None:
    """Emoji, emoticons and hashtags are kept, names and links stand for all others, and numbers for their class."""
    assert words(text) == expected


def test_what_a_token_is_known_for() -> None:
    """Capitals, drawn-out letters, negations, marks and VADER's valence are told of it."""
    (shout,) = tokens_of("LOOOVE")
    (negation,) = tokens_of("don't")
    (marks,) = tokens_of("!!?")
    (emoji,) = tokens_of("😢")

    assert (shout.word, shout.shouted, shout.drawn_out) == ("loove", True, True)
    assert shout.valence > 0
    assert (negation.negates, negation.ends) == (True, False)
    assert (marks.exclaims, marks.asks, marks.ends) == (2, 1, True)
    assert emoji.valence < 0


def test_a_token_is_bounded() -> None:
    """However long a chunk is, a word of it is not, and it takes no more time than its length asks for."""
    began = time.process_time()
    for letter in "aA1!@#:<-_'😀":
        assert all(len(token.word) <= MAX_CHARS + 1 for token in tokens_of(letter * 20_000 + "x"))

    assert time.process_time() - began < 10


def test_a_token_can_be_a_key() -> None:
    """Equal tokens are one."""
    assert len({Token("a"), Token("a"), Token("b")}) == 2

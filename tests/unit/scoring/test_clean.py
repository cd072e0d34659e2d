"""The clean text holds the words of the tweet only."""

from __future__ import annotations

import re
import unicodedata

import pytest

from pipeline.scoring.clean import Cleaned, clean
from pipeline.scoring.patterns import LETTERS
from tests.unit.scoring.timing import assert_linear


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("", ""),
        ("The plane is late!!!", "plane late"),
        ("@united Late Flight, again :(", "Late Flight"),
        ("see http://t.co/abc… www.x.com/y bbc.co.uk/news now", "see"),
        ("amazon.com", "amazon"),
        ("bags &amp; more &lt;3", "bags 3"),
        ("soooo goooood", "soo good"),
        ("SOOOO!!!", "SOO"),
        ("WWIII and AAA in 2000", "WWIII AAA 2000"),
        ("not good, don't go", "not good don't go"),
        ("No refund. It’s never fair", "No refund never fair"),
        ("#FailAgain #snake_case", "FailAgain snake_case"),
        ("a well-known AT&T shop", "well-known AT&T shop"),
        ("3.5 hours at 11:55, 1,000 bags", "3.5 hours 11:55 1,000 bags"),
        ("hate it 😡😡😡😡 ❤️", "hate 😡😡 ❤️"),
        ("__init__ _ ---", "init"),
        ("me@example.com", "example"),
        ("महात्मा गांधी, ผู้เริ่ม! السياسة", "महात्मा गांधी ผู้เริ่ม السياسة"),
        ("l'année d’été", "l'année d’été"),
        ("\ufe0f \u200d", ""),
    ],
)
def test_text(text: str, cleaned: str) -> None:
    """URLs, mentions, punctuation and stop words go, letters are repeated twice at most; negations and emoji stay."""
    assert clean(text).text == cleaned


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ()),
        ("Late late LATE flight", ("late", "flight")),
        ("Delta's Delta’s delta", ("delta",)),
        ("not never don't can’t cannot go", ("go",)),
        ("2 of 3.5 x 7eleven B52", ("7eleven", "b52")),
        ("#Fail 😡 love❤️", ("fail", "love")),
        ("猫 が 好き", ("猫", "が", "好き")),
        ("Zürich ÉTÉ", ("zürich", "été")),
        ("y" * 3 + "es", ("yyes",)),
        ("ab" * 30, ()),
    ],
)
def test_words(text: str, words: tuple[str, ...]) -> None:
    """Distinct keywords in lower case: no numbers, emoji, negations, lone letters, or what is too long."""
    assert clean(text).words == words


def test_words_are_bounded() -> None:
    """A tag cloud needs no more than 50 words of one tweet."""
    numbers = [f"word{n}" for n in range(80)]
    assert clean(" ".join(numbers)) == Cleaned(" ".join(numbers), tuple(numbers[:50]))


def test_marks_of_all_scripts_belong_to_words() -> None:
    """Every letter and combining mark of the basic plane's scripts is of `LETTERS`."""
    signs = [chr(code) for code in range(0xFE00) if unicodedata.category(chr(code)) in ("Lu", "Ll", "Lo", "Mn", "Mc")]
    assert [sign for sign in signs if not re.match(f"[{LETTERS}]", sign)] == []


LONG = [
    "a",
    "soo",
    "a ",
    "a'",
    "a-",
    "1.",
    "_",
    "😡",
    "\u200d",
    "&",
    "&amp;",
    "http://",
    "x.y/",
    "@a",
    "@",
    "a.b@",
    "'",
]


@pytest.mark.no_cover
@pytest.mark.parametrize("piece", LONG)
def test_time_is_linear_in_the_length(piece: str) -> None:
    """No text makes a pattern go back over it again and again."""
    assert_linear(clean, piece)

"""The language of texts that do not say it."""

from __future__ import annotations

import logging
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.scoring.detection import LanguageDetector
from pipeline.sources.files import file_source
from pipeline.sources.source import Unreadable
from tests.datasets import tables
from tests.paths import real_data

DETECTOR = LanguageDetector()
LANGUAGES = {
    "arabic": "ar", "english": "en", "french": "fr", "german": "de",
    "italian": "it", "portuguese": "pt", "spanish": "es",
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("Das ist wirklich schrecklich, nie wieder", "de"),
        ("@acme the flight was late again, thanks for nothing http://t.co/x", "en"),
        ("WHY IS THIS FLIGHT LATE AGAIN, NOBODY KNOWS", "en"),
        ("WHY IS THIS FLIGHT LATE AGAIN, NOBODY knows", "en"),
        ("¿Por qué siempre llega tarde? #acme", "es"),
    ],
)
def test_a_sentence(text: str, lang: str) -> None:
    """Names, links, signs and capitals do not count."""
    assert DETECTOR.detect(text) == lang


@pytest.mark.parametrize("text", ["", "good", "lol", "@acme", "http://t.co/x", "😡😡", "1234", "\x00", "\ud800"])
def test_too_little_to_tell(text: str) -> None:
    """A word says no language; nothing is raised for anything."""
    assert DETECTOR.detect(text) is None


@given(st.text(st.characters(), max_size=300))
def test_any_text(text: str) -> None:
    """A short tag or nothing."""
    lang = DETECTOR.detect(text)
    assert lang is None or 2 <= len(lang) <= 3


def test_a_long_text_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    """The library logs what it cuts."""
    with caplog.at_level(logging.DEBUG):
        assert DETECTOR.detect("this is a very long text about nothing at all " * 2_000) == "en"
    assert caplog.text == ""


def test_real_tweets_in_seven_languages() -> None:
    """At least four of five are recognised, and few are taken for English, which would score them."""
    for name, lang in LANGUAGES.items():
        texts = real_data(f"xlmt_umsab/{name}/test_text.txt").read_text(encoding="utf-8").splitlines()
        found = Counter(DETECTOR.detect(text) for text in texts)
        assert found[lang] / len(texts) > 0.8, (name, found.most_common(4))
        assert lang == "en" or found["en"] / len(texts) < 0.03, (name, found.most_common(4))


@pytest.mark.parametrize(
    ("file", "most"),
    [
        (tables.AIRLINE, 0.005),
        (tables.SEMEVAL, 0.01),
        (tables.COMPLAINTS, 0.01),
    ],
)
def test_english_stays_english(file: str, most: float) -> None:
    """So few English tweets are taken for another language and become unsupported."""
    texts = [item.text for item in file_source(real_data(file)) if not isinstance(item, Unreadable)][:15_000]
    others = sum(DETECTOR.detect(text) not in ("en", None) for text in texts)
    assert others / len(texts) < most

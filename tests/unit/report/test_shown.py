"""How the words of others and numbers are written on a page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.report.shown import MOST_CHARS, change, duration, link, share, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("two\nlines\tand\u2028more", "two lines and more"),
        ("a\x1b[2Jb\x00c", "a\\x1b[2Jb\\x00c"),
        ("safe \u202egnp.exe\u2066", "safe \\u202egnp.exe\\u2066"),
        ("Ac\u200bme Ac\u200dme", "Ac\\u200bme Ac\\u200dme"),
        ("👩\u200d💻 ❤\ufe0f\u200d🔥 👩🏽\u200d💻", "👩\u200d💻 ❤\ufe0f\u200d🔥 👩🏽\u200d💻"),
        ("\u200d", "\\u200d"),
        ("\ud800", "\\ud800"),
        ("naïve – 東京 شركة", "naïve – 東京 شركة"),
    ],
)
def test_what_controls_a_line_is_made_visible(text: str, shown: str) -> None:
    """As on a terminal; letters of any script and joined emoji stay as they are."""
    assert visible(text) == shown


@given(st.text())
def test_nothing_on_a_page_controls_it(text: str) -> None:
    """Whatever the text: all of it can be printed, but the joiner of emoji."""
    assert visible(text).replace("\u200d", "").isprintable()


@pytest.mark.parametrize("text", ["x" * (MOST_CHARS + 1), "x" + " " * 5 * MOST_CHARS + "y"])
def test_what_is_left_out_is_said(text: str) -> None:
    """A long text ends with an ellipsis; one that is just not too long does not."""
    assert visible(text).endswith("…")
    assert visible("x" * MOST_CHARS) == "x" * MOST_CHARS


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "javascript:alert(1)",
        " javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "//example.org/1",
        "https:",
        "https://[::1",
        "https://example.org/\u202e1",
        "java\nscript:alert(1)",
    ],
)
def test_a_link_leads_to_the_web_or_nowhere(url: str | None) -> None:
    """Nothing that a browser would run."""
    assert link(url) is None
    assert link("https://x.com/i/status/1") == "https://x.com/i/status/1"


def test_what_is_not_known_is_no_number() -> None:
    """A share of nothing is a dash; a change that is not known is nothing at all, and a small one is none."""
    assert (share(None), share(0.0), share(0.314)) == ("–", "0%", "31%")
    assert (change(None), change(-0.4), change(3.2), change(-12.0)) == ("", "±0 pp", "+3 pp", "-12 pp")


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(hours=24), "24 h"),
        (timedelta(days=7), "7 d"),
        (timedelta(minutes=90), "90 min"),
        (timedelta(seconds=1), "1 s"),
        (timedelta(hours=1), "1 h"),
    ],
)
def test_a_length_is_said_as_it_was_asked_for(length: timedelta, said: str) -> None:
    """A day is 24 h."""
    assert duration(length) == said

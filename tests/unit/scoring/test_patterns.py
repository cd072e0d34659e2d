"""URLs are told from words that merely hold a dot or a slash."""

from __future__ import annotations

import pytest

from pipeline.scoring.patterns import without_urls
from tests.unit.scoring.timing import assert_linear


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("see http://t.co/abc now", "see   now"),
        ("HTTPS://X.COM/a?b=1#c", " "),
        ("www.x.com WWW.X.COM", "   "),
        ("bbc.co.uk/news/av…", " …"),
        ("(t.co/a)", "( "),
        ("http://x.com/これは", " これは"),
        ("and/or 24/7 3.5/10 w/out", "and/or 24/7 3.5/10 w/out"),
        ("amazon.com is down/up", "amazon.com is down/up"),
        ("me@example.com/x", "me@example.com/x"),
    ],
)
def test_urls_go(text: str, left: str) -> None:
    """With a scheme, `www.` or a path it is a URL, up to where X ends it; a bare domain may be a brand's name."""
    assert without_urls(text) == left


@pytest.mark.no_cover
@pytest.mark.parametrize("piece", ["a", "a.", "a-", "-", ".", "ab.cd.", "@a.", "http", "http:/", "w", "/"])
def test_time_is_linear_in_the_length(piece: str) -> None:
    """Also where a text with a slash is full of what might begin a URL."""
    assert_linear(lambda text: without_urls("/ www. " + text), piece)

"""Character references in texts of any source."""

from __future__ import annotations

from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.unescaped import unescaped


@given(st.text("&#xX0159;aflt \u0660é"))
def test_it_is_what_html_says(text: str) -> None:
    """Wherever the library does not raise."""
    assert unescaped(text) == unescape(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("&#" + "9" * 5_000, "\ufffd"),
        ("&#" + "9" * 5_000 + ";!", "\ufffd!"),
        ("&#" + "0" * 5_000 + "65;", "A"),
        ("&#" + "0" * 5_000, "\ufffd"),
        ("&#x" + "f" * 5_000 + ";", "\ufffd"),
        ("&#00000065;&#1114112;&#1114111;", "A\ufffd"),
    ],
)
def test_a_number_of_thousands_of_digits_is_no_character(text: str, expected: str) -> None:
    """The library raises there."""
    assert unescaped(text) == expected

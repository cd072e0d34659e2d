"""HTML's character references → the characters, for text that anybody may have written. Pure."""

from __future__ import annotations

import re
from html import unescape

_LEADING_ZEROS = re.compile(r"(?<=&#)0++(?=[0-9])")
_BEYOND_UNICODE = re.compile(r"&#[0-9]{8,}+;?")


def unescaped(text: str) -> str:
    """As `html.unescape`, which raises ValueError for a number of thousands of digits.

    >>> unescaped("R&amp;D &#39;ok&#39;")
    "R&D 'ok'"
    """
    if "&" not in text:
        return text
    if "&#" in text:
        text = _BEYOND_UNICODE.sub("\ufffd", _LEADING_ZEROS.sub("", text))
    return unescape(text)

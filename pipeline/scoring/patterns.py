"""Words, URLs and mentions as regular expressions that follow X's published conformance tests.

All of them take time linear in the text's length: every unbounded repeat is possessive or ends the match.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import groupby

EMOJI_PARTS = "\u200d\u20e3\ufe0e\ufe0f"
"""Characters that join or modify emoji. Unicode counts some of them as combining marks."""


def _marks() -> str:
    """The combining marks of the basic plane as ranges for [ ], without those that only dress emoji."""
    marks = [code for code in range(0x300, 0xFE00) if unicodedata.category(chr(code)) in ("Mn", "Mc")]
    runs = [list(run) for _, run in groupby(enumerate(marks), key=lambda mark: mark[1] - mark[0])]
    return "".join(f"{chr(run[0][1])}-{chr(run[-1][1])}" for run in runs)


LETTERS = r"\w" + _marks()
"""For use inside [ ]. `\\w` alone leaves out the vowel signs of Hindi, Thai and many other scripts."""

URL = re.compile(
    r"(?i:https?://|www\.|(?<![\w.@-])(?:[a-z0-9-]{1,63}+\.){1,8}[a-z]{2,24}/)"
    r"[!-~\u00a1-\u04ff]*+"
)
"""With a scheme, or `www.`, or a path. A bare `example.com` stays: it may well be a brand's name."""

# What may stand before the sign is asked behind it: a pattern that starts with a sign is searched for much faster.
MENTION = re.compile(
    r"[@＠](?:(?<![A-Za-z0-9_!#$%&*@＠].)|(?<=\b[Rr][Tt].))"
    r"([A-Za-z0-9_]{1,20}+)(?![@＠\u00c0-\u024f]|://)"
)


def without_urls(text: str) -> str:
    """The text with a space in each URL's place."""
    if "/" not in text and "www." not in text.lower():
        return text
    return URL.sub(" ", text)

"""Decides which languages are scored. An unknown language is not neutral, and not unsupported either."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import TypeGuard

UNKNOWN = re.compile(r"und|zxx|art|q..")
"""X's codes for "can't tell": `qme` is media only, `qht` hashtags only, and so on."""


def is_known(lang: str | None) -> TypeGuard[str]:
    """True if a tag names a language."""
    return lang is not None and lang != "" and UNKNOWN.fullmatch(primary_of(lang)) is None


def primary_of(lang: str) -> str:
    """The primary tag, lower-case.

    >>> primary_of("en_GB")
    'en'
    """
    return lang.lower().replace("_", "-").partition("-")[0]


def speaks(lang: str | None, languages: Collection[str], only: Collection[str] | None = None) -> bool:
    """True if a text in `lang` is to be scored: its language is spoken and wanted, or nobody knows it.

    Args:
        lang: BCP 47 tag or X's code; regions don't count (`en-GB` is `en`).
        languages: the scorer's, as primary tags in lower case; empty: it speaks every language.
        only: the wanted ones of these; None: all.
    """
    if not is_known(lang):
        return True
    primary = primary_of(lang)
    return (not languages or primary in languages) and (only is None or primary in only)

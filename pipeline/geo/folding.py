"""Names of places as they are compared: without case, accents and punctuation. Pure, in linear time."""

from __future__ import annotations

import re
import unicodedata

MOST_CHARS = 100
"""Of a profile's text. X allows 30; a longer text than this one tells a story, and names no single place."""

MOST_PARTS = 4
MOST_WORDS = 6
"""Of a part: the longest names of cities in the gazetteer that people write have as many."""

_LISTS = r"[/|;•·&+]|--|\s[-–—]|[-–—]\s"
_OF_LISTS = re.compile(_LISTS)
_BETWEEN = re.compile(rf"[,\n()]|{_LISTS}")
_INSIDE_WORDS = re.compile(r"['’ʼ`.]")
_NOT_WORDS = re.compile(r"[\W_]+")


def folded(text: str) -> str:
    """The text in small letters without accents, with single spaces for whatever is neither a letter nor a digit.

    >>> folded("  Saint-Étienne!"), folded("Washington D.C."), folded("Coeur d'Alene")
    ('saint etienne', 'washington dc', 'coeur dalene')
    """
    joined = _INSIDE_WORDS.sub("", text)
    if joined.isascii():
        return _NOT_WORDS.sub(" ", joined.lower()).strip()
    apart = unicodedata.normalize("NFKD", joined.casefold())
    # Marks before the other signs: a mark is no letter, and would split its word.
    plain = "".join(char for char in apart if not unicodedata.combining(char))
    return _NOT_WORDS.sub(" ", unicodedata.normalize("NFC", plain)).strip()


def is_list(text: str) -> bool:
    """True where slashes, dashes and the like stand between names, as they do between places rather than within one.

    >>> is_list("NYC / LA"), is_list("Boston, MA"), is_list("Stratford-upon-Avon")
    (True, False, False)
    """
    return bool(_OF_LISTS.search(text))


def parts_of(text: str) -> list[str]:
    """The pieces between commas, slashes and the like, as they are written; none where there are too many.

    >>> parts_of("Boston, MA"), parts_of("NYC / LA"), parts_of(", ")
    (['Boston', 'MA'], ['NYC', 'LA'], [])
    """
    parts = [stripped for part in _BETWEEN.split(text) if (stripped := part.strip())]
    return parts if len(parts) <= MOST_PARTS else []

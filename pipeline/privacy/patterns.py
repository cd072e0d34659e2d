"""E-mail addresses, phone numbers, handles and profiles' addresses in texts.

All of them take time linear in the text's length: every unbounded repeat is possessive, all others have small bounds.
Where it is not clear what a number is, it stays: ids, dates, prices and times must not be damaged.
"""

from __future__ import annotations

import re

from pipeline.scoring.patterns import URL

EMAIL = r"(?<![\w.+%'@＠-])[\w.+%'-]{1,64}+[@＠](?:[\w-]{1,63}+\.){1,8}\w{2,24}"

_START, _END = r"(?<![\w@#＠＃$€£%+.,/-])(?<!\d:)", r"(?![\w@＠%€$£]|[.,:/-]\d)"
_GAP = r"[ \u00a0.()/-]{0,3}"
_PHONES = (
    rf"(?<![\w@+.])\+[1-9](?:{_GAP}\d){{7,14}}+(?!\d)",  # +49 30 1234567
    rf"{_START}00[1-9](?:{_GAP}\d){{7,13}}+(?!\d)",  # 0049 30 1234567
    rf"{_START}(?:1[ .-])?(?:\([2-9]\d\d\)[ -]?|[2-9]\d\d[ .-])[2-9]\d\d[ .-]\d{{4}}{_END}",  # (555) 234-5678
    rf"{_START}0[1-9]\d{{0,3}}(?:(?: \d\d){{4}}|(?:[.]\d\d){{4}}){_END}",  # 01 23 45 67 89
    rf"{_START}(?:\(0[1-9]\d{{0,4}}\)|0[1-9]\d{{0,4}})(?: ?[/-] ?| )\d{{3,8}}(?:[ -]\d{{3,8}}){{0,2}}+{_END}",
    rf"{_START}0[1-9]\d{{8,10}}{_END}",  # 03012345678
)
PHONE = "|".join(_PHONES)

HANDLE = r"[@＠]\w++(?:(?:[.-]\w++)*+@[\w-]++(?:\.[\w-]++)++)?+"
"""Wider than what X calls a mention: also `@ann@example.social`, and whatever is not well set apart."""

LINK = URL.pattern

PROFILE = re.compile(
    r"((?:twitter|x)\.com/(?:#!/)?)(?!(?:i|search|hashtag|intent|home|explore|share|login|tos|privacy)(?:[/?#]|$))\w++"
    r"|(/users/|/p/)[\w.-]++",
    re.IGNORECASE,
)
STATUS = re.compile(r"https?://(?:\w{1,20}\.)?(?:twitter|x)\.com/[^/?#]{1,60}/status/(\d{1,20})", re.IGNORECASE)

SHAPES = {"link": LINK, "email": EMAIL, "phone": PHONE, "handle": HANDLE}
"""In this order: what is in a link is no phone number, and the end of an address no handle."""

HINTS = {
    "link": re.compile(r"://|www\.|[a-z]/", re.IGNORECASE),
    "email": re.compile(r"[\w.+%'-][@＠][\w-]"),
    "phone": re.compile(r"(?:\d[^\d\n]{0,3}){7}\d"),
    "handle": re.compile(r"[@＠]"),
}
"""Is in each of the shapes, and quickly seen to be absent."""


def is_phone(found: str) -> bool:
    """True if a candidate has as many digits as a phone number, and is neither a date nor a round sum."""
    digits = "".join(filter(str.isdigit, found))
    national = found.lstrip("(")[0] == "0"
    return (9 if national else 8) <= len(digits) <= 15 and not digits.endswith("00000") and not _DATE.match(found)


_DATE = re.compile(r"\d{1,2}[./ -]\d{1,2}[./ -](?:19|20)\d\d(?!\d)")

"""Whether a scorer speaks a tweet's language. Unknown is not neutral, and not unsupported either."""

from __future__ import annotations

import re
from collections.abc import Collection

UNKNOWN = re.compile(r"und|zxx|art|q..")
"""X's codes for "can't tell": `qme` is media only, `qht` hashtags only, and so on."""


def speaks(lang: str | None, languages: Collection[str]) -> bool:
    """Whether a text in `lang` is to be scored: its language is one of `languages`, or nobody knows it.

    Args:
        lang: BCP 47 tag or X's code; regions don't count (`en-GB` is `en`).
        languages: primary tags, lower-case.
    """
    if not lang:
        return True
    primary = lang.lower().replace("_", "-").partition("-")[0]
    return primary in languages or UNKNOWN.fullmatch(primary) is not None

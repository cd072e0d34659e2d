"""Whether a scorer speaks a tweet's language. Unknown is not neutral, and not unsupported either."""

from __future__ import annotations

import re
from collections.abc import Collection

UNKNOWN = re.compile(r"und|zxx|art|q..")
"""X's codes for "can't tell": `qme` is media only, `qht` hashtags only, and so on."""


def speaks(lang: str | None, languages: Collection[str], only: Collection[str] | None = None) -> bool:
    """Whether a text in `lang` is to be scored: its language is spoken and wanted, or nobody knows it.

    Args:
        lang: BCP 47 tag or X's code; regions don't count (`en-GB` is `en`).
        languages: the scorer's, as primary tags in lower case; empty: it speaks every language.
        only: the wanted ones of these; None: all.
    """
    if not lang:
        return True
    primary = lang.lower().replace("_", "-").partition("-")[0]
    if UNKNOWN.fullmatch(primary):
        return True
    return (not languages or primary in languages) and (only is None or primary in only)

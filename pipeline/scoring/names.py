"""What of a text is scored: a name is not a feeling.

VADER's lexicon holds "united" (+1.8), so that every tweet to that airline would be a little positive. Mentions
are left out of what is scored, and so are tracked entities' names that are words of the lexicon.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable

from pipeline.scoring.patterns import LETTERS, MENTION


class FeelingNames:
    """Those names of tracked entities that a scorer would take for feelings.

    Args:
        keywords: of the tracked entities; a leading '@' or '#' does not count.
        feelings: the lexicon's words, lower-case. A phrase is left out for one word of them.
    """

    def __init__(self, keywords: Iterable[str] = (), feelings: Container[str] = ()) -> None:
        names = [keyword.lstrip("@#").lower().split() for keyword in keywords]
        names = [name for name in names if any(word in feelings for word in name)]
        self._first_words = {name[0] for name in names}
        # The longest first: "best buy" goes as a whole, where "best" is a name too.
        phrases = sorted((r"\s+".join(map(re.escape, name)) for name in names), key=len, reverse=True)
        self._pattern = re.compile(rf"#?(?<![{LETTERS}])(?:{'|'.join(phrases)})(?![{LETTERS}])", re.IGNORECASE)

    def left_out_of(self, text: str) -> str:
        """The text with a space in each name's place."""
        lower = text.lower()
        if not any(word in lower for word in self._first_words):
            return text
        return self._pattern.sub(" ", text)


NO_NAMES = FeelingNames()


def scored_text(text: str, names: FeelingNames = NO_NAMES) -> str:
    """The text without mentions and names.

    >>> scored_text("@united I love it")
    '  I love it'
    """
    return names.left_out_of(MENTION.sub(" ", text))

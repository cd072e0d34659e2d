"""Leaves names out of the text that is scored: a name is not a feeling.

VADER's lexicon holds "united" (+1.8), so that every tweet to that airline would be a little positive. Mentions
are left out of what is scored, and so are tracked entities' names that are words of the lexicon.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator

from pipeline.scoring.patterns import LETTERS, MENTION

FEW = 16
"""So many names are looked for one by one, which is faster than to look every word of a text up."""

_RUN = re.compile(rf"[{LETTERS}]++")
# `re.IGNORECASE` takes these two for an i, and casefolding does not.
_DOTS = str.maketrans("İı", "ii")


class FeelingNames:
    """Those names of tracked entities that a scorer would take for feelings; how many they are costs nothing.

    Names are found by what each begins with, up to its first sign that is no letter: that is a whole run of letters
    in a text, and is looked up. Only names that begin so are held to the text.

    Args:
        keywords: of the tracked entities; a leading '@' or '#' does not count.
        feelings: the lexicon's words, lower-case. A phrase is left out for one word of them.
    """

    def __init__(self, keywords: Iterable[str] = (), feelings: Container[str] = ()) -> None:
        names = [keyword.lstrip("@#").lower().split() for keyword in keywords]
        by_start: defaultdict[str, list[str]] = defaultdict(list)
        for name in names:
            if any(word in feelings for word in name):
                by_start[_start(name[0])].append(r"\s+".join(map(re.escape, name)))
        self._names = {start: re.compile(_any_of(phrases), re.IGNORECASE) for start, phrases in by_start.items()}
        signs = "".join(re.escape(start) for start in by_start if not _RUN.match(start))
        self._starts = re.compile(rf"[{LETTERS}]++" + (rf"|(?<![{LETTERS}])[{signs}]" if signs else ""))
        everything = _any_of([phrase for phrases in by_start.values() for phrase in phrases])
        few = len(by_start) <= FEW
        self._few = re.compile(rf"#?(?<![{LETTERS}]){everything}", re.IGNORECASE) if few else None

    def left_out_of(self, text: str) -> str:
        """The text with a space in each name's place."""
        if not self._names:
            return text
        folded = _folded(text)
        if self._few:
            # Searching for the starts is much faster than the pattern, and most texts hold none of them.
            return self._few.sub(" ", text) if any(start in folded for start in self._names) else text
        if self._names.keys().isdisjoint(self._starts.findall(folded)):
            return text
        return "".join(self._parts(text))

    def _parts(self, text: str) -> Iterator[str]:
        done = at = 0
        while start := self._starts.search(text, at):
            at = start.end()
            names = self._names.get(_folded(start[0]))
            if names and (name := names.match(text, start.start())):
                # The sign of a tag is left out with the name behind it.
                tag = start.start() > done and text[start.start() - 1] == "#"
                yield text[done : start.start() - tag] + " "
                done = at = name.end()
        yield text[done:]


def _any_of(phrases: list[str]) -> str:
    # The longest first: "best buy" goes as a whole, where "best" is a name too.
    return rf"(?:{'|'.join(sorted(phrases, key=len, reverse=True))})(?![{LETTERS}])"


def _start(word: str) -> str:
    run = _RUN.match(word)
    return _folded(run[0]) if run else word[0]


def _folded(text: str) -> str:
    """Equal for what `re.IGNORECASE` takes for equal."""
    return text.lower() if text.isascii() else text.translate(_DOTS).casefold()


NO_NAMES = FeelingNames()


def scored_text(text: str, names: FeelingNames = NO_NAMES) -> str:
    """The text without mentions and names.

    >>> scored_text("@united I love it")
    '  I love it'
    """
    return names.left_out_of(MENTION.sub(" ", text))

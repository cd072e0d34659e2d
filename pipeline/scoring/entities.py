"""Finds the names in a tweet: hashtags and mentions as X reads them, and tracked entities."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice

from pipeline.domain.unescaped import unescaped
from pipeline.scoring.cache import TokenCache
from pipeline.scoring.patterns import LETTERS, MENTION, without_urls

JOINERS = "\u00b7\u05be\u05f3\u05f4\u0f0b\u0f0c\u200c\u200d\u3003\u301c\u309b\u309c\u30a0\u30fb\ua67e\uff5e"
"""No letters, and yet part of a hashtag."""

HASHTAG = re.compile(
    rf"[#＃](?<![{LETTERS}{JOINERS}&].)"
    rf"(?![\d_{JOINERS}]++(?![{LETTERS}]))"
    rf"([{LETTERS}{JOINERS}]++)"
    r"(?![#＃]|://)"
)
MAX_NAMES = 200
MAX_NAME_CHARS = 512
"""As long as the mapping finds them again. A text of nothing but names would else be many times its own size."""

TOKEN = re.compile(rf"[{LETTERS}]++(?:@[{LETTERS}]++)?|\S")
"""A word, an e-mail address up to its first dot (it names nobody), or a single sign."""


def hashtags(text: str) -> tuple[str, ...]:
    """The distinct hashtags, lower-cased, without '#', in the order of the text. None inside a URL or a word.

    At most 200, of at most 512 characters.
    """
    if "#" not in text and "＃" not in text:
        return ()
    return _distinct(HASHTAG.findall(without_urls(text)))


def mentions(text: str) -> tuple[str, ...]:
    """The distinct handles, without '@', in the order of the text, at most 200; lower-cased, since X compares so."""
    if "@" not in text and "＠" not in text:
        return ()
    return _distinct(MENTION.findall(without_urls(text)))


def _distinct(names: Sequence[str]) -> tuple[str, ...]:
    # Measured in lower case, where one letter may become two.
    short = (lower for name in names if len(lower := name.lower()) <= MAX_NAME_CHARS)
    return tuple(islice(dict.fromkeys(short), MAX_NAMES))


@dataclass(slots=True)
class _Node:
    entities: list[str] = field(default_factory=list)
    after: dict[str, _Node] = field(default_factory=dict)


class EntityFinder:
    """Finds tracked entities by their keywords, in one pass whatever the number of keywords.

    A keyword is a word, a phrase, a `@handle` or a `#tag`; case does not matter, and it matches whole words
    only. A plain word also matches as handle or tag; nothing matches inside a URL or an e-mail address.

    Args:
        entities: entity → its keywords.
    """

    def __init__(self, entities: Mapping[str, Sequence[str]]) -> None:
        self._root = _Node()
        self._tokens = TokenCache(_tokens)
        for entity, keywords in entities.items():
            for keyword in keywords:
                self._add(entity, _tokens(keyword))

    def find(self, text: str) -> tuple[str, ...]:
        """The entities that the text names, each once, in the order of their first keyword."""
        if not self._root.after:
            return ()
        tokens = list(chain.from_iterable(map(self._tokens.__getitem__, text.split())))
        # Only tokens that begin a keyword are followed further, and most texts have none.
        starts = [place for place, token in enumerate(tokens) if token in self._root.after]
        return tuple(dict.fromkeys(entity for place in starts for entity in self._named_at(tokens, place)))

    def _add(self, entity: str, tokens: Sequence[str]) -> None:
        node = self._root
        for token in tokens:
            node = node.after.setdefault(token, _Node())
        if tokens and entity not in node.entities:
            node.entities.append(entity)

    def _named_at(self, tokens: Sequence[str], place: int) -> Iterator[str]:
        node: _Node | None = self._root.after[tokens[place]]
        while node:
            yield from node.entities
            place += 1
            node = node.after.get(tokens[place]) if place < len(tokens) else None


def _tokens(text: str) -> list[str]:
    return TOKEN.findall(without_urls(unescaped(text)).replace("’", "'").casefold())

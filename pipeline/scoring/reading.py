"""Texts as trained models read them: tokens by number, with hashes, negations, and numbers about feelings and emphasis.

The same code reads for training and for serving. What was read of a token is remembered, within bounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from hashlib import blake2b
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from pipeline.scoring.cache import MAX_TOKEN_CHARS
from pipeline.scoring.names import scored_text
from pipeline.scoring.tokens import Token, tokens_of
from pipeline.scoring.vader import Vader

Hashes = NDArray[np.uint64]
Floats = NDArray[np.float64]
Places = NDArray[np.int64]

MAX_TOKENS = 65_536

FACTS = ("negates", "ends", "shouted", "drawn_out", "exclaims", "asks", "tag", "link", "person", "positive", "negative")
"""The columns of facts about a token."""

_SUMMED = FACTS[2:9]
NUMBERS = (
    *("compound", "positive", "neutral", "negative", "strength", "square", "none"),
    *_SUMMED,
    *("words", "praise", "praise_negated", "blame", "blame_negated", "praise_late", "blame_late"),
)
"""The columns of numbers about a text."""

_ODD = 0x9E3779B97F4A7C15
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
BASE = np.uint64(0x100000001B3)
WORD, CHARS = 1, 100


@dataclass(frozen=True, slots=True)
class Recipe:
    """The features that a model reads of a text. Models of the same recipe share one reading.

    Attributes:
        words: the longest n-gram of words.
        skip: pairs of words with one between them, too.
        chars: the shortest and the longest n-gram of characters, within a word and its ends.
        numbers: what VADER's numbers and the counts are multiplied by.
    """

    words: int = 2
    skip: bool = False
    chars: tuple[int, int] = (2, 5)
    numbers: float = 1.0


@dataclass(eq=False)
class TokenTable:
    """The tokens met so far, by number; grows while it is read with, and is replaced by an empty one when full.

    Attributes:
        chunks: chunk without whitespace → the numbers of its tokens.
        numbers: token → its number.
        words: number → hash of the word.
        facts: number → what the columns of `FACTS` say (tokens × facts).
        grams: the hashes of the characters' n-grams of all tokens, one after the other.
        starts: number → where its n-grams begin in `grams`; one more for the end.
    """

    recipe: Recipe
    chunks: dict[str, tuple[int, ...]] = field(default_factory=dict)
    numbers: dict[Token, int] = field(default_factory=dict)
    tokens: list[Token] = field(default_factory=list)
    words: Hashes = field(default_factory=lambda: np.empty(0, np.uint64))
    facts: Floats = field(default_factory=lambda: np.zeros((0, len(FACTS)), np.float64))
    grams: Hashes = field(default_factory=lambda: np.empty(0, np.uint64))
    starts: Places = field(default_factory=lambda: np.zeros(1, np.int64))

    def of_text(self, text: str) -> list[int]:
        """The numbers of a text's tokens."""
        return list(chain.from_iterable(map(self._of_chunk, text.split())))

    def _of_chunk(self, chunk: str) -> tuple[int, ...]:
        found = self.chunks.get(chunk)
        if found is None:
            found = tuple(self._number(token) for token in tokens_of(chunk))
            # A long chunk is hardly ever met again, and would only take memory.
            if len(chunk) <= MAX_TOKEN_CHARS:
                self.chunks[chunk] = found
        return found

    def _number(self, token: Token) -> int:
        number = self.numbers.setdefault(token, len(self.tokens))
        if number == len(self.tokens):
            self.tokens.append(token)
        return number

    def complete(self) -> None:
        """Read what is new: hashes, facts and characters of all new tokens at once."""
        new = self.tokens[len(self.words) :]
        if not new:
            return
        grams, counts = _char_grams([token.spelling for token in new], *self.recipe.chars)
        self.words = np.concatenate([self.words, np.array([_hash_of(token.word) for token in new], np.uint64)])
        self.facts = np.concatenate([self.facts, np.array([_facts(token) for token in new])])
        self.grams = np.concatenate([self.grams, grams])
        self.starts = np.concatenate([self.starts, self.starts[-1] + np.cumsum(counts)])


@dataclass(frozen=True)
class Reading:
    """Texts, read.

    Attributes:
        table: the tokens.
        ids: the texts' tokens by number, one text after the other.
        starts: where each text begins in `ids`; one more for the end.
        negated: whether a token stands behind a negation.
        numbers: texts × `NUMBERS`.
    """

    table: TokenTable
    ids: Places
    starts: Places
    negated: NDArray[np.bool_]
    numbers: Floats

    @property
    def rows(self) -> Places:
        """Each token's text."""
        return np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))


class Reader:
    """Reads texts by a recipe. It remembers tokens, within bounds."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self._table = TokenTable(recipe)
        self._vader = Vader()
        self._kept: tuple[tuple[str, ...], Reading] | None = None

    def read(self, texts: Sequence[str]) -> Reading:
        """Texts of any content, even empty ones. The same tuple again, for another model, is read once."""
        if self._kept is not None and self._kept[0] is texts:
            return self._kept[1]
        reading = self._read(texts)
        # Only a tuple can't have been changed when it comes again.
        self._kept = (texts, reading) if isinstance(texts, tuple) else None
        return reading

    def _read(self, texts: Sequence[str]) -> Reading:
        # Replaced as a whole: numbers are places in arrays, so a single token can't be taken out.
        if len(self._table.tokens) > MAX_TOKENS or len(self._table.chunks) > MAX_TOKENS:
            self._table = TokenTable(self.recipe)
        table = self._table
        ids = [table.of_text(text) for text in texts]
        table.complete()
        starts = np.concatenate([[0], np.cumsum([len(one) for one in ids])]).astype(np.int64)
        flat = np.fromiter(chain.from_iterable(ids), np.int64, starts[-1])
        facts = table.facts[flat]
        negated = _negated(facts, starts)
        numbers = np.hstack([self._felt(texts), _counts(facts, negated, starts)]) * self.recipe.numbers
        return Reading(table, flat, starts, negated, numbers)

    def _felt(self, texts: Sequence[str]) -> Floats:
        said = [self._vader.score(scored_text(text)) for text in texts]
        felt: Floats = np.array([(one.compound, one.positive, one.neutral, one.negative) for one in said]).reshape(
            -1, 4
        )
        compound = felt[:, :1]
        # A linear model can't make these of `compound` itself.
        numbers: Floats = np.hstack([felt, np.abs(compound), compound**2, compound == 0])
        return numbers


@cache
def reader_of(recipe: Recipe) -> Reader:
    """This process's reader of a recipe."""
    return Reader(recipe)


def _facts(token: Token) -> tuple[float, ...]:
    return (
        *(float(getattr(token, name)) for name in FACTS[:9]),
        max(token.valence, 0.0),
        max(-token.valence, 0.0),
    )


def _negated(facts: Floats, starts: Places) -> NDArray[np.bool_]:
    """True for tokens that follow a negation with no end of a clause between them."""
    here = np.arange(len(facts))
    # `maximum.accumulate` carries the last place of each kind on to all tokens behind it.
    ends = np.where(facts[:, FACTS.index("ends")] > 0, here, -1)
    negates = np.where(facts[:, FACTS.index("negates")] > 0, here, -1)
    begins = np.repeat(starts[:-1], np.diff(starts))
    # The beginning of a text ends a clause, too.
    last_end = np.maximum(np.maximum.accumulate(ends), begins - 1) if len(here) else ends
    # Shifted by one, because a negation does not negate itself.
    last_negation = np.maximum.accumulate(np.concatenate([[-1], negates]))[:-1]
    negated: NDArray[np.bool_] = last_negation > last_end
    return negated


def _counts(facts: Floats, negated: NDArray[np.bool_], starts: Places) -> Floats:
    positive, negative = facts[:, -2], facts[:, -1]
    rows = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    late = np.arange(len(facts)) >= ((starts[:-1] + starts[1:]) // 2)[rows]
    columns = [
        *(facts[:, FACTS.index(name)] for name in _SUMMED),
        np.ones(len(facts)),
        *(positive * ~negated, positive * negated, negative * ~negated, negative * negated),
        *(positive * late, negative * late),
    ]
    sums = np.column_stack([np.bincount(rows, column, len(starts) - 1) for column in columns])
    # Counts have no upper end, and would outweigh the n-grams, whose vectors have length 1.
    squashed: Floats = np.log1p(sums) / 2
    return squashed


def _hash_of(word: str) -> int:
    # Not `hash`, which differs from process to process.
    return int.from_bytes(blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def mixed(hashes: Hashes, kind: int) -> Hashes:
    """The hashes spread over all bits, differently for each kind (splitmix64)."""
    found = hashes + np.uint64(_ODD * kind % 2**64)
    found = (found ^ (found >> np.uint64(30))) * _MIX[0]
    found = (found ^ (found >> np.uint64(27))) * _MIX[1]
    return found ^ (found >> np.uint64(31))


def _char_grams(spellings: Sequence[str], shortest: int, longest: int) -> tuple[Hashes, Places]:
    """The n-grams of each spelling, and how many each has."""
    encoded = "".join(spellings).encode("utf-32-le", "surrogatepass")
    # One more, since a character with the code 0 would leave the hash of its n-gram as it was.
    codes = np.frombuffer(encoded, np.uint32).astype(np.uint64) + np.uint64(1)
    lengths = np.array([len(one) for one in spellings], np.int64)
    owners = np.repeat(np.arange(len(spellings)), lengths)
    rolling = np.zeros(len(codes), np.uint64)
    found, whose = [], []
    for size in range(1, longest + 1):
        usable = max(len(codes) - size + 1, 0)
        # Each hash is that of the n-gram which is one character shorter, with the next character added.
        rolling = rolling[:usable] * BASE + codes[size - 1 :]
        if size >= shortest:
            # All spellings stand in one array, so only n-grams that begin and end in the same one count.
            inside = owners[:usable] == owners[size - 1 :]
            found.append(mixed(rolling[inside], CHARS + size))
            whose.append(owners[:usable][inside])
    owner = np.concatenate(whose)
    order = np.argsort(owner, kind="stable")
    return np.concatenate(found)[order], np.bincount(owner, minlength=len(spellings))

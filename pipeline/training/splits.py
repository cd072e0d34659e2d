"""Splits rows into training and held-out ones, by time or by group. Pure, and the same in every run.

No row is held out at random: where ids or texts repeat, that measures memory. A row's side depends on nothing but its
own group (or time), and what nearly repeats a held-out text is not trained on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ConfigError
from pipeline.training.labelled import Row
from pipeline.training.seen import normalised

Way = Literal["auto", "time", "group"]

TIMED = 0.95
"""Time splits only sets of which so many rows have one."""

SIMILAR = 0.6
"""Two texts nearly repeat one another from this Jaccard similarity of their words and pairs of words on."""

_BANDS, _ROWS = 12, 3
"""Found with a probability of 1 − (1 − s³)¹²: 95 % of pairs at s = 0.6, and more above."""

_SHORTEST = 4
"""Texts of fewer words repeat one another only when they are equal."""


@dataclass(frozen=True, slots=True)
class Split:
    """Rows to train on and rows to measure on.

    Attributes:
        how: in words, for the report.
        training, held_out: the rows.
        repeats: how many rows are on neither side, since they (nearly) repeat a held-out text.
    """

    how: str
    training: tuple[Row, ...]
    held_out: tuple[Row, ...]
    repeats: int


def split(rows: Sequence[Row], way: Way = "auto", held_out: float = 0.2) -> Split:
    """Hold out a share of the rows.

    Args:
        rows: of any order; the sides are in the order of their keys.
        way: `time` holds out the latest rows, `group` those whose group's hash says so; `auto` takes time where
            the rows have times.
        held_out: the share, 0…1.

    Raises:
        ConfigError: the rows have no times, or one side would be empty.
    """
    timed = [row for row in rows if row.written is not None]
    if way == "time" and len(timed) < TIMED * len(rows):
        raise ConfigError(f"only {len(timed):,} of {len(rows):,} rows have a time: take --split group")
    if way == "group" or len(timed) < TIMED * len(rows):
        later = [fraction_of(row.group) < held_out for row in rows]
        how = f"by group: {held_out:.0%} of the ids, by their hash"
    else:
        cut = sorted(row.written.timestamp() for row in timed if row.written)[int(len(timed) * (1 - held_out))]
        later = [row.written is not None and row.written.timestamp() >= cut for row in rows]
        how = f"by time: the last {held_out:.0%}"
    sides = (
        [row for row, out in zip(rows, later, strict=True) if not out],
        [row for row, out in zip(rows, later, strict=True) if out],
    )
    return apart(*sides, how)


def apart(training: Sequence[Row], held_out: Sequence[Row], how: str) -> Split:
    """The split into these rows, without those to train on that are held out too, by group or by (nearly) equal text.

    Raises:
        ConfigError: a side is empty.
    """
    # With the keys, because a tweet that is in a group in one file may stand by itself in another.
    groups = {row.group for row in held_out} | {row.key for row in held_out}
    strangers = [row for row in training if row.group not in groups and row.key not in groups]
    # They leave the training rows and not the held-out ones, which must not depend on what a model is trained on.
    repeats = near_repeats([row.text for row in strangers], [row.text for row in held_out])
    kept = [row for row, repeat in zip(strangers, repeats, strict=True) if not repeat]
    if not kept or not held_out:
        raise ConfigError(
            f"there are {len(kept):,} rows to train on and {len(held_out):,} to measure on: give more data"
        )
    in_order = tuple(sorted(kept, key=_key)), tuple(sorted(held_out, key=_key))
    return Split(how, *in_order, repeats=len(training) - len(kept))


def folds(rows: Sequence[Row], count: int) -> list[int]:
    """The fold of each row, 0…count − 1: rows of one group are in one fold."""
    return [int(fraction_of(f"fold {row.group}") * count) for row in rows]


def fraction_of(group: str) -> float:
    """A number in 0…1 that a group always has."""
    # A hash, not a draw: a group is on the same side in every training, so two versions share their held-out rows.
    return int.from_bytes(blake2b(group.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big") / 2**64


def near_repeats(texts: Sequence[str], others: Sequence[str]) -> NDArray[np.bool_]:
    """A mask of the texts that (nearly) repeat another one: equal when folded, or alike in words and pairs."""
    plain, plain_others = [_words(text) for text in texts], [_words(text) for text in others]
    known = {" ".join(words) for words in plain_others}
    found = np.array([" ".join(words) in known for words in plain], np.bool_)
    shingles = [_shingles(words) for words in plain_others]
    buckets: dict[tuple[int, int], list[int]] = {}
    for place, bands in enumerate(_signatures(shingles)):
        for band in bands:
            buckets.setdefault(band, []).append(place)
    mine = [_shingles(words) for words in plain]
    for place, bands in enumerate(_signatures(mine)):
        if not found[place]:
            candidates = {other for band in bands for other in buckets.get(band, ())}
            found[place] = any(_alike(mine[place], shingles[other]) for other in candidates)
    return found


def _key(row: Row) -> str:
    return row.key


def _words(text: str) -> list[str]:
    """The words of a text, without digits: what differs only in a number is the same."""
    bare = "".join(" " if sign.isdigit() or sign == "_" else sign for sign in normalised(text))
    return bare.split() or normalised(text).split()


def _shingles(words: list[str]) -> frozenset[str]:
    if len(words) < _SHORTEST:
        return frozenset()
    return frozenset(words) | {f"{one} {two}" for one, two in pairwise(words)}


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    return len(one & other) >= SIMILAR * len(one | other)


def _signatures(sets: Sequence[frozenset[str]]) -> list[list[tuple[int, int]]]:
    """MinHash signatures of the sets, as (band, hash of it): alike sets have one in common; empty ones have none."""
    numbers: dict[str, int] = {}
    flat = [numbers.setdefault(one, len(numbers)) for each in sets for one in each]
    # Each distinct word is hashed once, because texts share most of them.
    bases = np.array([_hash(one) for one in numbers], np.uint64)
    filled = [place for place, each in enumerate(sets) if each]
    found: list[list[tuple[int, int]]] = [[] for _ in sets]
    if not filled:
        return found
    lengths = [len(sets[place]) for place in filled]
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    hashes = bases[np.array(flat)]
    # One seed for all runs: both sides of a split must be hashed alike, and the same rows be found each time.
    draw = np.random.default_rng(1)
    bands = np.zeros((len(filled), _BANDS), np.uint64)
    for number in range(_BANDS * _ROWS):
        # Multiplying by an odd number permutes all 64-bit numbers, which gives each round another order.
        odd = draw.integers(1, 2**63, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
        smallest = np.minimum.reduceat((hashes * odd) ^ (hashes * odd >> np.uint64(29)), starts)
        bands[:, number // _ROWS] = bands[:, number // _ROWS] * np.uint64(0x100000001B3) + smallest
    for place, row in zip(filled, bands.tolist(), strict=True):
        found[place] = list(enumerate(row))
    return found


def _hash(word: str) -> int:
    return int.from_bytes(blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")

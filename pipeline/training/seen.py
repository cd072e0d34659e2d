"""Hashes of the rows that a model was trained on, so that they are left out when it is measured."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from pipeline.scoring.patterns import LETTERS, MENTION, without_urls

_BETWEEN = re.compile(rf"[^{LETTERS}]+")


def normalised(value: str) -> str:
    """A key or a text as it is compared: without case, links, mentions, punctuation; what has nothing else stays."""
    bare = _BETWEEN.sub(" ", MENTION.sub(" ", without_urls(value))).strip().casefold()
    return bare or value.casefold()


def hashes(values: Sequence[str]) -> NDArray[np.uint64]:
    """The hash of each key or text, in their order."""
    digests = (blake2b(normalised(value).encode("utf-8", "surrogatepass"), digest_size=8) for value in values)
    return np.array([int.from_bytes(digest.digest(), "little") for digest in digests], np.uint64)


def seen_of(keys: Iterable[str], texts: Iterable[str]) -> NDArray[np.uint64]:
    """The distinct hashes of training rows, sorted."""
    return np.unique(hashes([*keys, *texts]))


def dumps(seen: NDArray[np.uint64]) -> bytes:
    """The bytes of `seen.npy`."""
    file = io.BytesIO()
    np.save(file, seen, allow_pickle=False)
    return file.getvalue()

"""A memory of what was computed for a token, bounded, since new tokens never end."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

V = TypeVar("V")

MAX_TOKENS = 32_768
MAX_TOKEN_CHARS = 40


class TokenCache(dict[str, V]):
    """token → `compute(token)`, remembered; `cache[token]` never fails to find.

    Emptied when it holds `tokens` entries: the frequent ones are back within a few tweets. Tokens
    longer than `chars` are computed each time, so the memory is bounded in bytes too.
    """

    def __init__(self, compute: Callable[[str], V], tokens: int = MAX_TOKENS, chars: int = MAX_TOKEN_CHARS) -> None:
        super().__init__()
        self._compute = compute
        self._tokens = tokens
        self._chars = chars

    def __missing__(self, token: str) -> V:
        value = self._compute(token)
        if len(token) <= self._chars:
            if len(self) >= self._tokens:
                self.clear()
            self[token] = value
        return value

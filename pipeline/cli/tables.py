"""Columns that more than one table has."""

from __future__ import annotations

from collections.abc import Iterable

from rich.table import Column

_WIDEST = 32
"""Of 80 columns the most that an id takes; X's have 21."""


def id_column(title: str, ids: Iterable[str]) -> Column:
    """A column of ids, which are there to be copied: each is on one line, or folded where it is very long."""
    longest = max(map(len, ids), default=0)
    return Column(title, overflow="fold", min_width=min(longest, _WIDEST))

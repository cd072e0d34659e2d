"""The secret of the keyed hashes: out of the settings, or made once and kept where only its owner reads it."""

from __future__ import annotations

import os
import secrets
from hashlib import sha256
from pathlib import Path

from pipeline import durable_file
from pipeline.errors import ConfigError
from pipeline.privacy.own_files import opened, readable_errors
from pipeline.settings import Settings

SHORTEST = 16
"""Characters: a shorter key could be guessed, and with it every name."""

NAME = "key"


def secret_key(settings: Settings) -> bytes:
    """The key, 32 bytes, whatever its length as it was written; made at first use where none is set.

    Raises:
        ConfigError: two are set, or the one that is set is too short or can't be read.
        SetupError: it can't be made where it would be kept.
    """
    privacy = settings.privacy
    if privacy.key is not None and privacy.key_file is not None:
        raise ConfigError("privacy.key and privacy.key_file are both set: set one of them")
    if privacy.key is not None:
        return _checked(privacy.key.get_secret_value().encode(), "privacy.key")
    if privacy.key_file is not None:
        return _checked(_read(privacy.key_file), "the key in privacy.key_file")
    own = settings.privacy_folder / NAME
    with readable_errors(own):
        return _checked(_own(own), f"the key in {own}")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"privacy.key_file can't be read ({error.strerror}): set TWEETPULSE_PRIVACY__KEY_FILE to a file that can"
        ) from None


def _own(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        _make(path)
    # Not what was made here: another process may have been the first.
    return path.read_bytes()


def _make(path: Path) -> None:
    """Write it elsewhere first: nobody reads half a key, and of two that make one at once both take the same."""
    draft = path.with_name(f"{NAME}.{secrets.token_hex(8)}")
    try:
        with opened(draft) as file:
            file.write(secrets.token_hex(32).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(draft)
    except FileExistsError:
        return
    finally:
        draft.unlink(missing_ok=True)
    durable_file.sync(path.parent)


def _checked(content: bytes, what: str) -> bytes:
    key = content.strip()
    if len(key) < SHORTEST:
        raise ConfigError(f"{what} is shorter than {SHORTEST} characters: `openssl rand -hex 32` makes one")
    return sha256(key).digest()

"""Keyed hashes (BLAKE2b) in the place of ids and names: the same for the same person, told by nobody else.

Without the key nobody can try names until one fits. Each kind of thing has hashes of its own.
"""

from __future__ import annotations

from hashlib import blake2b

ID_CHARS = 32
NAME_CHARS = 20
"""As long as a handle may be, so that a hashed mention in a text still reads as one."""


def keyed(key: bytes, kind: bytes, text: str) -> bytes:
    """16 bytes that stand for a text of a kind (at most 16 bytes); the key has at most 64."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16, key=key, person=kind).digest()


class Pseudonyms:
    """Makes pseudonyms for ids and names.

    Args:
        key: the secret.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def user_id(self, id_: str) -> str:
        """For `user.id`."""
        return keyed(self._key, b"user.id", id_).hex()[:ID_CHARS]

    def name(self, name: str) -> str:
        """For `user.name` and for a mention of it; case does not matter, as nowhere in handles."""
        return keyed(self._key, b"user.name", name.lower()).hex()[:NAME_CHARS]

    def event_id(self, id_: str) -> str:
        """For an `event.id` that holds its author's name: the origin stays."""
        origin = id_.partition(":")[0]
        return f"{origin[:64]}:{keyed(self._key, b'event.id', id_).hex()[:ID_CHARS]}"

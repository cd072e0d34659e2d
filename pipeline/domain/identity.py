"""`event.id`: one id per tweet over all sources, which is also the document's `_id` and the record's key."""

from __future__ import annotations

from hashlib import blake2b

MAX_ID_BYTES = 200
"""Longer ids are hashed. Elasticsearch refuses a whole bulk request for one `_id` over 512 bytes."""


def event_id(origin: str, native_id: str) -> str:
    """`<origin>:<native id>`, hashed beyond 200 bytes of UTF-8.

    >>> event_id("x", "567588278875213824")
    'x:567588278875213824'
    """
    plain = f"{origin}:{native_id}"
    if len(plain.encode("utf-8", "surrogatepass")) <= MAX_ID_BYTES:
        return plain
    return f"{origin[:32]}:{_digest(native_id)}"


def content_id(origin: str, *parts: str) -> str:
    """An id for layouts whose rows have none of their own: a hash of what tells two rows apart."""
    # Separated, because "ab" and "c" must not give the same id as "a" and "bc".
    return event_id(origin, _digest("\x1f".join(parts)))


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()

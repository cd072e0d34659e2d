"""Names of headers that are no UTF-8: any producer may write them, and kafka-python 3.0 then gives up the partition.

It takes them for damage, and stays before the record for good. Here such a name becomes a text that has its bytes.
"""

from __future__ import annotations

from typing import Any, Self


class RawName(str):
    """The name of a header that is no UTF-8: shown with escapes, and sent on with the bytes that it came with."""

    raw: bytes

    __slots__ = ("raw",)

    @classmethod
    def of(cls, raw: bytes) -> Self:
        """The name with these bytes."""
        name = cls(raw.decode("utf-8", "backslashreplace"))
        name.raw = raw
        return name

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        """The bytes, whatever the encoding: kafka-python measures and sends a name by this method."""
        return self.raw


class _Lenient(bytearray):
    """A batch of records whose parts are decoded without an error."""

    def __getitem__(self, at: Any) -> Any:
        found = super().__getitem__(at)
        return _Lenient(found) if isinstance(at, slice) else found

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        try:
            return super().decode(encoding, errors)
        except UnicodeDecodeError:
            return RawName.of(bytes(self))


def let_names_be_bytes(batch: Any) -> None:
    """Let a class of kafka-python's batches read them, whatever the names of headers are."""
    read = batch._read_msg

    def read_all(self: Any) -> Any:
        try:
            return read(self)
        except UnicodeDecodeError:
            # For the rest of the batch: this buffer is slower, and copying it for each record would be slower still.
            self._buffer = _Lenient(self._buffer)
            return read(self)

    batch._read_msg = read_all

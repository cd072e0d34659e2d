"""JSON values that follow each other, in an array or not, cut out as their own bytes, as a stream. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

LONGEST_VALUE = 16 * 1024 * 1024
"""Bytes. A longer value comes in pieces, none of which is one: a file that never closes a bracket must not fill the
memory."""

# Possessive (`++`, `*+`): an unclosed quote would otherwise be searched again from every shorter match.
_STRING = rb'"(?:[^"\\]++|\\.)*+"'
_IN_STRING = re.compile(rb'(["\\])')
_OUTSIDE = re.compile(rb'(?:[^"\[\]{},]++|%b)*+(["\[\]{},])' % _STRING, re.DOTALL)
_INSIDE = re.compile(rb'(?:[^"\[\]{}]++|%b)*+(["\[\]{}])' % _STRING, re.DOTALL)
"""Up to the next sign, over whole strings; within a value commas are none. A quote here is of a string that goes on."""
_OPENS, _CLOSES = b"[{", b"]}"


def values_of(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The elements of arrays, and the values outside of any, without the space around them.

    Only brackets, commas and strings are looked at: whether a value is JSON is for whoever reads it. A value that the
    end of the input cuts off comes as far as it goes.
    """
    cutter = _Cutter()
    for piece in pieces:
        yield from cutter.feed(piece)
    yield from cutter.rest()


class _Cutter:
    """Cuts values out of what it is fed; it holds the value that is not complete yet, and no more."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._place = 0
        self._depth = 0
        self._in_array = False
        self._in_string = False

    def feed(self, piece: bytes) -> Iterator[bytes]:
        self._held += piece
        begin = 0
        for sign, place in self._signs():
            end = self._end(sign, place)
            if end is not None:
                yield from _if_any(self._held[begin:end])
                # A closing bracket belongs to the value that it ends, and a comma does not.
                begin = max(end, place + 1)
        # The depth stays as it is, so the rest of this value comes in pieces, too, until its bracket is closed.
        if len(self._held) - begin > LONGEST_VALUE:
            yield bytes(self._held[begin:])
            begin = len(self._held)
        del self._held[:begin]
        self._place -= begin

    def rest(self) -> Iterator[bytes]:
        """What is left at the end of the input."""
        yield from _if_any(self._held)

    def _end(self, sign: int, place: int) -> int | None:
        """Where the value ends that the sign at this place ends; None if it ends none."""
        outside = self._depth == 0
        if sign in _OPENS:
            if outside and not self._in_array and sign == ord("["):
                self._in_array = True
                return place
            self._depth += 1
        elif sign in _CLOSES:
            if outside:
                if self._in_array and sign == ord("]"):
                    self._in_array = False
                    return place
                return None
            self._depth -= 1
            if self._depth == 0 and not self._in_array:
                return place + 1
        elif sign == ord(",") and outside:
            return place
        return None

    def _signs(self) -> Iterator[tuple[int, int]]:
        """Brackets and commas outside of strings, with their places."""
        while self._place < len(self._held):
            if self._in_string:
                found = _IN_STRING.search(self._held, self._place)
            else:
                found = (_INSIDE if self._depth else _OUTSIDE).match(self._held, self._place)
            if found is None:
                self._place = len(self._held)
                return
            self._place = found.end()
            sign = found[1][0]
            if self._in_string:
                self._in_string = sign != ord('"')
                # The character after a backslash means nothing here; it may come with the next piece.
                self._place += sign == ord("\\")
            elif sign == ord('"'):
                self._in_string = True
            else:
                yield sign, self._place - 1


def _if_any(value: bytes | bytearray) -> Iterator[bytes]:
    if stripped := bytes(value).strip():
        yield stripped

"""Whom and what a record that is no tweet names all the same: ids as the layouts of sources write them. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pipeline.domain.identity import event_id
from pipeline.privacy.forgotten import Forgotten

# Every repeat is bounded or possessive, because anybody may send a record, and searching it must not take long.
_STRING = r"\"((?:[^\"\\\x00-\x1f]|\\.){1,600}+)\""
_TWEET_ID = re.compile(rf"\"(?:id|id_str|tweet_id)\"\s{{0,4}}:\s{{0,4}}(?:{_STRING}|(\d{{1,25}}+))")
_AUTHOR_ID = re.compile(rf"\"(?:id|author_id|user_id)\"\s{{0,4}}:\s{{0,4}}(?:{_STRING}|(\d{{1,25}}+))")
_NAME = re.compile(rf"\"(?:name|username|screen_name|author)\"\s{{0,4}}:\s{{0,4}}{_STRING}")
_NUMBER = re.compile(r"(?<!\d)\d{9,20}+(?!\d)")
_WHOLE = re.compile(r"[a-z0-9_.-]{1,60}+:\d{1,25}+(?:#\d{1,6})?")
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)")
_SIGNS = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


def subjects_of(text: str) -> Mapping[Forgotten, set[str]]:
    """The ids of tweets and authors, and the names, that a record may be about; rather too many than too few.

    It need be no JSON, and may be cut. A number of nine digits or more may be any id of X's.
    """
    numbers = set(_NUMBER.findall(text))
    ids = _values(_TWEET_ID, text)
    return {
        Forgotten.TWEET: ids
        | {event_id("x", number) for number in (*numbers, *(one for one in ids if one.isdecimal()))}
        | {unlooped(one) for one in (*_WHOLE.findall(text), *ids)},
        Forgotten.USER: numbers | _values(_AUTHOR_ID, text),
        Forgotten.NAME: {name.lower() for name in _values(_NAME, text)},
    }


def unlooped(id_: str) -> str:
    """A tweet's id without the loop in which a replay sent it: `x:1` of `x:1#2`."""
    plain, sign, loop = id_.rpartition("#")
    return plain if sign and loop.isdecimal() else id_


def _values(pattern: re.Pattern[str], text: str) -> set[str]:
    return {_unescaped(next(value for value in found.groups() if value)) for found in pattern.finditer(text)}


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda found: _sign(found[1]), text) if "\\" in text else text


def _sign(escape: str) -> str:
    return chr(int(escape[1:], 16)) if len(escape) == 5 else _SIGNS.get(escape, escape)

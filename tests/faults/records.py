"""Numbered records for Kafka whose fate is known beforehand: it stands in the key, which the stream does not read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from random import Random
from typing import NamedTuple

import orjson

from pipeline.domain.record import MAX_TEXT_CHARS, Reason, Rejection, decode

REPEATS, INVALID, HOSTILE = 0.20, 0.01, 0.02
"""Shares of all records: earlier ids again, no tweets, and tweets that are hard to take."""

_BAD = "bad/"
_RECENT = 2_000


class Made(NamedTuple):
    """A record to be sent. Its key is the tweet's id, or `bad/<reason>/<number>` where it must be rejected."""

    key: bytes
    value: bytes | None


@dataclass(frozen=True, slots=True)
class Shares:
    """The shares of all records that are repeated, invalid or hostile."""

    repeats: float = REPEATS
    invalid: float = INVALID
    hostile: float = HOSTILE


DEFAULT_SHARES = Shares()


def records(seed: int, shares: Shares = DEFAULT_SHARES) -> Iterator[Made]:
    """Records without end, the same for the same seed; an id is repeated only after it was made."""
    random, made = Random(seed), 0
    for number in count():
        share = random.random()
        if share < shares.invalid:
            yield bad(number, random)
        elif share < shares.invalid + shares.repeats and made:
            yield tweet(_earlier(made, random), random)
        else:
            yield tweet(made, random, hostile=random.random() < shares.hostile)
            made += 1


def tweet(number: int, random: Random, *, hostile: bool = False) -> Made:
    """A tweet of this number; what comes again may have another text, since the first one counts."""
    id_ = f"fault:{number}"
    text = random.choice(_HOSTILE) if hostile else f"tweet {number} is {random.choice(_WORDS)} today #fail"
    fields = {"id": id_, "text": text, "source": "faults", "created_at": datetime.now(UTC), "lang": "en"}
    return Made(id_.encode(), orjson.dumps(fields, option=orjson.OPT_UTC_Z))


def bad(number: int, random: Random) -> Made:
    """A record that is no tweet, by a reason that decoding must find."""
    reason, value = random.choice(_INVALID)
    return Made(refused_key(reason, number), value)


def refused_key(reason: str, number: object) -> bytes:
    """The key of a record that must be rejected."""
    return f"{_BAD}{reason}/{number}".encode()


def reason_of(key: bytes) -> str | None:
    """Why a record of this key must be rejected; None if it is a tweet."""
    text = key.decode()
    return text.removeprefix(_BAD).split("/")[0] if text.startswith(_BAD) else None


def key_of(value: bytes | None) -> bytes:
    """The key of a record that has lost it, as those have that `tweetpulse rejected replay` sends again."""
    decoded = decode(value)
    return f"{_BAD}{decoded.reason}/again".encode() if isinstance(decoded, Rejection) else decoded.id.encode()


def _earlier(made: int, random: Random) -> int:
    """Half of the repeats are of what came just before, the others of anything."""
    return random.randrange(max(0, made - _RECENT), made) if random.random() < 0.5 else random.randrange(made)


def _fields(**fields: object) -> bytes:
    return orjson.dumps({"id": "fault:bad", "text": "never indexed", "source": "faults"} | fields)


_WORDS = ("great", "terrible", "fine", "late again", "awful", "lovely", "not bad at all")
_HOSTILE = (
    "😡" * 500,
    "a" * 40_000,
    "   ".join("!?" * 300),
    "\u202e\u202d\u2066 right to left \u200b\ufeff \u0000 \u0007 \u001b[31m",
    '"}\n{"create":{"_id":"injected"}}\n{"a":"',
    "@" * 2_000,
    "#" + "x" * 3_000,
    "İıſK ǅ ﬃ 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 ̷̶" + "̷" * 500,
)
_INVALID: tuple[tuple[Reason, bytes | None], ...] = (
    (Reason.NO_VALUE, None),
    (Reason.NOT_JSON, b"\xff\xfe\x00"),
    (Reason.NOT_JSON, b'{"id": "fault:bad", "text": "cut'),
    (Reason.NOT_JSON, b"[" * 5_000),
    (Reason.NOT_JSON, b""),
    (Reason.NOT_A_TWEET, b"[]"),
    (Reason.NOT_A_TWEET, b'{"id": "fault:bad"}'),
    (Reason.BAD_ID, _fields(id="")),
    (Reason.BAD_ID, _fields(id="i" * 600)),
    (Reason.BAD_ID, _fields(id=7)),
    (Reason.EMPTY_TEXT, _fields(text=" \n ")),
    (Reason.TOO_LONG, _fields(text="t" * (MAX_TEXT_CHARS + 1))),
    (Reason.BAD_TIME, _fields(created_at="yesterday")),
    (Reason.BAD_TIME, _fields(created_at="2026-02-30T00:00:00Z")),
    (Reason.BAD_FIELD, _fields(user=[])),
    (Reason.BAD_FIELD, _fields(geo={"lat": 91, "lon": 0})),
)

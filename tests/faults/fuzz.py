"""Records that nobody would send on purpose, each with the fate that the record's format gives it.

The fate is known by how a record is made. Where chance makes it, `judged` says what must become of it: it is written
after the format alone (`pipeline.domain.record`), with the standard library's JSON, and shares no code with decoding.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any, NoReturn

from pipeline.domain.record import Reason
from tests.faults.records import Made, refused_key

_MOST_ID_BYTES = 200
_MOST_TEXT_CHARS = 100_000
_MOST_BYTES = 256 * 1024


def fuzzed(seed: int, number: int) -> Iterator[Made]:
    """So many records, the same for the same seed; one in five repeats an id that came before."""
    random = Random(f"fuzz {seed}")
    kept: list[str] = []
    for n in range(number):
        if kept and random.random() < 0.2:
            id_ = random.choice(kept)
            yield Made(id_.encode(), _tweet(id=id_, text="said again"))
            continue
        made = random.choice(_MAKERS)(f"fuzz:{n}", random)
        if not made.key.startswith(b"bad/"):
            kept.append(made.key.decode())
        yield made


def judged(value: bytes, number: str) -> Made:
    """A record of any bytes, without a time: its key says what must become of it."""
    try:
        found = json.loads(value.decode(), parse_constant=_no_constant)
        json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        # Also what can't be UTF-8: a lone surrogate.
        return _refused(Reason.NOT_JSON, number, value)
    reason = _reason(found)
    return _refused(reason, number, value) if reason else Made(found["id"].encode(), value)


def _reason(found: Any) -> Reason | None:
    if not isinstance(found, dict) or not {"id", "text"} <= found.keys():
        return Reason.NOT_A_TWEET
    id_, text = found["id"], found["text"]
    if not isinstance(id_, str) or not id_.strip() or len(id_.encode()) > _MOST_ID_BYTES:
        return Reason.BAD_ID
    if text is None or (isinstance(text, str) and not text.strip()):
        return Reason.EMPTY_TEXT
    if not isinstance(text, str) or not isinstance(found.get("source", ""), str | None):
        return Reason.BAD_FIELD
    return Reason.TOO_LONG if len(text) > _MOST_TEXT_CHARS else None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _tweet(**fields: object) -> bytes:
    """The standard library writes what the JSON of others may hold: NaN, numbers of any size, lone surrogates."""
    return json.dumps({"source": "fuzz", "text": "something was said"} | fields).encode()


def _refused(reason: Reason, number: str, value: bytes | None) -> Made:
    # The size is looked at first of all, before the record leaves the JVM.
    found = Reason.TOO_LARGE if value and len(value) > _MOST_BYTES else reason
    return Made(refused_key(found, number), value)


def _chance(number: str, random: Random) -> Made:
    return judged(random.randbytes(random.randrange(2_000)), number)


def _mutated(number: str, random: Random) -> Made:
    """A tweet of which some bytes have been changed, removed, or put in."""
    value = bytearray(_tweet(id=number))
    for _ in range(random.randint(1, 3)):
        at = random.randrange(len(value))
        value[at : at + random.randint(0, 1)] = random.randbytes(random.randint(0, 1))
    return judged(bytes(value), number)


def _cut(number: str, random: Random) -> Made:
    value = _tweet(id=number)
    return judged(value[: random.randrange(len(value))], number)


def _kept(number: str, random: Random) -> Made:
    """Odd, and a tweet."""
    fields = random.choice(_ODD)(number, random)
    id_ = str(fields.setdefault("id", number))
    return Made(id_.encode(), _tweet(**fields))


def _wrong(number: str, random: Random) -> Made:
    """A tweet but for one field."""
    reason, fields = random.choice(_WRONG)
    return _refused(reason, number, _tweet(**({"id": number} | fields)))


def _raw(number: str, random: Random) -> Made:
    reason, make = random.choice(_RAW)
    return _refused(reason, number, make(number))


def _named_twice(number: str, random: Random) -> Made:
    """Of a name that is there twice the last one counts, as nearly everywhere."""
    first, last = f"{number}-first", f"{number}-last"
    return Made(last.encode(), f'{{"id": "{first}", "text": "a", "id": "{last}", "text": "b"}}'.encode())


_MAKERS: tuple[Callable[[str, Random], Made], ...] = (_chance, _mutated, _cut, _kept, _wrong, _raw, _named_twice)

_CHARACTERS = (*map(chr, range(0x20)), *"\x7f\u200b\u2028\ufeff\u202e\uffff😡İßa ")


def _text(random: Random) -> str:
    return "t" + "".join(random.choices(_CHARACTERS, k=random.randrange(400)))


_TIMES = (
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999Z",
    "1970-01-01T00:00:00+00:00",
    "2024-02-29T23:59:59.5-12:00",
    "2026-01-01T00:00:00+14:00",
)

_ODD: tuple[Callable[[str, Random], dict[str, Any]], ...] = (
    lambda n, r: {"text": _text(r)},
    lambda n, r: {"text": "\0"},
    lambda n, r: {"text": "#" + " #".join(f"tag{one}" for one in range(1_000))},
    lambda n, r: {"id": n + "i" * (_MOST_ID_BYTES - len(n))},
    lambda n, r: {"id": n + "ü" * ((_MOST_ID_BYTES - len(n)) // 2)},
    lambda n, r: {"id": f"{n}\0nul\0"},
    lambda n, r: {"id": f'{n}"}}\n{{"create":{{"_id":"injected"}}}}'},
    lambda n, r: {"id": f"../{n}/ ?*#%00{r.choice(_CHARACTERS)}"},
    lambda n, r: {"id": f"_{n}"},
    lambda n, r: {"created_at": r.choice(_TIMES)},
    lambda n, r: {"original_created_at": r.choice(_TIMES)},
    lambda n, r: {"entities": ["b" * 256, *(f"brand {one}" for one in range(99))]},
    lambda n, r: {"user": {"id": "u" * 1_024, "name": "字" * 1_024, "followers": 2**63 - 1}},
    lambda n, r: {"lang": "l" * 64, "source": "s" * 256},
    lambda n, r: {"url": "u" * 2_048, "geo": {"place": "p" * 512, "country": "c" * 128}},
    lambda n, r: {"geo": {"lat": -90, "lon": 180.0}},
    lambda n, r: {"public_metrics": {"like_count": 2**63 - 1, "retweet_count": 0}, "given_label": "neutral"},
    lambda n, r: {"other": _nested(100), "more": [[]] * 500, "": {"": ""}},
    lambda n, r: {"other": 10 ** r.randint(20, 300), "tiny": 5e-324},
)

_WRONG_TIMES: tuple[object, ...] = (
    "0000-01-01T00:00:00Z",
    "10000-01-01T00:00:00Z",
    "-0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-12:00",
    "2026-02-30T00:00:00Z",
    "2026-13-01T00:00:00Z",
    "2026-01-01T00:00:60Z",
    "2026-01-01T00:00:00",
    "2026-01-01T00:00:00+99:00",
    "yesterday",
    "",
    1_700_000_000,
    [],
    True,
)

_WRONG: tuple[tuple[Reason, dict[str, Any]], ...] = (
    *(
        (Reason.BAD_ID, {"id": id_})
        for id_ in ("i" * 201, "ü" * 101, "", " \t\n", "\u3000", 7, 1.5, None, True, [], {})
    ),
    *((Reason.EMPTY_TEXT, {"text": text}) for text in (None, "", " \n\t", "\u3000\u2028\u00a0")),
    *((Reason.BAD_FIELD, {"text": text}) for text in (7, True, [], {}, ["text"])),
    *((Reason.BAD_FIELD, {name: 7}) for name in ("source", "lang", "url", "kind", "user", "entities", "geo")),
    *((Reason.BAD_FIELD, {name: [7]}) for name in ("source", "lang", "url", "kind", "user", "entities", "geo")),
    *((Reason.BAD_FIELD, {"user": {"followers": n}}) for n in (-1, 2**63, 1.5, "7", True)),
    *((Reason.BAD_FIELD, {"public_metrics": {"like_count": n}}) for n in (-1, 2**63, 1.5, "7", True)),
    *((Reason.BAD_FIELD, {"given_label": label}) for label in ("unsupported", "good", "", 7, True)),
    *((Reason.BAD_FIELD, {"geo": {"lat": n, "lon": 0}}) for n in (90.1, -91, 1e300, 10**40, "7", True)),
    *((Reason.BAD_FIELD, {name: "字" * 70_000}) for name in ("source", "lang", "url")),
    *((Reason.BAD_FIELD, {"user": {name: "u" * 1_025}}) for name in ("id", "name")),
    *((Reason.BAD_FIELD, {"geo": {name: "g" * 513}}) for name in ("place", "country", "source")),
    *((Reason.BAD_FIELD, {"entities": brands}) for brands in (["b"] * 101, ["b" * 257])),
    (Reason.BAD_FIELD, {"kind": "shout"}),
    *((Reason.BAD_TIME, {"created_at": time}) for time in _WRONG_TIMES),
    *((Reason.BAD_TIME, {"original_created_at": time}) for time in _WRONG_TIMES),
    (Reason.TOO_LONG, {"text": "t" * (_MOST_TEXT_CHARS + 1)}),
    *((Reason.NOT_JSON, {"other": number}) for number in (float("nan"), float("inf"), -float("inf"))),
    *((Reason.NOT_JSON, {"text": f"lone {half}"}) for half in ("\ud800", "\udfff")),
    (Reason.NOT_JSON, {"\ud800": "as a name"}),
)

_RAW: tuple[tuple[Reason, Callable[[str], bytes | None]], ...] = (
    (Reason.NO_VALUE, lambda n: None),
    *((Reason.NOT_A_TWEET, lambda n, v=value: v) for value in (b"null", b"7", b'"text"', b"[]", b"{}", b" [{}] ")),
    (Reason.NOT_A_TWEET, lambda n: f'[{{"id": "{n}", "text": "in a list"}}]'.encode()),
    (Reason.NOT_A_TWEET, lambda n: f'{{"ID": "{n}", "Text": "loud"}}'.encode()),
    *(
        (Reason.NOT_JSON, lambda n, c=code: _tweet(id=n).decode().encode(c))
        for code in ("utf-16", "utf-16-le", "utf-32")
    ),
    (Reason.NOT_JSON, lambda n: b"\xef\xbb\xbf" + _tweet(id=n)),
    (Reason.NOT_JSON, lambda n: _tweet(id=n, text="~").replace(b"~", b"\xed\xa0\x80")),
    (Reason.NOT_JSON, lambda n: _tweet(id=n, text="~").replace(b"~", b"\xc0\x80")),
    (Reason.NOT_JSON, lambda n: _tweet(id=n, text="~").replace(b"~", b"\0")),
    (Reason.NOT_JSON, lambda n: _tweet(id=n) + _tweet(id=n)),
    (Reason.NOT_JSON, lambda n: _tweet(id=n).replace(b"}", b",}")),
    (Reason.NOT_JSON, lambda n: b"// a comment\n" + _tweet(id=n)),
    (Reason.NOT_JSON, lambda n: _tweet(id=n).replace(b'"', b"'")),
    (Reason.NOT_JSON, lambda n: b"[" * 100_000),
    (Reason.NOT_JSON, lambda n: b'{"a":' * 20_000),
    # Well-formed, and deeper than anything is read.
    (Reason.NOT_JSON, lambda n: f'{{"id": "{n}", "text": "t", "other": {"[" * 5_000}{"]" * 5_000}}}'.encode()),
    (Reason.NOT_JSON, lambda n: _tweet(id=n).replace(b"}", b', "other": 1e999}')),
    (Reason.NOT_JSON, lambda n: _tweet(id=n).replace(b"}", b', "other": 01}')),
    (Reason.NOT_JSON, lambda n: b"   "),
    (Reason.NOT_JSON, lambda n: b"\0" * 500),
    (Reason.NOT_JSON, lambda n: _tweet(id=n).hex().encode()),
)


def _nested(depth: int) -> object:
    return [_nested(depth - 1)] if depth else []

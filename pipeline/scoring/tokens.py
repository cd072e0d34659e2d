"""A tweet's tokens as trained models see them: words, emoji, emoticons, hashtags; names and links as signs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from pipeline.domain.unescaped import unescaped
from pipeline.scoring.clean import EMOJI, NUMERALS
from pipeline.scoring.lexicon import lexicon
from pipeline.scoring.patterns import EMOJI_PARTS, LETTERS, MENTION, URL

MAX_CHARS = 32
"""Of a longer token only the beginning counts: it is no word, and must cost no more than one."""

LINK, PERSON = "<url>", "<user>"
"""Links and names are read as one sign each: that there is one helps to predict, which one it is does not."""

EMOTICON = (
    r"[<>}]?[:;=][-^o'*]?[)\](\[dDpPoO3/\\|*@$sSxX](?!\w)"
    r"|(?<!\w)[xX][dD]+(?!\w)|[(\[)\]][-^o'*]?[:;=]|<[/\\]?3+|\^_*\^|(?<!\w)[-oOtTuU>][_.][-oOtTuU<](?!\w)"
)
NUMBER = r"[$€£]?\d++(?:[.,:/-]\d++)*+(?:%|(?:st|nd|rd|th|am|pm|k|m|h|hrs?|mins?)\b)?"
WORD = rf"[{LETTERS}]++(?:['’&-][{LETTERS}]++)*+"
_TOKEN = re.compile(
    rf"(?P<emoticon>{EMOTICON})|(?P<tag>[#＃][{LETTERS}]++)|(?P<number>(?<![{LETTERS}]){NUMBER}(?![{LETTERS}]))"
    rf"|(?P<word>{WORD})|(?P<emoji>[{EMOJI}])|(?P<marks>[!?]++|\.\.++|…)|(?P<end>[.,:;)(\"“”])",
    re.IGNORECASE,
)
_NAMES = re.compile(rf"(?P<link>{URL.pattern})|(?P<person>{MENTION.pattern})")
_DRAWN_OUT = re.compile(r"([^\W\d_])\1{2,}", re.IGNORECASE)
_HUMPS = re.compile(r"[A-Z]{2,}(?![a-z])|[A-Z]?[a-z]+|\d+")
_TURNS = frozenset({"but", "however", "although", "though"})


@dataclass(frozen=True, slots=True)
class Token:
    """One token, read.

    Attributes:
        word: what n-grams of words are made of: lower-case, letters drawn out cut to two.
        spelling: what n-grams of characters are made of; "" has none.
        negates: turns what follows it, up to the clause's end.
        ends: ends a clause.
        shouted: in capitals.
        drawn_out: as in "soooo".
        exclaims, asks: how many `!` and `?`.
        tag, link, person: what it is.
        valence: in VADER's lexicon, −4…4.
    """

    word: str
    spelling: str = ""
    negates: bool = False
    ends: bool = False
    shouted: bool = False
    drawn_out: bool = False
    exclaims: int = 0
    asks: int = 0
    tag: bool = False
    link: bool = False
    person: bool = False
    valence: float = 0.0


def tokens_of(chunk: str) -> tuple[Token, ...]:
    """The tokens in a chunk without whitespace; a hashtag is itself, and the words that it is put together from."""
    return tuple(_tokens(unescaped(chunk)))


def _tokens(chunk: str) -> Iterator[Token]:
    start = 0
    if "@" in chunk or "＠" in chunk or "/" in chunk or "www." in chunk.lower():
        for match in _NAMES.finditer(chunk):
            yield from _plain(chunk[start : match.start()])
            yield Token(LINK, link=True) if match["link"] else Token(PERSON, person=True)
            start = match.end()
    yield from _plain(chunk[start:])


def _plain(chunk: str) -> Iterator[Token]:
    for match in _TOKEN.finditer(chunk):
        kind, text = match.lastgroup, match[0]
        if kind == "word":
            yield _word(text.replace("’", "'").strip("_")[:MAX_CHARS])
        elif kind == "tag":
            yield from _tag(text[1:][:MAX_CHARS])
        elif kind == "number":
            yield Token(_class_of(text))
        elif kind == "marks":
            yield _marks(text)
        elif kind == "end":
            yield Token(text, ends=True)
        elif text not in EMOJI_PARTS:
            # An emoticon or an emoji. VADER writes the latter out in words.
            yield Token(text, valence=_feelings().get(text, 0.0) or _feelings().get(text.lower(), 0.0))


def _word(text: str, *, tag: bool = False) -> Token:
    short = text if NUMERALS.fullmatch(text) else _DRAWN_OUT.sub(r"\1\1", text)
    lower = short.lower()
    return Token(
        word=lower,
        spelling=f" {lower} ",
        negates=lower in lexicon().negations or "n't" in lower or lower in ("no", "never"),
        ends=lower in _TURNS,
        shouted=len(text) > 1 and text.isupper(),
        drawn_out=short != text,
        tag=tag,
        valence=_valence(lower),
    )


def _valence(lower: str) -> float:
    feelings = _feelings()
    found = feelings.get(lower)
    # "loove" is "love".
    return feelings.get(re.sub(r"(.)\1", r"\1", lower), 0.0) if found is None else found


def _tag(text: str) -> Iterator[Token]:
    yield Token(f"#{text.lower()}", spelling=f"#{text.lower()} ", tag=True, valence=_valence(text.lower()))
    humps = _HUMPS.findall(text)
    if len(humps) > 1:
        yield from map(_word, humps)


def _marks(text: str) -> Token:
    exclaims, asks = text.count("!"), text.count("?")
    word = "!?" if exclaims and asks else text[:2] if exclaims or asks else "..."
    return Token(word, ends=True, exclaims=exclaims, asks=asks)


def _class_of(number: str) -> str:
    # A number is hardly ever met again, but its kind is, so only that can be learnt from.
    if number[0] in "$€£":
        return "<money>"
    if number.endswith("%"):
        return "<percent>"
    if ":" in number:
        return "<time>"
    return number.lower() if number.isdigit() and len(number) == 1 else f"<{min(len(number), 5)} digits>"


@cache
def _feelings() -> dict[str, float]:
    """Word, emoticon or emoji → valence."""
    found = lexicon()
    emojis = {
        sign: sum(found.valences.get(word, 0.0) for word in words.split()) for sign, words in found.emojis.items()
    }
    return {**emojis, **found.valences}

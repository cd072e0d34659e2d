"""A tweet's words without what is not its words."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipeline.domain.unescaped import unescaped
from pipeline.scoring.cache import TokenCache
from pipeline.scoring.patterns import EMOJI_PARTS, LETTERS, MENTION, without_urls
from pipeline.scoring.stopwords import NEGATIONS, STOP_WORDS

MAX_WORDS = 50
MAX_WORD_CHARS = 40

EMOJI = (
    "\u203c\u2049\u2122\u2139\u2194-\u21aa\u231a-\u23ff\u24c2\u25aa-\u27bf\u2934\u2935"
    "\u2b05-\u2b55\U0001f000-\U0001faff" + EMOJI_PARTS
)
# Between digits, a point, a comma or a colon belongs to the number, as in 3.5 and 10:30.
TOKEN = re.compile(rf"[{LETTERS}]++(?:(?:['’&-]|(?<=\d)[.,:](?=\d))[{LETTERS}]++)*+|[{EMOJI}]++")
REPEATED = re.compile(rf"([^\W\d_]|[{EMOJI}])\1{{2,}}", re.IGNORECASE)
NUMERALS = re.compile(r"[CLXVIW]*III|([A-Z])\1\1")
"""WWIII and AAA are written so, not drawn out."""


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A cleaned text.

    Attributes:
        text: as written but for URLs, mentions, punctuation, stop words, and letters repeated more than
            twice. Negations stay, or "not good" would read "good"; so do emoji, which carry the mood.
        words: the distinct keywords in lower case, in the order of the text, for tag clouds: no numbers,
            no emoji, no negations; at most 50, of at most 40 characters.
    """

    text: str
    words: tuple[str, ...]


def clean(text: str) -> Cleaned:
    """The words of a tweet's text; a hashtag is a word like others."""
    pieces = [_PIECES[chunk] for chunk in text.split()]
    words = dict.fromkeys([word for piece in pieces for word in piece.words])
    return Cleaned(" ".join([piece.text for piece in pieces if piece.text]), tuple(words)[:MAX_WORDS])


def _piece(chunk: str) -> Cleaned:
    """A chunk without whitespace, cleaned: neither a URL nor a mention nor a word goes beyond it."""
    bare = MENTION.sub(" ", without_urls(unescaped(chunk)))
    kept = [_shortened(token.strip("_")) for token in TOKEN.findall(bare)]
    # What joins the parts of an emoji is no word where it stands alone.
    kept = [token for token in kept if token.strip(EMOJI_PARTS) and _plain(token) not in STOP_WORDS]
    keywords = [_keyword(_plain(token)) for token in kept]
    return Cleaned(" ".join(kept), tuple(word for word in keywords if word))


def _plain(token: str) -> str:
    return token.lower().replace("’", "'")


def _keyword(lower: str) -> str:
    word = lower.removesuffix("'s")
    if lower in NEGATIONS or "n't" in lower or word in STOP_WORDS or len(word) > MAX_WORD_CHARS:
        return ""
    lone = len(word) < 2 and word.isascii()
    return "" if lone or not any(sign.isalpha() for sign in word) else word


def _shortened(token: str) -> str:
    return token if NUMERALS.fullmatch(token) else REPEATED.sub(r"\1\1", token)


_PIECES = TokenCache(_piece)

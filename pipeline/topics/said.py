"""A tweet as far as topics need it, and why one is left out. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pipeline.domain.sentiment import Label
from pipeline.domain.tweet import Kind
from pipeline.scoring.language import speaks


class LeftOut(StrEnum):
    """Why a tweet is in no topic: a closed list, in the order in which it is asked."""

    RETWEET = "retweet"
    LANGUAGE = "language"
    NO_WORDS = "no_words"
    TOO_SHORT = "too_short"
    NO_TOPIC = "no_topic"


MEANINGS = {
    LeftOut.RETWEET: "a retweet, as on all boards",
    LeftOut.LANGUAGE: "in a language that was not asked for",
    LeftOut.NO_WORDS: "no words: nothing but links, mentions, emoji or stop words",
    LeftOut.TOO_SHORT: "fewer than two words that others use too",
    LeftOut.NO_TOPIC: "its words belong to no topic",
}
"""What each reason means, for people."""


@dataclass(frozen=True, slots=True)
class Said:
    """A scored tweet.

    Attributes:
        id: `event.id`.
        at: when it was written.
        words: its keywords, each once (`tweet.words`).
        complains: None where no complaint model has seen it.
    """

    id: str
    at: datetime
    words: tuple[str, ...]
    label: Label = Label.UNSUPPORTED
    complains: bool | None = None
    kind: str = Kind.ORIGINAL
    lang: str | None = None
    entities: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()
    url: str | None = None


def unusable(one: Said, languages: Collection[str]) -> LeftOut | None:
    """Why a tweet is left out before any topic is known; None if it is not. Nobody's language is everybody's."""
    if one.kind == Kind.RETWEET:
        return LeftOut.RETWEET
    if not speaks(one.lang, languages):
        return LeftOut.LANGUAGE
    return None if one.words else LeftOut.NO_WORDS

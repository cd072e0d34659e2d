"""A tweet, as every source hands it on and as the stream reads it back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """The kinds of tweets. Boards leave retweets out by default."""

    ORIGINAL = "original"
    REPLY = "reply"
    QUOTE = "quote"
    RETWEET = "retweet"


@dataclass(frozen=True, slots=True)
class Author:
    """The author. `name` is the handle without @."""

    id: str | None = None
    name: str | None = None
    followers: int | None = None


@dataclass(frozen=True, slots=True)
class Geo:
    """The place of a tweet; degrees, WGS 84. `source` says how exact it is: point, place or profile."""

    lat: float | None = None
    lon: float | None = None
    place: str | None = None
    country: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Tweet:
    """One tweet.

    Attributes:
        id: `event.id`, unique over all sources: `<origin>:<native id>` (see `pipeline.domain.identity`).
        text: as written; kept as `message`.
        source: which source it came from (`twitter`, `replay`, `synthetic`, ...): a bounded set.
        written_at: when it was written, with an offset; None means the time of publishing.
        original_written_at: the time in the file, where a replay has shifted `written_at`.
        lang: BCP 47 tag or X's own codes (`und`, `qme`, ...); None where the source does not say.
        kind: None where the source does not say; decoding then tells it from the text.
        entities: the brands that the source says it is about.
        url: where a click leads.
    """

    id: str
    text: str
    source: str
    written_at: datetime | None = None
    original_written_at: datetime | None = None
    lang: str | None = None
    kind: Kind | None = None
    author: Author = Author()
    entities: tuple[str, ...] = ()
    geo: Geo | None = None
    url: str | None = None

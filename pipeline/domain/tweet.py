"""A tweet, as every source hands it on and as the stream reads it back."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum

from pipeline.domain.sentiment import Label


class Kind(StrEnum):
    """The kinds of tweets. Boards leave retweets out by default."""

    ORIGINAL = "original"
    REPLY = "reply"
    QUOTE = "quote"
    RETWEET = "retweet"


@dataclass(frozen=True, slots=True)
class Author:
    """The author. `name` is the handle without @; `location`, what the profile says of where they are: free text."""

    id: str | None = None
    name: str | None = None
    followers: int | None = None
    location: str | None = None


class GeoSource(StrEnum):
    """What says where a tweet is from. A closed list: boards split by it.

    `coordinates`: the tweet's own. `place`: the centre of the place that it is tagged with. `profile`: a place that the
    author's profile names, which is a guess about the author and not the tweet.
    """

    COORDINATES = "coordinates"
    PLACE = "place"
    PROFILE = "profile"


@dataclass(frozen=True, slots=True)
class Geo:
    """The place of a tweet.

    Attributes:
        lat, lon: degrees, WGS 84; both, or there is no point.
        place: its name.
        country: its name, as the source writes it.
        source: what says so.
        country_code: ISO 3166-1 alpha-2.
        confidence: how sure it is, 0 to 1 (docs/geo.md); None where the source of the tweet does not say, and the
            stream then takes that of `source`.
    """

    lat: float | None = None
    lon: float | None = None
    place: str | None = None
    country: str | None = None
    source: GeoSource | None = None
    country_code: str | None = None
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class PublicMetrics:
    """How often people had reacted to a tweet when its source read it, in X's names; None where nobody says."""

    like_count: int | None = None
    retweet_count: int | None = None
    reply_count: int | None = None
    quote_count: int | None = None
    bookmark_count: int | None = None
    impression_count: int | None = None

    def known(self) -> dict[str, int]:
        """The counts that the source says, by name."""
        counts = ((name, getattr(self, name)) for name in COUNTS)
        return {name: count for name, count in counts if count is not None}


COUNTS = tuple(field.name for field in fields(PublicMetrics))


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
        public_metrics: how often people had reacted to it.
        given_label: its sentiment as people said it in the file that it came from; never `unsupported`.
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
    public_metrics: PublicMetrics = PublicMetrics()
    given_label: Label | None = None

"""What Elasticsearch holds for a period, from its answers. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pipeline.domain.sentiment import Label
from pipeline.report.period import Period

Answer = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Counts:
    """Tweets by label."""

    negative: int = 0
    neutral: int = 0
    positive: int = 0
    unsupported: int = 0

    @property
    def scored(self) -> int:
        """Those in a language that a scorer speaks: the whole of every share."""
        return self.negative + self.neutral + self.positive

    @property
    def tweets(self) -> int:
        """All of them."""
        return self.scored + self.unsupported

    def share(self, label: Label) -> float | None:
        """The part that a label has of the scored ones; None if there are none."""
        return getattr(self, label) / self.scored if self.scored else None

    @property
    def negative_share(self) -> float | None:
        """Of the scored ones; None if there are none."""
        return self.share(Label.NEGATIVE)


@dataclass(frozen=True, slots=True)
class Mood:
    """The tweets about an entity, or all of them.

    Attributes:
        name: of the entity; "" for all.
        now: of the period.
        before: of the period before.
        over_time: of each interval of the period.
    """

    name: str
    now: Counts
    before: Counts
    over_time: tuple[Counts, ...]

    @property
    def change(self) -> float | None:
        """Percentage points by which the negative share has grown; None where one of the two is not known."""
        now, before = self.now.negative_share, self.before.negative_share
        return None if now is None or before is None else (now - before) * 100


@dataclass(frozen=True, slots=True)
class Term:
    """A hashtag, a word or a reason, and the number of its documents."""

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Complaints:
    """What the complaint model said: of how many tweets, how many are complaints, and why."""

    asked: int
    count: int
    reasons: tuple[Term, ...]

    @property
    def without_reason(self) -> int:
        """Those of which no model says why."""
        return self.count - sum(reason.count for reason in self.reasons)


@dataclass(frozen=True, slots=True)
class Shown:
    """A tweet that is shown itself."""

    at: datetime
    text: str
    entities: tuple[str, ...]
    compound: float | None
    url: str | None


@dataclass(frozen=True, slots=True)
class Rejected:
    """Rejected records of the period by reason, and how many there were in the period before."""

    count: int
    before: int
    reasons: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Indexed:
    """Documents that were indexed in the period, whenever their tweets were written, about whatever."""

    tweets: int
    rejected: int


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything that a report shows.

    Attributes:
        period: by the time at which tweets were written.
        entity: the only one that it is about; None for all tweets.
        whole: the tweets of the report, without retweets.
        retweets: of the period.
        entities: those with most tweets, the most first.
        entities_in_all: about how many are named.
        complaints: None where no complaint model spoke.
        newest: the newest negative tweets, the newest first.
    """

    period: Period
    entity: str | None
    whole: Mood
    retweets: int
    entities: tuple[Mood, ...]
    entities_in_all: int
    hashtags: tuple[Term, ...]
    words: tuple[Term, ...]
    complaints: Complaints | None
    newest: tuple[Shown, ...]
    rejected: Rejected
    indexed: Indexed


def figures(
    period: Period, entity: str | None, tweets: Answer, newest: Answer, rejected: Answer, indexed: Indexed
) -> Figures:
    """The figures.

    Args:
        period: that the questions were about.
        entity: the same.
        tweets: the answer to `queries.tweets`.
        newest: the answer to `queries.newest_negative`.
        rejected: the answer to `queries.rejected`.
        indexed: counted besides.
    """
    found = tweets["aggregations"]
    now = found["now"]
    return Figures(
        period=period,
        entity=entity,
        whole=_mood("", found, period),
        retweets=found["retweets"]["doc_count"],
        entities=_entities(found["entities"], period),
        entities_in_all=now["entities"]["value"],
        hashtags=_terms(now["hashtags"]),
        words=_terms(now["words"]),
        complaints=_complaints(now),
        newest=tuple(_shown(hit) for hit in newest["hits"]["hits"]),
        rejected=_rejected(rejected["aggregations"]),
        indexed=indexed,
    )


def _mood(name: str, answer: Answer, period: Period) -> Mood:
    return Mood(name, _counts(answer["now"]), _counts(answer["before"]), _over_time(answer["now"], period))


def _entities(answer: Answer, period: Period) -> tuple[Mood, ...]:
    moods = (_mood(bucket["key"], bucket, period) for bucket in answer["buckets"])
    # One that only retweets name is counted nowhere.
    return tuple(mood for mood in moods if mood.now.tweets or mood.before.tweets)


def _counts(answer: Answer) -> Counts:
    found = {bucket["key"]: bucket["doc_count"] for bucket in answer["labels"]["buckets"]}
    return Counts(*(found.get(label, 0) for label in Label))


def _over_time(answer: Answer, period: Period) -> tuple[Counts, ...]:
    found = {bucket["key"]: _counts(bucket) for bucket in answer["over_time"]["buckets"]}
    return tuple(found.get(round(moment.timestamp() * 1_000), Counts()) for moment in period.moments)


def _terms(answer: Answer) -> tuple[Term, ...]:
    buckets: Sequence[Answer] = answer["buckets"]
    return tuple(Term(bucket["key"], bucket["doc_count"]) for bucket in buckets)


def _complaints(answer: Answer) -> Complaints | None:
    asked, found = answer["asked"]["doc_count"], answer["complaints"]
    return Complaints(asked, found["doc_count"], _terms(found["reasons"])) if asked else None


def _rejected(answer: Answer) -> Rejected:
    return Rejected(answer["now"]["doc_count"], answer["before"]["doc_count"], _terms(answer["now"]["reasons"]))


def _shown(hit: Answer) -> Shown:
    source, tweet = hit["_source"], hit["_source"].get("tweet", {})
    return Shown(
        at=datetime.fromtimestamp(hit["sort"][0] / 1_000, UTC),
        text=source["message"],
        entities=tuple(tweet.get("entity", ())),
        compound=tweet.get("sentiment", {}).get("compound"),
        url=source.get("url", {}).get("full"),
    )

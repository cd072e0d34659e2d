"""Conditions on fields, written once: as KQL for Kibana, and as a query for Elasticsearch itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

Json = dict[str, Any]


@dataclass(frozen=True)
class Is:
    """The field has this value."""

    field: str
    value: str

    def kql(self) -> str:
        return f'{self.field}: "{self.value}"'

    def query(self) -> Json:
        return {"term": {self.field: self.value}}

    def fields(self) -> Iterator[str]:
        yield self.field


@dataclass(frozen=True)
class Compares:
    """The field's number is beyond a limit."""

    field: str
    operator: Literal["<=", ">="]
    limit: float

    def kql(self) -> str:
        return f"{self.field} {self.operator} {self.limit:g}"

    def query(self) -> Json:
        return {"range": {self.field: {{"<=": "lte", ">=": "gte"}[self.operator]: self.limit}}}

    def fields(self) -> Iterator[str]:
        yield self.field


@dataclass(frozen=True)
class Exists:
    """The field has any value."""

    field: str

    def kql(self) -> str:
        return f"{self.field}: *"

    def query(self) -> Json:
        return {"exists": {"field": self.field}}

    def fields(self) -> Iterator[str]:
        yield self.field


@dataclass(frozen=True)
class Not:
    """The condition does not hold."""

    condition: Condition

    def kql(self) -> str:
        return f"not ({self.condition.kql()})"

    def query(self) -> Json:
        return {"bool": {"must_not": [self.condition.query()]}}

    def fields(self) -> Iterator[str]:
        yield from self.condition.fields()


@dataclass(frozen=True)
class All:
    """All conditions hold; none at all always holds."""

    conditions: tuple[Condition, ...] = ()

    def kql(self) -> str:
        return " and ".join(condition.kql() for condition in self.conditions)

    def query(self) -> Json:
        if not self.conditions:
            return {"match_all": {}}
        return {"bool": {"filter": [condition.query() for condition in self.conditions]}}

    def fields(self) -> Iterator[str]:
        for condition in self.conditions:
            yield from condition.fields()


Condition = Is | Compares | Exists | Not | All

ANY = All()
NEGATIVE = Is("tweet.sentiment.label", "negative")
NEUTRAL = Is("tweet.sentiment.label", "neutral")
POSITIVE = Is("tweet.sentiment.label", "positive")
SCORED = Not(Is("tweet.sentiment.label", "unsupported"))
GUESSED = Is("tweet.geo.source", "profile")
STATED = Not(GUESSED)
"""Of documents of earlier versions all that have a point: they had none of profiles."""
"""What a scorer has judged: the whole of every share."""
COMPLAINT = Is("tweet.complaint.label", "complaint")
ASKED = Exists("tweet.complaint.label")
"""What the complaint model has seen."""
RETWEET = Is("tweet.kind", "retweet")
TOPIC = All((Is("topic.kind", "topic"), Compares("topic.tweets", ">=", 1)))
"""A topic of the period; one that has vanished has no tweets in it."""
HOURS = Is("window.length", "1h")
"""Windows of an hour: a tweet is in one of each length."""


def kuery(condition: Condition = ANY) -> Json:
    """The condition as Kibana's saved objects hold it."""
    return {"query": condition.kql(), "language": "kuery"}

"""Tweets with planted topics, for tests: each is made of the words of one theme, and of words that all themes share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random
from typing import Any

from pipeline.domain.document import scored_document
from pipeline.domain.prediction import COMPLAINT, NO_COMPLAINT, Opinion, Prediction
from pipeline.domain.sentiment import Label, Sentiment
from pipeline.domain.tweet import Kind
from pipeline.report.period import Period
from pipeline.topics.find import Read, find
from pipeline.topics.found import Found, Question
from pipeline.topics.said import Said
from tests import builders

DAY = Period(datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC))
THEMES = {
    "luggage": "bag suitcase carousel lost luggage belt claim handle zip tag",
    "coffee": "espresso latte barista beans foam cup roast grinder mug crema",
    "phone": "screen battery charger pixel camera update cracked signal sim restart",
    "weather": "storm snow wind forecast ice frozen runway hail fog thunder",
    "praise": "lovely crew kind helpful smile superb grateful wonderful gentle warm",
}
_SHARED_WORDS = "place money street house train letter music garden paper number window picture table minute"
SHARED = _SHARED_WORDS.split()


def invented(
    theme: str, number: int, random: Random, period: Period = DAY, words: str | None = None, **fields: Any
) -> Said:
    """A tweet of a theme, written somewhere in the period."""
    own = random.sample((words or THEMES[theme]).split(), 4)
    seconds = random.randrange(int(period.length.total_seconds()))
    said: dict[str, Any] = {
        "id": f"x:{theme}{number}",
        "at": period.since + timedelta(seconds=seconds),
        "words": (*own, *random.sample(SHARED, 2)),
        "label": Label.POSITIVE if theme == "praise" else Label.NEGATIVE,
        "complains": theme != "praise",
        "lang": "en",
        "url": f"https://x.com/i/status/{number}",
        **fields,
    }
    return Said(**said)


def planted(counts: Mapping[str, int], seed: int = 1, period: Period = DAY) -> list[Said]:
    """So many tweets of each theme, mixed."""
    random = Random(seed)
    found = [invented(theme, number, random, period) for theme, count in counts.items() for number in range(count)]
    random.shuffle(found)
    return found


def document(one: Said, namespace: str, prefix: str = "") -> dict[str, Any]:
    """As the stream would write it; its text begins with `prefix`."""
    complaint = Prediction(COMPLAINT if one.complains else NO_COMPLAINT, 0.9, "v1")
    return scored_document(
        builders.tweet(
            id=one.id, text=f"{prefix} {' '.join(one.words)}", written_at=one.at, url=f"https://x.com/{one.id}"
        ),
        builders.analysis(
            sentiment=Sentiment(one.label, -0.5, 0.0, 0.25, 0.75),
            kind=Kind(one.kind),
            entities=("Acme",) if one.id.startswith("x:luggage") else (),
            mentions=(),
            words=one.words,
            lang=one.lang,
        ),
        builders.AT,
        builders.INGESTED,
        namespace,
        Opinion(complaint=complaint) if one.complains is not None else Opinion(),
    )


@cache
def some(period: Period = DAY, entity: str | None = None) -> Found:
    """Topics of a time and of the one before, of which one is new, and one has vanished."""
    before = planted({"luggage": 150, "phone": 100}, seed=2, period=period.before)
    tweets = [
        *planted({"luggage": 150, "coffee": 100}, period=period),
        *[replace(one, id=f"{one.id}before") for one in before],
    ]
    labels = (Label.NEGATIVE, Label.NEGATIVE, Label.NEUTRAL, Label.POSITIVE)
    mixed = [replace(one, label=labels[number % len(labels)]) for number, one in enumerate(tweets)]
    return find(Question(period, entity, k=2), reader(mixed), (), lambda _: None)


def reader(tweets: Sequence[Said], size: int = 97) -> Read:
    """Reads them, as from a server, in chunks; any of them, where not all are wanted."""

    def read(period: Period, enough: int | None) -> Iterator[Sequence[Said]]:
        within = [one for one in tweets if period.since <= one.at < period.until]
        if enough is not None and enough < len(within):
            within = Random(0).sample(within, enough)
        return (within[start : start + size] for start in range(0, len(within), size))

    return read


def theme_of(words: Sequence[str]) -> str:
    """The theme that most of the words are of."""
    return max(THEMES, key=lambda theme: len(set(words) & set(THEMES[theme].split())))

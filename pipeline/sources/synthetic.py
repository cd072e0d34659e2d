"""Invented tweets of invented brands: moods that drift, a crisis, complaints, other languages and a few bad records."""

from __future__ import annotations

from bisect import bisect
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import accumulate, count
from math import pi
from random import Random

import orjson

from pipeline.domain.record import encode
from pipeline.domain.tweet import Author, Geo, GeoSource, Kind, Tweet
from pipeline.sources.moods import mood_weights
from pipeline.sources.phrases import BRANDS, CITIES, EMOJI, FOREIGN, SENTENCES, SLOTS, Brand, Mood
from pipeline.sources.source import Item, Unreadable

AUTHORS = 5_000
TEXTS_PER_POOL = 400
MOODS_HOLD_SECONDS = 10.0
BAD, RETWEETS, QUOTES, FOREIGNERS, LOCATED, TAGGED, WITH_EMOJI = 0.003, 0.15, 0.05, 0.12, 0.2, 0.4, 0.3
"""Shares of all tweets."""
NOWHERE = ("everywhere", "your heart", "Springfield", "he/him", "London / Paris")
LANGUAGES = tuple(FOREIGN)
POOLS = tuple((brand, mood) for brand in BRANDS for mood in Mood)


@dataclass(frozen=True)
class Synthetic:
    """A source of invented tweets, the same for the same arguments.

    Attributes:
        start: when the live part begins, with an offset; it is in every id.
        rate: tweets per second, by which their event time goes. None: the live ones have no time of their own.
        count: how many in all; None never ends.
        seed: another seed, other tweets.
        history: the first tweets are spread evenly over this time before `start`.
        history_tweets: how many they are.
    """

    start: datetime
    rate: float | None = None
    count: int | None = None
    seed: int = 1
    history: timedelta = timedelta(0)
    history_tweets: int = 20_000
    name: str = "synthetic"

    def __iter__(self) -> Iterator[Item]:
        writer = _Writer(self.start, self.seed)
        for number in count() if self.count is None else range(self.count):
            yield writer.item(number, self._seconds(number))

    def _seconds(self, number: int) -> float | None:
        """The time of writing, in seconds after `start`; None is the time of publishing."""
        past = self.history_tweets if self.history else 0
        if number < past:
            return self.history.total_seconds() * (number / past - 1)
        return None if self.rate is None else (number - past) / self.rate


class _Writer:
    def __init__(self, start: datetime, seed: int) -> None:
        # Seeded with text, which Python hashes alike in every process.
        self._random = Random(f"{seed} {start.isoformat()}")
        self._start = start
        self._ids = f"synthetic:{start:%Y%m%dT%H%M%S}.{start.microsecond // 1000:03}-"
        # Texts are made beforehand, because filling in a sentence for each tweet would limit the rate.
        self._texts = [_texts(brand, mood, self._random) for brand, mood in POOLS]
        self._authors = [_author(number, self._random) for number in range(AUTHORS)]
        self._places = [_place(city, self._random) for city in CITIES for _ in range(12)]
        self._phases = [self._random.uniform(0, 2 * pi) for _ in BRANDS]
        self._in_crisis = self._random.choice(BRANDS)
        self._recent: deque[Tweet] = deque(maxlen=64)
        self._moods: list[float] = []
        self._moods_hold_until = float("-inf")

    def item(self, number: int, seconds: float | None) -> Item:
        """The tweet that is written `seconds` after the start; now and then a retweet or a bad record."""
        random = self._random.random
        tweet = self._tweet(number, seconds)
        if random() < BAD:
            return _spoilt(tweet, number, self._random)
        if self._recent and random() < RETWEETS:
            return _retweet(tweet, self._recent[int(random() * len(self._recent))])
        self._recent.append(tweet)
        return tweet

    def _tweet(self, number: int, seconds: float | None) -> Tweet:
        random = self._random.random
        pool = self._pool(seconds or 0.0)
        brand, mood = POOLS[pool]
        text, lang = self._foreign(brand) if random() < FOREIGNERS else (self._english(pool, brand, mood), "en")
        return Tweet(
            id=f"{self._ids}{number}",
            text=text,
            source="synthetic",
            written_at=None if seconds is None else self._start + timedelta(seconds=seconds),
            lang=lang,
            kind=Kind.REPLY if text[0] == "@" else Kind.QUOTE if random() < QUOTES else Kind.ORIGINAL,
            # Squared, so that a few authors write most of the tweets, as in real feeds.
            author=self._authors[int(random() ** 2 * AUTHORS)],
            entities=(brand.name,),
            geo=self._places[int(random() * len(self._places))] if random() < LOCATED else None,
        )

    def _pool(self, seconds: float) -> int:
        # Moods drift over minutes, so they are not computed for each tweet.
        if not self._moods or seconds >= self._moods_hold_until:
            self._moods = list(accumulate(mood_weights(seconds, self._phases, self._in_crisis)))
            self._moods_hold_until = seconds + MOODS_HOLD_SECONDS
        # A rounding error at the upper end must not choose a pool that is not there.
        return bisect(self._moods, self._random.random() * self._moods[-1], hi=len(POOLS) - 1)

    def _english(self, pool: int, brand: Brand, mood: Mood) -> str:
        random = self._random.random
        text = self._texts[pool][int(random() * TEXTS_PER_POOL)]
        if random() < WITH_EMOJI:
            text = f"{text} {_pick(EMOJI[mood], random())}"
        if random() < TAGGED:
            text = f"{text} {_pick(brand.tags, random())}"
        return text

    def _foreign(self, brand: Brand) -> tuple[str, str]:
        random = self._random.random
        lang = _pick(LANGUAGES, random())
        return _pick(FOREIGN[lang], random()).format(brand=brand.name, tag=_pick(brand.tags, random())), lang


def _pick(choices: tuple[str, ...], random: float) -> str:
    return choices[int(random * len(choices))]


def _texts(brand: Brand, mood: Mood, random: Random) -> list[str]:
    def text() -> str:
        slots = {name: random.choice(words) for name, words in SLOTS.items()}
        sentence = random.choice(SENTENCES[mood])
        return sentence.format(brand=brand.name, handle=brand.name.lower(), thing=random.choice(brand.things), **slots)

    return [text() for _ in range(TEXTS_PER_POOL)]


def _author(number: int, random: Random) -> Author:
    id_, followers = str(1_000 + number), int(random.lognormvariate(5.5, 1.6))
    return Author(id_, f"user_{id_}", followers, _location(number))


def _location(number: int) -> str | None:
    """What authors' profiles say: of two in five a city, of others a country, a joke, or nothing."""
    name, country, _, _ = CITIES[number // 5 % len(CITIES)]
    return (f"{name}, {country}", name.lower(), country, NOWHERE[number // 5 % len(NOWHERE)], None)[number % 5]


def _place(city: tuple[str, str, float, float], random: Random) -> Geo:
    name, country, lat, lon = city
    return Geo(
        round(lat + random.gauss(0, 0.05), 4), round(lon + random.gauss(0, 0.05), 4), name, country, GeoSource.PLACE
    )


def _retweet(tweet: Tweet, original: Tweet) -> Tweet:
    return replace(
        tweet,
        text=f"RT @{original.author.name}: {original.text}",
        lang=original.lang,
        kind=Kind.RETWEET,
        entities=original.entities,
    )


def _spoilt(tweet: Tweet, number: int, random: Random) -> Item:
    """One of the faults that real feeds have, so that rejections can be seen."""
    record = orjson.loads(encode(tweet))
    fault = random.choice(("cut", "empty", "no id", "bad time"))
    if fault == "empty":
        record["text"] = " "
    if fault == "no id":
        del record["id"]
    if fault == "bad time":
        record["created_at"] = "yesterday"
    raw = orjson.dumps(record)
    return Unreadable(raw[: len(raw) // 2] if fault == "cut" else raw, f"tweet {number}", f"spoilt on purpose: {fault}")

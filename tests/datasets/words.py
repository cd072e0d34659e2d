"""Invented texts, names and ids, the same for the same seed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

BEGAN = datetime(2021, 3, 1, 12, tzinfo=UTC)
SNOWFLAKES_BEGAN_MS = 1_288_834_974_657
"""The time, in ms of Unix time, from which the time in a tweet's id is counted."""

NOUNS = (
    "parcel", "kettle", "bicycle", "invoice", "garden", "printer", "window", "ladder", "blanket", "teapot", "helmet",
    "drawer", "lantern", "carpet", "basket", "mirror", "pillow", "suitcase", "umbrella", "bottle",
)  # fmt: skip
QUALITIES = ("awful", "lovely", "broken", "great", "slow", "perfect", "useless", "kind", "noisy", "plain", "late")
VERBS = ("arrived", "vanished", "works", "failed", "shines", "leaks", "costs a lot", "waits", "fits", "rattles")
DRESS = (
    "", "", "", "!", "!!!", " :)", " :(", " 😡", " 🎉", " &amp; more", ' "really"', " #wow", " https://t.co/abc", " 5€",
)  # fmt: skip
SYLLABLES = ("ba", "do", "fi", "gu", "ke", "lo", "mi", "na", "po", "ru", "sa", "te", "vi", "wo", "zu")
BRANDS = ("Acme", "Globex", "Initech", "Umbrella", "Hooli", "Vandelay")


class Words:
    """Chooses words at random."""

    def __init__(self, seed: str) -> None:
        self.random = Random(seed)

    def sentence(self) -> str:
        """Two clauses about things, without signs: hardly ever the same twice."""
        return " ".join(f"the {self._one(QUALITIES)} {self._one(NOUNS)} {self._one(VERBS)}" for _ in range(2))

    def text(self) -> str:
        """A sentence, often with signs, links and emoji."""
        return f"{self.sentence()}{self._one(DRESS)}"

    def name(self) -> str:
        """The name of a user, without the @."""
        return "".join(self.random.choices(SYLLABLES, k=4)) + str(self.random.randrange(10, 100))

    def _one(self, of: tuple[str, ...]) -> str:
        return self.random.choice(of)


def moment(number: int) -> datetime:
    """When the tweet with this number was written, to the millisecond: a minute after the one before it."""
    return BEGAN + timedelta(minutes=number, milliseconds=number % 1_000)


def tweet_id(written: datetime, number: int) -> str:
    """An id that holds the time."""
    milliseconds = (written - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    return str((milliseconds - SNOWFLAKES_BEGAN_MS) << 22 | number % 4_096)


def iso(time: datetime) -> str:
    """As X's API writes a time."""
    return f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond // 1_000:03d}Z"

"""The tweets that the fake server has written: their ids, what rules find them, and the search over them."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

EPOCH_MS = 1_288_834_974_657
_TERM = re.compile(r'(-?)(?:([a-z_]+):(\S+)|("[^"]*")|([^\s()"]+))')

Json = dict[str, Any]


@dataclass(frozen=True)
class Written:
    """A tweet and when it was written, in seconds of the epoch."""

    data: Json
    at: float
    includes: Json

    @property
    def id(self) -> int:
        return int(self.data["id"])


class Archive:
    """Grows by `write`; ids rise with the time, as X's do."""

    def __init__(self) -> None:
        self.tweets: list[Written] = []
        self._lock = threading.Lock()
        self._last = 0

    def write(self, text: str, fields: Json | None = None, *, age: float = 0.0) -> Written:
        """A new tweet of `age` seconds ago."""
        with self._lock:
            at = time.time() - age
            id_ = (int(at * 1000) - EPOCH_MS) << 22
            if age:
                id_ += len(self.tweets)
            else:
                id_ = self._last = max(id_, self._last + 1)
            data = {
                "id": str(id_),
                "text": text,
                "author_id": "7",
                "lang": "en",
                "created_at": datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
                "edit_history_tweet_ids": [str(id_)],
            }
            users = {"users": [{"id": "7", "username": "someone", "public_metrics": {"followers_count": 12}}]}
            written = Written(data | (fields or {}), at, users)
            self.tweets.append(written)
            return written

    def ids(self) -> list[int]:
        with self._lock:
            return [tweet.id for tweet in self.tweets]

    def find(self, query: str, since: int, until: int | None, delay: float) -> list[Written]:
        """The tweets that a query finds between two ids, newest first, without those younger than `delay` seconds."""
        newest = time.time() - delay
        with self._lock:
            found = [
                tweet
                for tweet in self.tweets
                if since < tweet.id and (until is None or tweet.id < until) and tweet.at <= newest
            ]
        return sorted((tweet for tweet in found if matches(query, tweet.data)), key=lambda tweet: -tweet.id)


def matches(rule: str, data: Json) -> bool:
    """True if a term of the rule is in the tweet's text; the only operator that it knows is -is:retweet."""
    words = {word.lower() for word in re.findall(r"[@#$]?\w+", data["text"])}
    text, found = data["text"].lower(), False
    for minus, operator, value, phrase, word in _TERM.findall(rule):
        if operator == "is" and value == "retweet" and minus:
            if any(ref.get("type") == "retweeted" for ref in data.get("referenced_tweets", ())):
                return False
        elif phrase:
            found |= phrase.strip('"').lower() in text
        elif word and word != "OR":
            found |= not minus and word.lower() in words
    return found

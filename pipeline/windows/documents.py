"""The document of a window: its id, and what its tally comes to. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

import orjson

from pipeline.domain.document import ECS_VERSION, Document, present
from pipeline.domain.sentiment import SCORED, Label
from pipeline.windows import authors
from pipeline.windows.tally import BIN, STEPS, Tally

DATASET = "tweets.windows"
ALL, ENTITY = "all", "entity"
"""Scopes: a window of all tweets, whatever they are about, and one of an entity's."""

UNKNOWN_LANGUAGE = "und"
"""As BCP 47 has it."""

QUANTILES = (10, 25, 50, 75, 90)
TOP_HASHTAGS = 10

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Key(NamedTuple):
    """A window, with whose tweets it counts.

    Attributes:
        length: its name in the settings, such as `1h`.
        seconds: its length.
        start: its begin, seconds of the epoch.
        entity: the brand; None for all tweets.
        lang: the language.
    """

    length: str
    seconds: int
    start: int
    entity: str | None
    lang: str

    @property
    def begin(self) -> datetime:
        """The first moment in it."""
        return _EPOCH + timedelta(seconds=self.start)

    @property
    def end(self) -> datetime:
        """The first moment after it."""
        return self.begin + timedelta(seconds=self.seconds)


def id_of(key: Key, namespace: str) -> str:
    """The `_id`: the same for the same window, in whatever process."""
    said = orjson.dumps([namespace, key.seconds, key.start, key.entity, key.lang])
    return sha256(said).hexdigest()[:32]


def document(key: Key, tally: Tally, namespace: str) -> Document:
    """The document of a window. It says nothing of the moment at which it is made, so it can be made again."""
    scored = sum(tally.labels[label] for label in SCORED)
    return {
        "@timestamp": key.begin,
        "event": {
            "id": id_of(key, namespace),
            "kind": "metric",
            "dataset": DATASET,
            "start": key.begin,
            "end": key.end,
        },
        "tweet": present({"entity": key.entity, "lang": key.lang}),
        "window": {
            "namespace": namespace,
            "length": key.length,
            "seconds": key.seconds,
            "scope": ALL if key.entity is None else ENTITY,
            "tweets": tally.tweets,
            "retweets": tally.retweets,
            "scored": scored,
            **{str(label): tally.labels[label] for label in Label},
            **({f"{label}_share": tally.labels[label] / scored for label in SCORED} if scored else {}),
            **_compound_fields(tally),
            "judged": tally.judged,
            "complaints": tally.complaints,
            **({"complaint_share": tally.complaints / tally.judged} if tally.judged else {}),
            **({"reasons": dict(sorted(tally.reasons.items()))} if tally.reasons else {}),
            **_author_fields(tally),
            **_hashtag_fields(tally),
        },
        "ecs": {"version": ECS_VERSION},
    }


def quantile(bins: Mapping[int, int], percent: int) -> float:
    """The middle of the first bin up to which at least so many percent of the compounds are.

    >>> [quantile({-2: 1, 0: 2, 5: 1}, percent) for percent in (25, 50, 75, 90)]
    [-0.04, 0.0, 0.0, 0.1]
    """
    wanted, seen = percent * sum(bins.values()), 0
    for number in sorted(bins):
        seen += bins[number]
        if 100 * seen >= wanted:
            return number * BIN / STEPS
    raise ValueError("there is no compound")


def _compound_fields(tally: Tally) -> Document:
    count = tally.compounds
    if not count:
        return {}
    # Below the root are whole numbers, so nothing is lost by taking the difference of two large ones.
    spread = count * tally.squares - tally.total**2
    middles = sorted(tally.bins)
    return {
        "compound": {
            "count": count,
            "sum": tally.total / STEPS,
            "mean": tally.total / (count * STEPS),
            "deviation": math.sqrt(spread) / (count * STEPS),
            **{f"p{percent}": quantile(tally.bins, percent) for percent in QUANTILES},
            "values": [number * BIN / STEPS for number in middles],
            "counts": [tally.bins[number] for number in middles],
        }
    }


def _author_fields(tally: Tally) -> Document:
    # Without a single author nothing is known of them: privacy.authors may be "drop".
    return {"authors": authors.estimate(tally.authors)} if tally.authors else {}


def _hashtag_fields(tally: Tally) -> Document:
    top = sorted(tally.hashtags.items(), key=lambda item: (-item[1], item[0]))[:TOP_HASHTAGS]
    fields: Document = {"hashtags_left_out": tally.left_out}
    if top:
        fields |= {"hashtags": [name for name, _ in top], "hashtag_counts": [count for _, count in top]}
    return fields

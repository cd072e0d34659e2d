"""Tells retweets and replies by their text."""

from __future__ import annotations

import re

from pipeline.domain.tweet import Kind
from pipeline.scoring.patterns import MENTION

RETWEET = re.compile(r"RT\s*:?\s*(?=[@＠])", re.IGNORECASE)


def kind_of(text: str) -> Kind:
    """`RT @x: ...` is a retweet, a text that starts with a mention a reply, all else original.

    A quote can't be told so: its text does not hold what it quotes.
    """
    start = text[:280].lstrip()
    if retweet := RETWEET.match(start):
        return Kind.RETWEET if MENTION.match(start, retweet.end()) else Kind.ORIGINAL
    return Kind.REPLY if MENTION.match(start) else Kind.ORIGINAL

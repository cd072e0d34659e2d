"""The results of scoring a tweet."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.domain.sentiment import Sentiment
from pipeline.domain.tweet import Kind


@dataclass(frozen=True, slots=True)
class Analysis:
    """A tweet's sentiment and what its text holds.

    Attributes:
        lang: from the record, else found in the text; None where nobody knows.
        kind: from the record, else told from the text.
        hashtags: lower-cased, without '#'.
        mentions: without '@'.
        entities: the record's first, then those that tracked keywords name; distinct.
        clean: the text without what is not its words.
        words: distinct keywords, for tag clouds.
    """

    sentiment: Sentiment
    kind: Kind
    hashtags: tuple[str, ...]
    mentions: tuple[str, ...]
    entities: tuple[str, ...]
    clean: str
    words: tuple[str, ...]
    lang: str | None = None

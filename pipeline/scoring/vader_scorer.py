"""VADER as a `Scorer`: English, and without the names in a text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self

from pipeline.domain.sentiment import Sentiment
from pipeline.scoring.lexicon import lexicon
from pipeline.scoring.names import FeelingNames, scored_text
from pipeline.scoring.vader import Vader

if TYPE_CHECKING:
    from pipeline.settings import ScoringSettings, Settings


class VaderScorer:
    """Leaves @mentions and the names of tracked entities out of what VADER scores, unless told not to.

    Args:
        keywords: that name tracked entities.
        drop_mentions: whether to leave mentions and names out.
    """

    name: ClassVar[str] = "vader"
    languages: ClassVar[frozenset[str]] = frozenset({"en"})

    def __init__(self, keywords: Sequence[str] = (), drop_mentions: bool = True) -> None:
        self._keywords, self._drop_mentions = tuple(keywords), drop_mentions
        self._vader = Vader()
        self._names = FeelingNames(self._keywords, lexicon().valences)

    @classmethod
    def made(cls, settings: Settings) -> Self:
        """By the section `scoring`."""
        return cls.of(settings.scoring)

    @classmethod
    def of(cls, scoring: ScoringSettings) -> Self:
        """By its keywords and by whether they count."""
        return cls([keyword for keywords in scoring.entities.values() for keyword in keywords], scoring.drop_mentions)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._keywords, self._drop_mentions)

    def score(self, texts: Sequence[str]) -> list[Sentiment]:
        """VADER's numbers for each text."""
        score, scored = self._vader.score, self.scored
        return [score(scored(text)) for text in texts]

    def explain(self, text: str) -> list[tuple[str, float]]:
        """The words that have a feeling where they stand, with their valences, in the text's order."""
        return self._vader.explain(self.scored(text))

    def scored(self, text: str) -> str:
        """The part of a text that is scored."""
        return scored_text(text, self._names) if self._drop_mentions else text

"""All that scoring says of one tweet, in one call."""

from __future__ import annotations

from typing import Any

from pipeline.domain.analysis import Analysis
from pipeline.domain.sentiment import UNSUPPORTED, Sentiment
from pipeline.domain.tweet import Tweet
from pipeline.scoring.clean import clean
from pipeline.scoring.entities import EntityFinder, hashtags, mentions
from pipeline.scoring.kind import kind_of
from pipeline.scoring.language import speaks
from pipeline.scoring.lexicon import lexicon
from pipeline.scoring.names import FeelingNames, scored_text
from pipeline.scoring.scorer import Scorer
from pipeline.scoring.vader import VaderScorer
from pipeline.settings import ScoringSettings


class Analyzer:
    """Says of a tweet what the stream writes down. Made once per process; a pickled one is made anew.

    Args:
        settings: what is left out of what is scored, the languages, the tracked entities.
        scorer: VADER, where none is given.
    """

    def __init__(self, settings: ScoringSettings, scorer: Scorer | None = None) -> None:
        self._settings = settings
        self._scorer = scorer or VaderScorer()
        self._finder = EntityFinder(settings.entities)
        keywords = [keyword for keywords in settings.entities.values() for keyword in keywords]
        self._names = FeelingNames(keywords, lexicon().valences)

    def __reduce__(self) -> tuple[Any, ...]:
        return Analyzer, (self._settings, self._scorer)

    def analyze(self, tweet: Tweet) -> Analysis:
        """The tweet's sentiment, kind, names and words. Any text will do; nothing is raised."""
        supported = speaks(tweet.lang, self._settings.languages)
        cleaned = clean(tweet.text)
        return Analysis(
            sentiment=self.classify(tweet.text) if supported else UNSUPPORTED,
            kind=tweet.kind or kind_of(tweet.text),
            hashtags=hashtags(tweet.text),
            mentions=mentions(tweet.text),
            entities=tuple(dict.fromkeys((*tweet.entities, *self._finder.find(tweet.text)))),
            clean=cleaned.text,
            words=cleaned.words,
        )

    def classify(self, text: str, verbatim: bool = False) -> Sentiment:
        """The sentiment of a text, without the names in it unless `verbatim` or so set."""
        return self._scorer.score(self.scored(text, verbatim))

    def scored(self, text: str, verbatim: bool = False) -> str:
        """What of a text is scored."""
        return scored_text(text, self._names) if self._settings.drop_mentions and not verbatim else text

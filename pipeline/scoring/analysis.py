"""Everything that scoring says of tweets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipeline.domain.analysis import Analysis
from pipeline.domain.sentiment import UNSUPPORTED, Sentiment
from pipeline.domain.tweet import Tweet
from pipeline.errors import ScoringError
from pipeline.ports import Scorer
from pipeline.scoring.clean import clean
from pipeline.scoring.entities import EntityFinder, hashtags, mentions
from pipeline.scoring.kind import kind_of
from pipeline.scoring.language import speaks
from pipeline.scoring.vader_scorer import VaderScorer

if TYPE_CHECKING:
    from pipeline.settings import ScoringSettings


class Analyzer:
    """Says of tweets what the stream writes down. Made once per process.

    A tweet is scored by the first scorer that speaks its language; where nobody knows its language, by the first one.

    Args:
        settings: the languages, which narrow what scorers speak, and the tracked entities.
        scorers: VADER alone, where none are given.
    """

    def __init__(self, settings: ScoringSettings, scorers: Sequence[Scorer] | None = None) -> None:
        self._languages = settings.languages
        self._scorers = tuple(scorers) if scorers is not None else (VaderScorer.of(settings),)
        self._finder = EntityFinder(settings.entities)

    def analyze(self, tweet: Tweet) -> Analysis:
        """As `analyze_all`, of one tweet."""
        (analysis,) = self.analyze_all([tweet])
        return analysis

    def analyze_all(self, tweets: Sequence[Tweet]) -> list[Analysis]:
        """The sentiment, kind, names and words of each tweet. Any text will do.

        Raises:
            ScoringError: a scorer failed, or did not answer for each text.
        """
        return [self._analysis(*pair) for pair in zip(tweets, self._sentiments(tweets), strict=True)]

    def scorer_of(self, lang: str | None) -> Scorer | None:
        """The scorer for texts in a language (BCP 47 tag or X's code); None where nobody speaks it."""
        return next((one for one in self._scorers if speaks(lang, one.languages, self._languages)), None)

    def _sentiments(self, tweets: Sequence[Tweet]) -> list[Sentiment]:
        found = [UNSUPPORTED] * len(tweets)
        by_language = {lang: self.scorer_of(lang) for lang in {tweet.lang for tweet in tweets}}
        for scorer in self._scorers:
            places = [place for place, tweet in enumerate(tweets) if by_language[tweet.lang] is scorer]
            if places:
                said = asked(scorer, [tweets[place].text for place in places])
                for place, sentiment in zip(places, said, strict=True):
                    found[place] = sentiment
        return found

    def _analysis(self, tweet: Tweet, sentiment: Sentiment) -> Analysis:
        cleaned = clean(tweet.text)
        return Analysis(
            sentiment=sentiment,
            kind=tweet.kind or kind_of(tweet.text),
            hashtags=hashtags(tweet.text),
            mentions=mentions(tweet.text),
            entities=tuple(dict.fromkeys((*tweet.entities, *self._finder.find(tweet.text)))),
            clean=cleaned.text,
            words=cleaned.words,
        )


def asked(scorer: Scorer, texts: Sequence[str]) -> Sequence[Sentiment]:
    """One sentiment for each text.

    Raises:
        ScoringError: the scorer failed, or gave something else.
    """
    try:
        found = scorer.score(texts)
    except Exception as error:
        # A user's scorer may raise anything; its words may quote a text.
        raise ScoringError(
            f"the scorer {scorer.name} failed ({type(error).__name__}): mend it, or take it out of scoring.scorers"
        ) from error
    if len(found) != len(texts) or not all(isinstance(one, Sentiment) for one in found):
        raise ScoringError(f"the scorer {scorer.name} does not give one Sentiment for each text: mend it")
    return found

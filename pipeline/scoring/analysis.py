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
from pipeline.scoring.detection import LanguageDetector
from pipeline.scoring.entities import EntityFinder, hashtags, mentions
from pipeline.scoring.kind import kind_of
from pipeline.scoring.language import is_known, speaks
from pipeline.scoring.vader_scorer import VaderScorer

if TYPE_CHECKING:
    from pipeline.settings import ScoringSettings


class Analyzer:
    """Says of tweets what the stream writes down. Made once per process.

    A tweet is scored by the first scorer that speaks its language; where nobody knows it, by the first one. The
    language is the record's, or, where that does not say it, found in the text.

    Args:
        settings: the languages, which narrow what scorers speak, and the tracked entities.
        scorers: VADER alone, where none are given.
    """

    def __init__(self, settings: ScoringSettings, scorers: Sequence[Scorer] | None = None) -> None:
        self._languages = settings.languages
        self._scorers = tuple(scorers) if scorers is not None else (VaderScorer.of(settings),)
        self._detector = LanguageDetector() if settings.detect_languages else None
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
        langs = [self.language_of(tweet.text, tweet.lang) for tweet in tweets]
        return [self._analysis(*one) for one in zip(tweets, langs, self._sentiments(tweets, langs), strict=True)]

    def language_of(self, text: str, lang: str | None = None) -> str | None:
        """The language of a text, found in it where `lang` does not say one."""
        if self._detector is None or is_known(lang):
            return lang
        return self._detector.detect(text) or lang

    def scorer_of(self, lang: str | None) -> Scorer | None:
        """The scorer for texts in a language (BCP 47 tag or X's code); None where nobody speaks it."""
        return next((one for one in self._scorers if speaks(lang, one.languages, self._languages)), None)

    def _sentiments(self, tweets: Sequence[Tweet], langs: Sequence[str | None]) -> list[Sentiment]:
        found = [UNSUPPORTED] * len(tweets)
        by_language = {lang: self.scorer_of(lang) for lang in {*langs}}
        for scorer in self._scorers:
            places = [place for place, lang in enumerate(langs) if by_language[lang] is scorer]
            if places:
                said = asked(scorer, [tweets[place].text for place in places])
                for place, sentiment in zip(places, said, strict=True):
                    found[place] = sentiment
        return found

    def _analysis(self, tweet: Tweet, lang: str | None, sentiment: Sentiment) -> Analysis:
        cleaned = clean(tweet.text)
        return Analysis(
            sentiment=sentiment,
            kind=tweet.kind or kind_of(tweet.text),
            hashtags=hashtags(tweet.text),
            mentions=mentions(tweet.text),
            entities=tuple(dict.fromkeys((*tweet.entities, *self._finder.find(tweet.text)))),
            clean=cleaned.text,
            words=cleaned.words,
            lang=lang,
        )


def asked(scorer: Scorer, texts: Sequence[str]) -> Sequence[Sentiment]:
    """One sentiment for each text.

    Raises:
        ScoringError: the scorer failed, or gave something else.
    """
    try:
        found = scorer.score(texts)
    except Exception as error:
        # A user's scorer may raise anything, and its message may quote a text.
        raise ScoringError(
            f"the scorer {scorer.name} failed ({type(error).__name__}): mend it, or take it out of scoring.scorers"
        ) from error
    if len(found) != len(texts) or not all(isinstance(one, Sentiment) for one in found):
        raise ScoringError(f"the scorer {scorer.name} does not give one Sentiment for each text: mend it")
    return found

"""One call says of a tweet all that the stream writes down."""

from __future__ import annotations

import pickle

from pipeline.domain.analysis import Analysis
from pipeline.domain.sentiment import UNSUPPORTED, Label, Sentiment
from pipeline.domain.tweet import Kind, Tweet
from pipeline.scoring.analysis import Analyzer
from pipeline.scoring.scorer import Scorer
from pipeline.scoring.vader import VaderScorer
from pipeline.settings import ScoringSettings

SETTINGS = ScoringSettings(entities={"United": ("united",), "Delta": ("delta", "@delta")})
ANALYZER = Analyzer(SETTINGS)


def tweet(text: str, lang: str | None = None, kind: Kind | None = None, entities: tuple[str, ...] = ()) -> Tweet:
    return Tweet(id="x:1", text=text, source="replay", lang=lang, kind=kind, entities=entities)


def test_everything_about_one_tweet() -> None:
    """Sentiment without the names, kind, names, clean text and words."""
    text = "@Delta Sooo late again, and the crew does not care!!! #FAIL http://t.co/x"
    assert ANALYZER.analyze(tweet(text)) == Analysis(
        sentiment=VaderScorer().score("Sooo late again, and the crew does not care!!! #FAIL http://t.co/x"),
        kind=Kind.REPLY,
        hashtags=("fail",),
        mentions=("delta",),
        entities=("Delta",),
        clean="Soo late crew not care FAIL",
        words=("soo", "late", "crew", "care", "fail"),
    )


def test_the_record_comes_first() -> None:
    """A kind that the record gives stands; its entities come first, and each is there once."""
    analysis = ANALYZER.analyze(tweet("@united or Delta", kind=Kind.QUOTE, entities=("Other", "Delta")))
    assert (analysis.kind, analysis.entities) == (Kind.QUOTE, ("Other", "Delta", "United"))


def test_other_languages_are_unsupported() -> None:
    """A known language that is not spoken has no sentiment, but has words; an unknown one is scored."""
    german = ANALYZER.analyze(tweet("was für ein gift #pech", lang="de"))
    unknown = ANALYZER.analyze(tweet("what a gift", lang="und"))
    assert (german.sentiment, german.hashtags) == (UNSUPPORTED, ("pech",))
    assert unknown.sentiment.label == Label.POSITIVE


def test_verbatim_scores_names_too() -> None:
    """`verbatim`, or `drop_mentions` off, scores the text as it is."""
    text = "@united lands, United departs"
    verbatim = VaderScorer().score(text)
    assert ANALYZER.classify(text).label == Label.NEUTRAL
    assert ANALYZER.classify(text, verbatim=True) == verbatim
    assert Analyzer(SETTINGS.model_copy(update={"drop_mentions": False})).classify(text) == verbatim
    assert verbatim.label == Label.POSITIVE


class Glum:
    """A scorer that finds everything sad."""

    name = "glum"

    def score(self, text: str) -> Sentiment:
        return Sentiment(Label.NEGATIVE, -1.0, 0.0, 0.0, 1.0)


def test_another_scorer_takes_vaders_place() -> None:
    """Whatever has a name and a score is a scorer."""
    scorer: Scorer = Glum()
    assert Analyzer(SETTINGS, scorer).classify("great").label == Label.NEGATIVE


def test_survives_pickling() -> None:
    """A pickled analyzer has the same settings and says the same, without what it remembers."""
    analyzer = Analyzer(SETTINGS)
    analyzer.analyze(tweet("a telling text of Delta"))
    pickled = pickle.dumps(analyzer)
    assert b"telling" not in pickled
    assert pickle.loads(pickled).analyze(tweet("delta")) == analyzer.analyze(tweet("delta"))


def test_nasty_texts_are_analyzed() -> None:
    """Nothing is raised on lone surrogates, control characters, or a text of 100,000 characters."""
    texts = ["\ud83d", "\x00", "#\ud83d @\udc00", "RT", "&#xd800;", "&#99999999999;", "😡" * 100_000, "a.b/" * 25_000]
    assert [type(ANALYZER.analyze(tweet(text))) for text in texts] == [Analysis] * len(texts)

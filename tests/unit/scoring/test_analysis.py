"""One call says of a tweet all that the stream writes down."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from pipeline.domain.analysis import Analysis
from pipeline.domain.sentiment import UNSUPPORTED, Label, Sentiment
from pipeline.domain.tweet import Kind, Tweet
from pipeline.errors import ScoringError
from pipeline.ports import Scorer
from pipeline.scoring.analysis import Analyzer
from pipeline.scoring.vader import Vader
from pipeline.scoring.vader_scorer import VaderScorer
from pipeline.settings import ScoringSettings

SETTINGS = ScoringSettings(entities={"United": ("united",), "Delta": ("delta", "@delta")})
ANALYZER = Analyzer(SETTINGS)


def tweet(text: str, lang: str | None = None, kind: Kind | None = None, entities: tuple[str, ...] = ()) -> Tweet:
    return Tweet(id="x:1", text=text, source="replay", lang=lang, kind=kind, entities=entities)


def test_everything_about_one_tweet() -> None:
    """Sentiment without the names, kind, names, clean text and words."""
    text = "@Delta Sooo late again, and the crew does not care!!! #FAIL http://t.co/x"
    assert ANALYZER.analyze(tweet(text)) == Analysis(
        sentiment=Vader().score("Sooo late again, and the crew does not care!!! #FAIL http://t.co/x"),
        kind=Kind.REPLY,
        hashtags=("fail",),
        mentions=("delta",),
        entities=("Delta",),
        clean="Soo late crew not care FAIL",
        words=("soo", "late", "crew", "care", "fail"),
        lang="en",
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


def test_names_are_scored_where_told_so() -> None:
    """`drop_mentions` off scores the text as it is."""
    text = "@united lands, United departs"
    kept = Analyzer(SETTINGS.model_copy(update={"drop_mentions": False}))
    assert ANALYZER.analyze(tweet(text)).sentiment.label == Label.NEUTRAL
    assert kept.analyze(tweet(text)).sentiment == Vader().score(text)
    assert Vader().score(text).label == Label.POSITIVE


class Glum:
    """A scorer that finds everything sad, in German."""

    name = "glum"
    languages = frozenset({"de"})

    def score(self, texts: Sequence[str]) -> list[Sentiment]:
        return [Sentiment(Label.NEGATIVE, -1.0, 0.0, 0.0, 1.0)] * len(texts)


def test_the_first_scorer_that_speaks_a_language_scores_it() -> None:
    """Each tweet by its own; of an unknown language by the first one; nobody speaks French. The order stays."""
    langs = ["de", "en", None, "fr", "de-AT"]
    labels = {"vader first": [Label.NEGATIVE, Label.POSITIVE, Label.POSITIVE, Label.UNSUPPORTED, Label.NEGATIVE]}
    labels["glum first"] = [*labels["vader first"][:2], Label.NEGATIVE, *labels["vader first"][3:]]
    tweets = [tweet("great", lang=lang) for lang in langs]
    orders: dict[str, list[Scorer]] = {"vader first": [VaderScorer(), Glum()], "glum first": [Glum(), VaderScorer()]}
    for name, scorers in orders.items():
        analyzer = Analyzer(SETTINGS, scorers)
        assert [one.sentiment.label for one in analyzer.analyze_all(tweets)] == labels[name]


def test_the_language_is_found_where_the_record_does_not_say_it() -> None:
    """It is detected in the text, unless that is off; the record's own language has precedence."""
    text = "Das ist wirklich schrecklich, nie wieder"
    found = {lang: ANALYZER.analyze(tweet(text, lang=lang)) for lang in (None, "und", "en")}
    assert [one.lang for one in found.values()] == ["de", "de", "en"]
    assert [one.sentiment == UNSUPPORTED for one in found.values()] == [True, True, False]
    told = Analyzer(SETTINGS.model_copy(update={"detect_languages": False})).analyze(tweet(text))
    assert (told.lang, told.sentiment.label) == (None, Label.NEUTRAL)


def test_settings_narrow_what_scorers_speak() -> None:
    """A language that is not wanted is unsupported, though a scorer speaks it."""
    analyzer = Analyzer(SETTINGS.model_copy(update={"languages": ("en",)}), [VaderScorer(), Glum()])
    assert analyzer.analyze(tweet("great", lang="de")).sentiment == UNSUPPORTED


def test_german_is_not_scored_by_an_english_scorer() -> None:
    """In English "die" is a sad word; in German it is an article."""
    text = "Die Tür war offen."
    assert Vader().score(text).label == Label.NEGATIVE
    assert ANALYZER.analyze(tweet(text, lang="de")).sentiment == UNSUPPORTED


class Failing(Glum):
    """A scorer that quotes the text when it fails."""

    def score(self, texts: Sequence[str]) -> list[Sentiment]:
        raise ValueError(f"can't score {texts[0]}")


class Short(Glum):
    """A scorer that leaves the last text out."""

    def score(self, texts: Sequence[str]) -> list[Sentiment]:
        return super().score(texts[1:])


@pytest.mark.parametrize("scorer", [Failing(), Short()], ids=["fails", "leaves one out"])
def test_a_scorer_that_does_not_do_its_work(scorer: Glum) -> None:
    """It is named; no text is quoted."""
    with pytest.raises(ScoringError, match="the scorer glum") as told:
        Analyzer(SETTINGS, [scorer]).analyze(tweet("a secret", lang="de"))
    assert "secret" not in told.value.message


def test_nasty_texts_are_analyzed() -> None:
    """Nothing is raised on lone surrogates, control characters, or a text of 100,000 characters."""
    texts = ["\ud83d", "\x00", "#\ud83d @\udc00", "RT", "&#xd800;", "&#99999999999;", "😡" * 100_000, "a.b/" * 25_000]
    assert [type(ANALYZER.analyze(tweet(text))) for text in texts] == [Analysis] * len(texts)

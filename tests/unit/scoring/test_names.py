"""A name is not a feeling."""

from __future__ import annotations

import pytest

from pipeline.scoring.lexicon import lexicon
from pipeline.scoring.names import FeelingNames, scored_text
from pipeline.scoring.vader import VaderScorer
from tests.unit.scoring.corpus import column

NAMES = FeelingNames(["United", "@united", "#united", "Delta", "Best Buy", "best", "H&M love", ""], lexicon().valences)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("@united I love it", "  I love it"),
        ("I love @united's crew", "I love  's crew"),
        ("me@love.com :@ @>-->--", "me@love.com :@ @>-->--"),
        ("United is great", "United is great"),
    ],
)
def test_mentions_are_left_out(text: str, left: str) -> None:
    """Mentions go; e-mail addresses, emoticons and words stay."""
    assert scored_text(text) == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("United is great", "  is great"),
        ("UNITED, #united", " ,  "),
        ("reunited with unitedly", "reunited with unitedly"),
        ("Delta is late", "Delta is late"),
        ("best  buy is the best", "  is the  "),
        ("H&M love", " "),
        ("ununited united", "ununited  "),
    ],
)
def test_names_that_are_feelings_are_left_out(text: str, left: str) -> None:
    """Tracked names with a word of the lexicon go, as whole words; other names stay as they are."""
    assert scored_text(text, NAMES) == left


def test_people_agree_more_without_mentions() -> None:
    """On the airline tweets, each once, mentions left out lower the disagreement with people from 51.5 % to 45.0 %."""
    name = "airline/tweets_first80pct_by_time.csv"
    labels = dict(zip(column(name, "tweet_id"), column(name, "airline_sentiment"), strict=True))
    texts = dict(zip(column(name, "tweet_id"), column(name, "text"), strict=True))
    score = VaderScorer().score
    verbatim = sum(score(text).label != labels[tweet] for tweet, text in texts.items())
    nameless = sum(score(scored_text(text)).label != labels[tweet] for tweet, text in texts.items())
    assert (len(texts), round(verbatim / len(texts), 3), round(nameless / len(texts), 3)) == (11_704, 0.515, 0.45)

"""The examples that pages print with their results."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from pipeline.components import scorers_of
from pipeline.scoring.analysis import Analyzer
from pipeline.scoring.vader import Vader
from pipeline.settings import Settings
from pipeline.sources.files import file_source
from pipeline.sources.source import Unreadable
from tests import pages

TUTORIAL, LIMITS = "docs/tutorial.md", "docs/vader.md"
ROWS = re.findall(r"^\| (.+?) \| (-?\d\.\d{4}) \| (\w+) \|", pages.text(LIMITS), re.MULTILINE)


def test_the_tweets_of_the_tutorial_are_scored_as_it_says(tmp_path: Path) -> None:
    """Its file is read, its brand is found in each tweet, and the labels are those that it prints."""
    (tweets,), (settings,) = pages.blocks(TUTORIAL, "csv"), pages.blocks(TUTORIAL, "toml")
    (tmp_path / "tweets.csv").write_text(tweets)
    scoring = Settings(**tomllib.loads(settings))
    analyzer = Analyzer(scoring.scoring, scorers_of(scoring))
    found = list(file_source(tmp_path / "tweets.csv", "auto", None))
    said = [analyzer.analyze(tweet) for tweet in found if not isinstance(tweet, Unreadable)]
    assert [one.entities for one in said] == [("Acme",)] * 6
    (printed,) = pages.blocks(TUTORIAL, "text")
    assert Counter(str(one.sentiment.label) for one in said) == {
        label: int(number) for label, number in (line.split() for line in printed.splitlines())
    }


def test_the_tweet_that_the_tutorial_labels_is_the_ironic_one(tmp_path: Path) -> None:
    """By its id, which is made of its content."""
    (tmp_path / "tweets.csv").write_text(pages.blocks(TUTORIAL, "csv")[0])
    texts = {
        tweet.id: tweet.text
        for tweet in file_source(tmp_path / "tweets.csv", "auto", None)
        if not isinstance(tweet, Unreadable)
    }
    (labelled,) = re.findall(r"tweetpulse label (\S+) negative", pages.text(TUTORIAL))
    assert texts[labelled].startswith("Great, my acme parcel is lost")


@pytest.mark.parametrize(("text", "compound", "label"), ROWS, ids=[text for text, *_ in ROWS])
def test_what_vader_makes_of_a_text_is_what_the_page_says(text: str, compound: str, label: str) -> None:
    found = Vader().score(text)
    assert (f"{found.compound:.4f}", found.label) == (compound, label)


def test_the_page_has_examples() -> None:
    assert len(ROWS) > 5

"""Columns and panels that several dashboards on tweets share."""

from __future__ import annotations

from dashboards.kibana import palette
from dashboards.kibana.columns import COUNT, count, measure, newest, over_time, ranked, share, terms
from dashboards.kibana.conditions import GUESSED, NEGATIVE, NEUTRAL, POSITIVE, SCORED, STATED
from dashboards.kibana.data_views import TWEETS
from dashboards.kibana.panels import LensPanel, bars, chart, cloud, metric, table

NEGATIVE_COUNT = count("negative", "Negative", NEGATIVE)
BY_SENTIMENT = (NEGATIVE_COUNT, count("neutral", "Neutral", NEUTRAL), count("positive", "Positive", POSITIVE))
"""Three counts rather than a split by label: the order and the colours are fixed, and `unsupported` is in no share."""

NEGATIVE_SHARE = share("negative_share", "Negative", NEGATIVE, SCORED)
COMPOUND = measure("compound", "Compound", "average", "tweet.sentiment.compound")
AUTHORS = measure("authors", "Authors", "unique_count", "user.id")
ENTITY = terms("entity", "Entity", "tweet.entity", 20)


def negative_share() -> LensPanel:
    """The number that matters most."""
    return metric(
        "Negative share",
        "How many of the scored tweets are negative, beside the same of the period before.",
        TWEETS,
        share("negative_share", "Negative tweets", NEGATIVE, SCORED),
        under="of those in a language that is scored",
        history=True,
    )


def tweet_count() -> LensPanel:
    """The volume."""
    return metric("Tweets in all", "Every tweet but retweets.", TWEETS, COUNT, under="without retweets", history=True)


def newest_tweet() -> LensPanel:
    """The arrival of the newest tweet, which shows if the numbers are fresh."""
    return metric(
        "Newest tweet",
        "When the newest one was indexed: longer ago than expected means no fresh data.",
        TWEETS,
        newest("newest", "Newest tweet"),
        under="when it was indexed",
    )


def authors() -> LensPanel:
    """The approximate number of people."""
    return metric(
        "Authors", "How many different authors, about.", TWEETS, AUTHORS, under="different ones, about", history=True
    )


def shares_over_time() -> LensPanel:
    """The mood over time."""
    return chart(
        "Share of each sentiment",
        "Of the tweets in a language that is scored.",
        TWEETS,
        over_time(),
        BY_SENTIMENT,
        series="bar_percentage_stacked",
        colors=palette.SENTIMENT,
    )


def volume_over_time() -> LensPanel:
    """Counts of tweets by sentiment."""
    return chart(
        "Tweets per interval",
        "By sentiment.",
        TWEETS,
        over_time(),
        BY_SENTIMENT,
        series="bar_stacked",
        colors=palette.SENTIMENT,
    )


def entities() -> LensPanel:
    """The entities, and their weight."""
    return table(
        "Entities",
        "Negative: which share of the scored tweets. Compound: the mean, -1 to +1; sort by it to see the worst first. "
        "A tweet that names two counts for both.",
        TWEETS,
        (ENTITY,),
        ((COUNT, 80), (NEGATIVE_SHARE, 95), (COMPOUND, 110), (AUTHORS, 85)),
        means=COMPOUND,
    )


def hashtags() -> LensPanel:
    """The words that tweets use most."""
    return cloud("Hashtags", "The most frequent.", TWEETS, terms("hashtag", "Hashtag", "tweet.hashtags", 15), COUNT)


def top_hashtags() -> LensPanel:
    """The same with their numbers."""
    return bars("Top hashtags", "The most frequent.", TWEETS, terms("hashtag", "Hashtag", "tweet.hashtags", 12), COUNT)


def words() -> LensPanel:
    """The words that tweets use most."""
    return cloud("Words", "The most frequent keywords.", TWEETS, terms("word", "Word", "tweet.words", 25), COUNT)


def languages() -> LensPanel:
    """In which languages."""
    return bars("Languages", "The most frequent.", TWEETS, terms("lang", "Language", "tweet.lang", 12), COUNT)


def countries() -> LensPanel:
    """The places without a map; countries that only profiles name are told apart."""
    return chart(
        "Countries",
        "Stated: where tweets say that they were written. Guessed: where their authors' profiles say that they live.",
        TWEETS,
        ranked("country", "Country", "tweet.geo.country", 12, COUNT, "desc", others=False),
        (count("stated", "Stated", STATED), count("guessed", "Guessed", GUESSED)),
        series="bar_horizontal_stacked",
        colors={"stated": palette.VOLUME, "guessed": palette.GUESSED},
    )

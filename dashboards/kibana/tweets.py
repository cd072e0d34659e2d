"""Columns and panels that several dashboards on tweets share."""

from __future__ import annotations

from dashboards.kibana import palette
from dashboards.kibana.columns import COUNT, count, measure, over_time, terms
from dashboards.kibana.conditions import NEGATIVE, NEUTRAL, POSITIVE
from dashboards.kibana.data_views import TIME, TWEETS
from dashboards.kibana.panels import LensPanel, bars, chart, cloud, donut, metric, table

NEGATIVE_COUNT = count("negative", "negative", NEGATIVE)
BY_SENTIMENT = (NEGATIVE_COUNT, count("neutral", "neutral", NEUTRAL), count("positive", "positive", POSITIVE))
"""Three counts rather than a split by label: the order and the colours are fixed, and `unsupported` is in no share."""

COMPOUND = measure("compound", "Mean compound", "average", "tweet.sentiment.compound")
AUTHORS = measure("authors", "Authors", "unique_count", "user.id")
ENTITY = terms("entity", "Entity", "tweet.entity", 20)


def negative_share() -> LensPanel:
    """The number that matters most."""
    return metric(
        "Negative tweets",
        "How many are negative; the bar shows which part of all tweets they are.",
        TWEETS,
        NEGATIVE_COUNT,
        of=COUNT,
        color=palette.NEGATIVE,
    )


def tweet_count() -> LensPanel:
    """The volume."""
    return metric("Tweets in all", "Every tweet but retweets.", TWEETS, COUNT, color=palette.VOLUME)


def newest_tweet() -> LensPanel:
    """The newest tweet, which shows if the numbers are fresh."""
    newest = measure("newest", "Newest tweet", "max", TIME)
    return metric(
        "Newest tweet", "When the newest one was written: older than expected means no fresh data.", TWEETS, newest
    )


def authors() -> LensPanel:
    """The approximate number of people."""
    return metric("Authors", "How many different authors, about.", TWEETS, AUTHORS)


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
        "Sort by mean compound to see the worst first. A tweet that names two counts for both.",
        TWEETS,
        (ENTITY,),
        (COUNT, NEGATIVE_COUNT, COMPOUND, AUTHORS),
    )


def hashtags() -> LensPanel:
    """The words that tweets use most."""
    return cloud("Hashtags", "The most frequent.", TWEETS, terms("hashtag", "Hashtag", "tweet.hashtags", 50), COUNT)


def words() -> LensPanel:
    """The words that tweets use most."""
    return cloud("Words", "The most frequent keywords.", TWEETS, terms("word", "Word", "tweet.words", 60), COUNT)


def languages() -> LensPanel:
    """In which languages."""
    return donut("Languages", "The most frequent.", TWEETS, terms("lang", "Language", "tweet.lang", 8), COUNT)


def countries() -> LensPanel:
    """The places as a table, for those without a map."""
    country = terms("country", "Country", "tweet.geo.country", 12)
    return bars("Countries", "Of the tweets that say where they were written.", TWEETS, country, COUNT)

"""What are many tweets about, and what is new in it?"""

from __future__ import annotations

from dashboards.kibana import palette
from dashboards.kibana.board import TITLES, Board, Control, Row
from dashboards.kibana.board import TOPICS as ID
from dashboards.kibana.columns import Column, count, measure, over_time, ranked, total
from dashboards.kibana.conditions import TOPIC, Is
from dashboards.kibana.data_views import TOPICS
from dashboards.kibana.panels import LensPanel, bars, chart, cloud, metric
from dashboards.kibana.saved_searches import TOPIC_CHANGES, TOPIC_EXAMPLES, TOPIC_LIST

_ALL_TIME = "now-10y"
"""A topic has the time at which its period begins, which may be before the range of the dashboard."""
_MOST = 12
"""More names than that can't be read beside bars."""

_COUNT = count("count", "Topics")
_TWEETS = total("tweets", "Tweets", "topic.tweets")
_LABELS = tuple(total(label, label.capitalize(), f"topic.{label}") for label in palette.SENTIMENT)
_INTERVALS = Is("topic.kind", "interval")


def _topic() -> Column:
    number = measure("number", "Number", "min", "topic.number")
    return ranked("topic", "Topic", "topic.name", _MOST, number, "asc")


def _state(title: str, label: str, description: str, state: str, *, of: Column | None) -> LensPanel:
    column = count(state, label, Is("topic.state", state))
    condition = Is("topic.kind", "topic")
    under = "the bar: of all topics" if of else "of the time before"
    color = palette.EVENT if of else None
    return metric(
        title, description, TOPICS, column, under=under, of=of, color=color, condition=condition, since=_ALL_TIME
    )


def _topics() -> LensPanel:
    return metric(
        "Topics",
        "Sets of words that come together in many tweets.",
        TOPICS,
        _COUNT,
        under="sets of words that come together",
        condition=TOPIC,
        since=_ALL_TIME,
    )


def _new() -> LensPanel:
    found = count("topics", "Topics", TOPIC)
    return _state("New", "New topics", "Those that were not there in the same length of time before.", "new", of=found)


def _vanished() -> LensPanel:
    description = "Topics of the same length of time before that are there no more."
    return _state("Vanished", "Vanished topics", description, "vanished", of=None)


def _tweets() -> LensPanel:
    return metric(
        "Tweets in a topic",
        "Each counts for one topic, without retweets.",
        TOPICS,
        total("tweets", "Tweets in a topic", "topic.tweets"),
        under="each in one of them",
        condition=TOPIC,
        since=_ALL_TIME,
    )


def _over_time() -> LensPanel:
    return chart(
        "Share of each topic over time",
        "Of the tweets in a topic. Choose a time at the top right that holds the period of the topics.",
        TOPICS,
        over_time(),
        (_TWEETS,),
        series="bar_percentage_stacked",
        split=_topic(),
        condition=_INTERVALS,
    )


def _sentiments() -> LensPanel:
    return chart(
        "Sentiment by topic",
        "Of the scored tweets of a topic; the largest topic on top.",
        TOPICS,
        _topic(),
        _LABELS,
        series="bar_horizontal_percentage_stacked",
        colors=palette.SENTIMENT,
        condition=TOPIC,
        since=_ALL_TIME,
    )


def _complaints() -> LensPanel:
    return bars(
        "Complaints by topic",
        "Share of its tweets that the complaint model has seen; the largest topic on top.",
        TOPICS,
        _topic(),
        measure("complaints", "Complaints", "max", "topic.complaint_share"),
        color=palette.WARNING,
        condition=TOPIC,
        since=_ALL_TIME,
    )


def _words() -> LensPanel:
    return cloud(
        "Words",
        "Of all topics: the more tweets are in topics with a word, the larger it is.",
        TOPICS,
        ranked("word", "Word", "topic.words", 15, _TWEETS, "desc", others=False),
        _TWEETS,
        condition=TOPIC,
        since=_ALL_TIME,
    )


BOARD = Board(
    id=ID,
    title=TITLES[ID],
    description="What many tweets are about, as `tweetpulse topics` has found it: the newest, unless you choose.",
    about=(
        "What are many tweets about, by `tweetpulse topics`? *Found*: the newest, or others by their end. "
        "Two values of a list at once are about the same tweets."
    ),
    view=TOPICS,
    time_from="now-8d",
    all_time=True,
    controls=(
        Control("About", "run.about", "all tweets"),
        Control("Found", "run.names", "newest"),
        Control("Namespace", "run.namespace", "default"),
    ),
    rows=(
        Row(6, ((12, _topics()), (12, _new()), (12, _vanished()), (12, _tweets()))),
        Row(16, ((48, TOPIC_LIST.panel(_ALL_TIME)),)),
        Row(13, ((48, _over_time()),)),
        Row(14, ((17, _sentiments()), (13, _complaints()), (18, _words()))),
        Row(12, ((48, TOPIC_CHANGES.panel(_ALL_TIME)),)),
        Row(14, ((48, TOPIC_EXAMPLES.panel(_ALL_TIME)),)),
    ),
)

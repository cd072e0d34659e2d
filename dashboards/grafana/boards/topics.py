"""Topics: what many tweets are about, and what is new in it. For whoever does not know yet what to look for."""

from __future__ import annotations

from grafana_foundation_sdk.models import dashboard as sdk
from grafana_foundation_sdk.models import elasticsearch as es

from dashboards.grafana import config, variables
from dashboards.grafana.boards.layout import Board, Line, Row
from dashboards.grafana.panels import fields
from dashboards.grafana.panels.charts import SHARES, chart
from dashboards.grafana.panels.stats import stat
from dashboards.grafana.panels.topics import complaints, sentiments, topics, whenever
from dashboards.grafana.queries import topics as q
from dashboards.grafana.queries.tweets import Metric, as_one, ask

_SHARES = ("topic.share", "topic.before.share", "topic.negative_share", "topic.complaint_share")
LISTED = ("topic.number", "topic.words", "topic.tweets", *_SHARES, "topic.state")
NEW = ("topic.words", "topic.tweets", "topic.share", "topic.negative_share")
VANISHED = ("topic.words", "topic.before.share")
EXAMPLES = ("topic.number", "topic.name", "topic.tweet", "@timestamp", "topic.url")

COHERENT: config.Steps = ((None, config.WARNING), (0, config.PLAIN), (0.1, config.GOOD))
"""Below 0 a topic is a list of words (docs/how-to/topics.md)."""


def board() -> Board:
    numbers = [(5, _topics()), (5, _new()), (5, _vanished()), (5, _tweets()), (4, _coherence())]
    return Board(
        uid=config.TOPICS_BOARD,
        title="Tweets: topics",
        description="What many tweets are about, as `tweetpulse topics` has found it: the newest, unless you choose.",
        tag="topics",
        rows=[
            Row("What do people talk about?", [Line(4, numbers), Line(11, [(24, _listed())])]),
            Row("When did they talk about it?", [Line(11, [(24, _over_time())])]),
            Row("How do they feel about it?", [Line(12, [(14, _sentiment()), (10, _complaints())])]),
            Row("What is new, and what has vanished?", [Line(9, [(14, _those_new()), (10, _those_vanished())])]),
            Row("Which tweets are they?", [Line(11, [(24, _examples())])], collapsed=True),
        ],
        variables=[
            variables.TOPICS,
            variables.namespace("run.namespace"),
            variables.about(),
            variables.found(),
            variables.filters(),
            variables.kibana(),
        ],
        annotations=[variables.events()],
        since="now-8d",
        refresh="15m",
    )


def _number(title: str, description: str, query: str, metric: Metric | None = None, field: str = "Count") -> sdk.Panel:
    asked = ask(query, as_one(), metrics=(metric,) if metric else ())
    return whenever(stat(title, description, [asked], unit="short", field=f"/^{field}$/"))


def _topics() -> sdk.Panel:
    return _number("Topics", "Sets of words that come together in many tweets.", q.FOUND)


def _new() -> sdk.Panel:
    return _number("New", "Topics that were not there in the same length of time before.", q.NEW)


def _vanished() -> sdk.Panel:
    return _number("Vanished", "Topics of the same length of time before that are there no more.", q.VANISHED)


def _tweets() -> sdk.Panel:
    tweets = es.Sum(id_val="1", field="topic.tweets")
    return _number("Tweets in a topic", "Each counts for one topic. Retweets do not count.", q.FOUND, tweets, "Sum")


def _coherence() -> sdk.Panel:
    panel = stat(
        "Coherence",
        "How well the words of the topics go together, -1 to +1 (NPMI). Below 0, topics are lists of words.",
        [ask(q.FOUND, as_one(), metrics=(es.Max(id_val="1", field="run.coherence"),))],
        unit="none",
        decimals=2,
        steps=COHERENT,
        field="/^Max$/",
    )
    return whenever(panel)


def _listed() -> sdk.Panel:
    return topics(
        "Topics and their words",
        "The topic of most tweets first. Share: of all tweets in a topic, beside that of the same length of time "
        "before. Negative: of its scored tweets. Complaints: of its tweets that the complaint model has seen.",
        q.FOUND,
        LISTED,
    )


def _over_time() -> sdk.Panel:
    return chart(
        "Share of each topic over time",
        "Of the tweets in a topic, stacked to 100 %; beside each name its tweets. Choose a time at the top right that "
        "holds the period of the topics.",
        [q.over_time()],
        unit="short",
        style=SHARES,
        overrides=fields.hashed(config.NUMBERED),
        legend=("sum",),
        table=True,
        points=60,
        absent=config.NO_TOPICS,
    )


def _sentiment() -> sdk.Panel:
    return sentiments(
        "Sentiment by topic",
        "Share of each label among the scored tweets of a topic; the twelve largest topics.",
        q.FOUND,
    )


def _complaints() -> sdk.Panel:
    return complaints(
        "Complaints by topic",
        "Share of complaints among the tweets of a topic that the complaint model has seen; the twelve largest topics.",
        q.FOUND,
    )


def _those_new() -> sdk.Panel:
    return topics("New topics", "With no similar words in the same length of time before.", q.NEW, NEW)


def _those_vanished() -> sdk.Panel:
    description = "Topics of the same length of time before, with the share that they had, which are there no more."
    return topics("Vanished topics", description, q.VANISHED, VANISHED)


def _examples() -> sdk.Panel:
    return topics(
        "Examples", "The clearest tweets of each topic; click one to read it in Kibana.", q.EXAMPLES, EXAMPLES
    )

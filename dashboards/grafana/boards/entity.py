"""Entity: one entity against all the others. For the analyst of one brand."""

from __future__ import annotations

from grafana_foundation_sdk.models import dashboard as sdk

from dashboards.grafana import config, variables
from dashboards.grafana.boards.layout import Board, Line, Row
from dashboards.grafana.panels import fields
from dashboards.grafana.panels.bars import distribution, ranking
from dashboards.grafana.panels.charts import BARE, DASHED, chart, moods, reasons
from dashboards.grafana.panels.maps import where
from dashboards.grafana.panels.stats import a_day_earlier, stat, tweet_count
from dashboards.grafana.panels.tables import tweets
from dashboards.grafana.queries import models as m
from dashboards.grafana.queries import tweets as q
from dashboards.kibana.saved_searches import ALL_TWEETS

ITS_TWEETS = q.ALL + q.THIS
ITS_SCORED = q.SCORED + q.THIS
ITS_NEGATIVE = q.NEGATIVE + q.THIS
OTHERS_SCORED = q.SCORED + q.OTHERS
OTHERS_NEGATIVE = q.NEGATIVE + q.OTHERS

AGAINST: config.Steps = ((None, config.GOOD), (-2, config.PLAIN), (5, config.WARNING), (10, config.BAD))
LATEST = ("@timestamp", "message", q.SCORE, q.LABEL, m.REASON, "url.full")


_HEART = "A broken heart beside the title: this alert fires, for this entity or another one; click it to see for which."


def board() -> Board:
    doing = [_negative(), _earlier(), _against(), _tweets(), _voice(), _authors()]
    return Board(
        uid=config.ENTITY,
        title="Tweets: one entity",
        description="One entity compared with all the others.",
        tag="sentiment",
        rows=[
            Row("How is $entity doing?", [Line(5, [(4, panel) for panel in doing])]),
            Row("When did it change?", [Line(9, [(12, _mood()), (12, _parting())])]),
            Row(
                "What do they complain and talk about?",
                [Line(9, [(12, _complaints()), (6, _hashtags()), (6, _words())])],
            ),
            Row("What do they say?", [Line(13, [(24, _latest())])]),
            Row(
                "Where, and how strongly?",
                [Line(11, [(10, where(ITS_SCORED, ITS_NEGATIVE)), (4, _compound()), (10, _strength())])],
                collapsed=True,
            ),
        ],
        variables=[
            variables.TWEETS,
            variables.entity(),
            variables.retweets(),
            variables.places(),
            variables.filters(),
            variables.kibana(),
        ],
        annotations=[variables.events()],
        since="now-24h",
        refresh="1m",
    )


def _negative() -> sdk.Panel:
    return stat(
        "Negative tweets",
        "Share of $entity's scored tweets whose label is negative. Orange from 40 %, red from 50 %.",
        q.share(ITS_NEGATIVE, ITS_SCORED),
        unit="percentunit",
        steps=config.NEGATIVE_SHARE,
        decimals=0,
    )


def _earlier() -> sdk.Panel:
    return a_day_earlier(
        "The negative share of $entity at the same time of the day before, for comparison.",
        q.share(ITS_NEGATIVE, ITS_SCORED),
    )


def _against() -> sdk.Panel:
    counted = q.sums(A=ITS_NEGATIVE, B=ITS_SCORED, F=OTHERS_NEGATIVE, G=OTHERS_SCORED)
    return stat(
        "Against the others",
        "Negative share of $entity minus that of everyone else, in percentage points. Above 0 is worse than them.",
        [*counted, q.math("E", "($A / $B - $F / $G) * 100")],
        unit="suffix: pp",
        steps=AGAINST,
        decimals=0,
    )


def _tweets() -> sdk.Panel:
    return tweet_count("Tweets about $entity in the time range.", ITS_TWEETS)


def _voice() -> sdk.Panel:
    return stat(
        "Share of voice",
        "Tweets about $entity out of all tweets.",
        q.share(ITS_TWEETS, q.ALL),
        unit="percentunit",
        decimals=0,
    )


def _compound() -> sdk.Panel:
    return stat(
        "Average compound",
        "Mean VADER compound of $entity's tweets, -1 to +1.",
        [q.ask(ITS_SCORED, q.as_one(), metrics=(q.average(q.SCORE),))],
        unit="none",
        steps=config.COMPOUND,
        decimals=2,
        field="/^Average$/",
    )


def _authors() -> sdk.Panel:
    return stat(
        "Authors",
        "Different people who wrote about $entity (approximate).",
        [q.ask(ITS_TWEETS, q.as_one(), metrics=(q.distinct("user.id"),))],
        unit="short",
        field="/^Unique Count$/",
    )


def _mood() -> sdk.Panel:
    return moods("Share of each sentiment: $entity", ITS_SCORED)


def _parting() -> sdk.Panel:
    queries = {"A": ITS_NEGATIVE, "B": ITS_SCORED, "F": OTHERS_NEGATIVE, "G": OTHERS_SCORED}
    hourly = [q.ask(query, q.by_time("1h"), ref=ref, hide=True) for ref, query in queries.items()]
    return chart(
        "Negative share: $entity and the others",
        "Per hour. Where both lines rise, something else is going on; where they part, it is about $entity. " + _HEART,
        [*hourly, q.math("E", "$A / $B"), q.math("H", "$F / $G")],
        unit="percentunit",
        style=BARE,
        top=1,
        points=100,
        overrides=[
            fields.when("E", {"displayName": "$entity", "color": fields.fixed(config.NEGATIVE)}),
            fields.when("H", {"displayName": "all others", "color": fields.fixed(config.QUIET), **DASHED}),
        ],
    )


def _complaints() -> sdk.Panel:
    return reasons(
        "Complaints over time: $entity",
        "Tweets about $entity that need an answer, by reason. Needs a model of complaints and one of their reasons: "
        "tweetpulse train complaint, tweetpulse train reason (docs/models.md). " + _HEART,
        m.COMPLAINTS + q.THIS,
        table=True,
    )


def _hashtags() -> sdk.Panel:
    top = q.by_term("tweet.hashtags", 9)
    return ranking("Top hashtags: $entity", "The commonest hashtags in tweets about $entity.", ITS_TWEETS, top)


def _words() -> sdk.Panel:
    top = q.by_term("tweet.words", 9)
    return ranking("Top words: $entity", "The commonest words in tweets about $entity.", ITS_TWEETS, top)


def _latest() -> sdk.Panel:
    panel = tweets(
        "Latest tweets about $entity", "All labels; narrow them with the filter at the top.", ITS_TWEETS, LATEST
    )
    return fields.in_discover(panel, ALL_TWEETS, 'tweet.entity: "${entity:percentencode}"')


def _strength() -> sdk.Panel:
    steps = q.by_step(q.SCORE, 0.1)
    return distribution("How strong is it?", "Tweets by compound score, -1 to +1.", ITS_SCORED, steps, decimals=1)

"""Overview: how people feel, about whom, about what. For the analyst and the press office."""

from __future__ import annotations

from grafana_foundation_sdk.models import dashboard as sdk

from dashboards.grafana import config, variables
from dashboards.grafana.boards.layout import Board, Line, Row
from dashboards.grafana.panels.bars import ENTITY, by_reason, ranking, worst_first
from dashboards.grafana.panels.charts import BARS, chart, moods
from dashboards.grafana.panels.fields import in_discover
from dashboards.grafana.panels.maps import hashtags, where
from dashboards.grafana.panels.stats import a_day_earlier, share_bars, stat, tweet_count
from dashboards.grafana.panels.tables import entities, tweets
from dashboards.grafana.queries import models as m
from dashboards.grafana.queries import tweets as q
from dashboards.kibana.saved_searches import ALL_TWEETS, NEGATIVE_TWEETS

LATEST = ("@timestamp", ENTITY, "message", q.SCORE, "url.full")


def board() -> Board:
    return Board(
        uid=config.OVERVIEW,
        title="Tweets: overview",
        description="How people feel, about whom, about what. Numbers come from Elasticsearch: one document per tweet.",
        tag="sentiment",
        rows=[
            Row(
                "How do people feel?",
                [Line(6, [(5, _negative()), (3, _earlier()), (8, _split()), (4, _tweets()), (4, _newest())])],
            ),
            Row("How is the mood changing?", [Line(9, [(14, _mood()), (10, _volume())])]),
            Row("Who is it about?", [Line(9, [(10, _by_entity()), (14, _entities())])]),
            Row("What do they complain about?", [Line(9, [(24, _complaints())])]),
            Row("What do they say, and where?", [Line(13, [(14, _latest()), (10, where(q.SCORED, q.NEGATIVE))])]),
            Row(
                "In which words, and who is complained about most?",
                [Line(10, [(8, _hashtags()), (8, _words()), (8, _complained_about())])],
                collapsed=True,
            ),
            Row("Which hashtags come from where?", [Line(13, [(24, hashtags(q.ALL))])], collapsed=True),
        ],
        variables=[variables.TWEETS, variables.retweets(), variables.places(), variables.filters(), variables.kibana()],
        annotations=[variables.events()],
        since="now-24h",
        refresh="1m",
    )


def _negative() -> sdk.Panel:
    return stat(
        "Negative tweets",
        "Share of the scored tweets whose VADER label is negative. Orange from 40 %, red from 50 %.",
        q.share(q.NEGATIVE, q.SCORED),
        unit="percentunit",
        steps=config.NEGATIVE_SHARE,
        decimals=0,
    )


def _earlier() -> sdk.Panel:
    return a_day_earlier(
        "The negative share of the same time of the day before, for comparison.", q.share(q.NEGATIVE, q.SCORED)
    )


def _split() -> sdk.Panel:
    by_label = q.ask(q.SCORED, q.by_label(), hide=True)
    return share_bars(
        "Sentiment split",
        "Share of each label among the scored tweets. A tweet in a language that no scorer speaks is in none of them.",
        [by_label, q.ask(q.SCORED, q.by_time(), ref="B", hide=True), q.total("D", "B"), q.math("E", "$A / $D")],
        name='${__field.labels["tweet.sentiment.label"]}',
        colours=config.LABELS,
    )


def _tweets() -> sdk.Panel:
    return tweet_count("Tweets in the time range; the line is tweets per interval.", q.ALL)


def _newest() -> sdk.Panel:
    return stat(
        "Newest tweet",
        "When the newest tweet in the store was written. Long ago? Then look at the Pipeline board.",
        [q.ask(q.ALL, q.as_one(), metrics=(q.largest("@timestamp"),))],
        unit="dateTimeFromNow",
        field="/^Max$/",
    )


def _mood() -> sdk.Panel:
    return moods("Share of each sentiment", q.SCORED)


def _volume() -> sdk.Panel:
    panel = chart(
        "Tweets per interval",
        "The same as numbers, with what no scorer speaks: a share says little when few people wrote.",
        [q.ask(q.ALL, q.by_label(unsupported=True), q.by_time(), alias="{{tweet.sentiment.label}}")],
        unit="short",
        style=BARS,
        colours=config.LABELS,
        legend=("sum",),
        points=100,
    )
    return in_discover(panel, ALL_TWEETS)


def _by_entity() -> sdk.Panel:
    return worst_first(
        "Sentiment by entity, worst first",
        "Share of each label; click a bar for that entity's board.",
        [q.ask(q.SCORED, q.by_term(ENTITY, 10), q.by_label())],
    )


def _entities() -> sdk.Panel:
    return entities(
        "Entities",
        "Scored tweets of each entity; click a name for its board. Compound runs from -1 (worst) to +1 (best).",
    )


def _complaints() -> sdk.Panel:
    return by_reason(
        "Complaints by reason",
        "Tweets that need an answer, by what they complain about. Needs a model of complaints and one of their "
        "reasons: tweetpulse train complaint, tweetpulse train reason (docs/models.md).",
        m.COMPLAINTS,
    )


def _complained_about() -> sdk.Panel:
    return share_bars(
        "Share of complaints, by entity",
        "Complaints among the tweets about it that the complaint model has seen.",
        [
            # More than are shown: those with the most tweets need not be those with the most complaints.
            q.ask(m.COMPLAINTS, q.by_term(ENTITY, 50), hide=True),
            q.ask(m.ASKED, q.by_term(ENTITY, 10), ref="B", hide=True),
            q.math("E", "$A / $B"),
        ],
        name='${__field.labels["tweet.entity"]}',
        base=config.WARNING,
        absent=config.NO_MODEL_OF["complaint"],
    )


def _hashtags() -> sdk.Panel:
    return ranking("Top hashtags", "The commonest hashtags in the time range.", q.ALL, q.by_term("tweet.hashtags", 10))


def _words() -> sdk.Panel:
    return ranking("Top words", "The commonest words in the time range.", q.ALL, q.by_term("tweet.words", 10))


def _latest() -> sdk.Panel:
    panel = tweets("Latest negative tweets", "The newest tweets with a negative label.", q.NEGATIVE, LATEST)
    return in_discover(panel, NEGATIVE_TWEETS, 'tweet.sentiment.label: "negative"')

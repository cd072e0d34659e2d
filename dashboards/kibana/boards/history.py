"""Since when is it so? The long series, over months."""

from __future__ import annotations

from dashboards.kibana import palette
from dashboards.kibana.board import HISTORY as ID
from dashboards.kibana.board import TITLES, Board, Control, Row
from dashboards.kibana.columns import Column, Share, Total, earlier, over_time, ranked, terms, total
from dashboards.kibana.conditions import HOURS, All, Is
from dashboards.kibana.data_views import WINDOWS
from dashboards.kibana.panels import LensPanel, bars, chart, metric, table

_WEEK = "now-7d"
_WEEKS = {"1w": "A week before", "2w": "Two weeks before", "3w": "Three weeks before", "4w": "Four weeks before"}
_ALL, _ENTITY = Is("window.scope", "all"), Is("window.scope", "entity")
_OF_ENTITIES = All((HOURS, _ENTITY))


def _numbers(name: str) -> tuple[Column, Column]:
    """The number in windows of all tweets; where an entity is chosen, there are only those of the entity."""
    return total(name, name, f"window.{name}", _ALL), total(name, name, f"window.{name}", _ENTITY)


def _share(id_: str, label: str, part: str, whole: str) -> Share:
    return Share(id_, label, _numbers(part), _numbers(whole))


def _of_entity(id_: str, label: str, part: str, whole: str) -> Share:
    return Share(id_, label, (total(id_, label, f"window.{part}"),), (total(id_, label, f"window.{whole}"),))


_TWEETS = Total("tweets", "Tweets", _numbers("tweets"))
_NEGATIVE = _share("negative_share", "Negative", "negative", "scored")
_COMPLAINTS = _share("complaint_share", "Complaints", "complaints", "judged")
_RANK = total("rank", "Tweets", "window.tweets")
_ENTITIES = terms("entity", "Entity", "tweet.entity", 20, by="tweets")
_MOST_WRITTEN_OF = ranked("entity", "Entity", "tweet.entity", 8, _RANK, "desc", others=False)
_LANGUAGES = ranked("language", "Language", "tweet.lang", 8, _RANK, "desc")


def _tile(title: str, description: str, column: Share | Total, under: str) -> LensPanel:
    return metric(title, description, WINDOWS, column, under=under, history=True, condition=HOURS, since=_WEEK)


def _weeks(title: str, description: str, column: Share | Total, color: str) -> LensPanel:
    values = [column, *(earlier(column, shift, label) for shift, label in _WEEKS.items())]
    colors = dict(zip((value.id for value in values), (color, *palette.EARLIER), strict=True))
    return chart(
        title,
        description,
        WINDOWS,
        over_time(),
        values,
        series="line",
        colors=colors,
        condition=HOURS,
        since=_WEEK,
    )


def _negative_over_months() -> LensPanel:
    values = (_NEGATIVE, earlier(_NEGATIVE, "52w", "A year before"))
    return chart(
        "Negative share over months",
        "Of the scored tweets; pale: 52 weeks earlier, so that days of the week match.",
        WINDOWS,
        over_time(),
        values,
        series="line",
        colors={values[0].id: palette.NEGATIVE, values[1].id: palette.EARLIER[0]},
        condition=HOURS,
    )


def _tweets_over_months() -> LensPanel:
    return chart(
        "Tweets over months",
        "By sentiment, without retweets.",
        WINDOWS,
        over_time(),
        [Total(label, label.capitalize(), _numbers(label)) for label in palette.SENTIMENT],
        series="bar_stacked",
        colors=palette.SENTIMENT,
        condition=HOURS,
    )


def _of_entities() -> LensPanel:
    return chart(
        "Negative share by entity",
        "Of the eight that most tweets are about.",
        WINDOWS,
        over_time(),
        (_of_entity("negative_share", "Negative", "negative", "scored"),),
        series="line",
        split=_MOST_WRITTEN_OF,
        condition=_OF_ENTITIES,
    )


def _of_languages() -> LensPanel:
    return chart(
        "Tweets by language",
        "Without retweets.",
        WINDOWS,
        over_time(),
        (_TWEETS,),
        series="bar_stacked",
        split=_LANGUAGES,
        condition=HOURS,
    )


def _entities() -> LensPanel:
    # Without the period before: Lens has no time shifts beside top values.
    values = (
        (total("tweets", "Tweets", "window.tweets"), 110),
        (_of_entity("negative_share", "Negative", "negative", "scored"), 120),
        (_of_entity("positive_share", "Positive", "positive", "scored"), 120),
        (_of_entity("complaint_share", "Complaints", "complaints", "judged"), 130),
    )
    return table(
        "Entities over months",
        "Negative and positive: of the scored tweets. Complaints: of those that the complaint model has seen. "
        "A tweet that names two counts for both.",
        WINDOWS,
        (_ENTITIES,),
        values,
        condition=_OF_ENTITIES,
    )


def _mood_of_languages() -> LensPanel:
    return bars(
        "Negative share by language",
        "Of the tweets in it that are scored; the most written on top.",
        WINDOWS,
        _LANGUAGES,
        _NEGATIVE,
        color=palette.NEGATIVE,
        condition=HOURS,
    )


BOARD = Board(
    id=ID,
    title=TITLES[ID],
    description="This week beside the four before, and months: out of windows of an hour, which are kept for years.",
    about=(
        "Since when is it so? The first two rows: 7 days; the others: the time at the top right. Kept by `tweetpulse "
        "windows`. Two entities at once count a tweet about both twice."
    ),
    view=WINDOWS,
    time_from="now-90d",
    controls=(
        Control("Entity", "tweet.entity"),
        Control("Language", "tweet.lang"),
        Control("Namespace", "window.namespace", "default"),
    ),
    rows=(
        Row(
            6,
            (
                (
                    16,
                    _tile(
                        "Negative this week",
                        "How many of the scored tweets of seven days are negative, beside the seven before.",
                        Share("negative_share", "Negative, 7 days", _NEGATIVE.parts, _NEGATIVE.wholes),
                        "of the scored tweets; before: the week before",
                    ),
                ),
                (
                    16,
                    _tile(
                        "Tweets this week",
                        "Without retweets, beside the seven days before.",
                        Total("tweets", "Tweets, 7 days", _TWEETS.parts),
                        "without retweets; before: the week before",
                    ),
                ),
                (
                    16,
                    _tile(
                        "Complaints this week",
                        "Of the tweets of seven days that the complaint model has seen, beside the seven before.",
                        Share("complaint_share", "Complaints, 7 days", _COMPLAINTS.parts, _COMPLAINTS.wholes),
                        "of the tweets that the model has seen",
                    ),
                ),
            ),
        ),
        Row(
            12,
            (
                (
                    24,
                    _weeks(
                        "Negative share, this week and before",
                        "Of the scored tweets of the last seven days, and of the same days of the four weeks before.",
                        Share("negative_share", "This week", _NEGATIVE.parts, _NEGATIVE.wholes),
                        palette.NEGATIVE,
                    ),
                ),
                (
                    24,
                    _weeks(
                        "Tweets, this week and before",
                        "Without retweets, of the last seven days, and of the same days of the four weeks before.",
                        Total("tweets", "This week", _TWEETS.parts),
                        palette.VOLUME,
                    ),
                ),
            ),
        ),
        Row(12, ((24, _negative_over_months()), (24, _tweets_over_months()))),
        Row(12, ((24, _of_entities()), (24, _of_languages()))),
        Row(13, ((30, _entities()), (18, _mood_of_languages()))),
    ),
)

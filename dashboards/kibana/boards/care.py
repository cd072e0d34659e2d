"""Who waits for an answer, and why?"""

from __future__ import annotations

from dashboards.kibana import palette, tweets
from dashboards.kibana.board import TITLES, Board, Control, Row
from dashboards.kibana.columns import COUNT, count, measure, newest, over_time, share, terms
from dashboards.kibana.conditions import ASKED, COMPLAINT, All, Compares
from dashboards.kibana.data_views import TWEETS
from dashboards.kibana.panels import LensPanel, bars, chart, metric, table
from dashboards.kibana.saved_searches import COMPLAINTS, NEGATIVE_TWEETS

ID = "tweetpulse-care"
_COMPLAINTS = count("complaints", "Complaints", COMPLAINT)
_SURE = count("sure", "Sure complaints", All((COMPLAINT, Compares("tweet.complaint.probability", ">=", 0.9))))
_REASON = terms("reason", "Reason", "tweet.complaint.reason", palette.MOST_REASONS)
_FOLLOWERS = measure("followers", "Followers", "max", "tweet.author.followers")


def _complaint_share() -> LensPanel:
    return metric(
        "Complaint share",
        "How many of the tweets that the complaint model has seen are complaints, beside that of the period before.",
        TWEETS,
        share("complaint_share", "Complaints", COMPLAINT, ASKED),
        under="of the tweets that the model has seen",
        history=True,
    )


def _sure() -> LensPanel:
    return metric(
        "Sure complaints",
        "Those with a probability of 90 % or more; the bar shows which part of all complaints they are.",
        TWEETS,
        _SURE,
        under="with 90 % or more; the bar: of all complaints",
        of=_COMPLAINTS,
        color=palette.WARNING,
    )


def _newest_complaint() -> LensPanel:
    column = newest("newest", "Newest complaint")
    under = "when it was indexed"
    return metric("Newest complaint", "When it was indexed.", TWEETS, column, under=under, condition=COMPLAINT)


def _reasons() -> LensPanel:
    return bars("Reasons", "Why people complain, as the model has it.", TWEETS, _REASON, COUNT)


def _over_time() -> LensPanel:
    return chart(
        "Complaints over time",
        "By reason. A rise after a release or a campaign is worth a look.",
        TWEETS,
        over_time(),
        (COUNT,),
        series="bar_stacked",
        split=_REASON,
        condition=COMPLAINT,
    )


def _by_entity() -> LensPanel:
    values = ((COUNT, 100), (_COMPLAINTS, 120), (_SURE, 150), (tweets.NEGATIVE_SHARE, 110), (_FOLLOWERS, 120))
    return table(
        "Who is complained about",
        "Followers: the largest audience of one author.",
        TWEETS,
        (tweets.ENTITY,),
        values,
    )


BOARD = Board(
    id=ID,
    title=TITLES[ID],
    description="Complaints and negative tweets of the last day, with a link to each.",
    about=(
        "Who waits for an answer, and why? Complaints need a trained model (`tweetpulse train complaint`, "
        "`tweetpulse train reason`): until one is promoted, the negative tweets at the bottom are what there is."
    ),
    view=TWEETS,
    time_from="now-24h",
    refresh_seconds=60,
    controls=(Control("Entity", "tweet.entity"), Control("Reason", "tweet.complaint.reason")),
    rows=(
        Row(6, ((12, _complaint_share()), (12, _sure()), (12, tweets.negative_share()), (12, _newest_complaint()))),
        Row(12, ((28, _over_time()), (20, _reasons()))),
        Row(11, ((48, _by_entity()),)),
        Row(17, ((48, COMPLAINTS.panel()),)),
        Row(17, ((48, NEGATIVE_TWEETS.panel()),)),
    ),
)

"""History: this week beside the last four, and beside last year. For whoever asks "since when?"."""

from __future__ import annotations

from grafana_foundation_sdk.models import dashboard as sdk

from dashboards.grafana import config, variables
from dashboards.grafana.boards.layout import Board, Line, Row
from dashboards.grafana.panels import fields
from dashboards.grafana.panels.charts import BARE, BARS, DASHED, chart
from dashboards.grafana.panels.stats import stat
from dashboards.grafana.queries import windows as q

WEEK, YEAR = "7d", "52w"
"""52 weeks: the same days of the week stand beside each other."""

NONE = "Nothing here. No long series kept? tweetpulse windows"
WEEKS = ("This week", "A week before", "Two weeks before", "Three weeks before", "Four weeks before")


def board() -> Board:
    weeks = [_week(title, number) for number, title in enumerate(WEEKS)]
    return Board(
        uid=config.HISTORY,
        title="Tweets: history",
        description="This week beside the last four, and beside last year: out of windows, which are kept for years.",
        tag="history",
        rows=[
            Row("How is this week, beside the last four?", [Line(5, [(4, panel) for panel in [*weeks, _year()]])]),
            Row("How did it change, and was it so last year?", [Line(9, [(12, _share("")), (12, _share(YEAR))])]),
            Row("And how much was written?", [Line(8, [(12, _tweets("")), (12, _tweets(YEAR))])]),
            Row("How did $entity do, beside all?", [Line(9, [(12, _parting()), (12, _complaints())])], collapsed=True),
        ],
        variables=[variables.WINDOWS, variables.namespace(), variables.entity(), variables.filters()],
        annotations=[variables.events()],
        since="now-35d",
        refresh="15m",
    )


def _week(title: str, before: int) -> sdk.Panel:
    panel = stat(
        title,
        "Negative share of all scored tweets in seven days, up to the end of the time range. Retweets do not count.",
        q.quotient(q.ALL, q.NEGATIVE, q.SCORED),
        unit="percentunit",
        steps=config.NEGATIVE_SHARE if not before else config.NO_STEPS,
        colour=config.QUIET if before else None,
        decimals=1,
    )
    panel.time_from = WEEK
    panel.time_shift = f"{before}w" if before else None
    return panel


def _year() -> sdk.Panel:
    panel = _week("A year before", 52)
    panel.description = "The same seven days, 52 weeks earlier."
    return panel


def _share(shift: str) -> sdk.Panel:
    panel = chart(
        "Negative share a year before" if shift else "Negative share per day",
        "The same time, 52 weeks earlier, so that days of the week match."
        if shift
        else "Of all scored tweets, by UTC day.",
        q.daily_quotients((q.ALL, q.NEGATIVE, q.SCORED)),
        unit="percentunit",
        style=BARE,
        top=1,
        overrides=[fields.when("E", {"displayName": "negative share", "color": fields.fixed(config.NEGATIVE)})],
        absent=NONE,
    )
    panel.time_shift = shift or None
    return panel


def _tweets(shift: str) -> sdk.Panel:
    panel = chart(
        "Tweets a year before" if shift else "Tweets per day",
        "The same time, 52 weeks earlier." if shift else "Without retweets, by UTC day.",
        [q.daily(q.ALL, q.TWEETS)],
        unit="short",
        style=BARS,
        base=config.QUIET if shift else config.VOLUME,
        legend=("sum",),
        absent=NONE,
    )
    panel.time_shift = shift or None
    return panel


def _parting() -> sdk.Panel:
    return chart(
        "Negative share of $entity per day, beside all",
        "By UTC day. Where both lines rise, something else is going on; where they part, it is about $entity.",
        q.daily_quotients((q.THIS, q.NEGATIVE, q.SCORED), (q.ALL, q.NEGATIVE, q.SCORED)),
        unit="percentunit",
        style=BARE,
        top=1,
        overrides=[
            fields.when("E", {"displayName": "$entity", "color": fields.fixed(config.NEGATIVE)}),
            fields.when("F", {"displayName": "all tweets", "color": fields.fixed(config.QUIET), **DASHED}),
        ],
        absent=NONE,
    )


def _complaints() -> sdk.Panel:
    return chart(
        "Share of complaints about $entity per day",
        "Among its tweets that the complaint model has seen, by UTC day.",
        q.daily_quotients((q.THIS, q.COMPLAINTS, q.JUDGED)),
        unit="percentunit",
        style=BARE,
        top=1,
        overrides=[fields.when("E", {"displayName": "complaints", "color": fields.fixed(config.WARNING)})],
        absent=config.NO_MODEL_OF["complaint"],
    )

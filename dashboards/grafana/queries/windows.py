"""Questions to the windows of an hour: sums of their numbers, which are those of the tweets themselves."""

from __future__ import annotations

from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models import elasticsearch as es

from dashboards.grafana.queries.tweets import ask, by_time, math, total

_HOURS = 'window.length:1h AND window.namespace:"$namespace"'

ALL = f"{_HOURS} AND window.scope:all"
"""Of all tweets, whatever they are about."""
THIS = f'{_HOURS} AND window.scope:entity AND tweet.entity:"$entity"'
"""Of one entity."""

TWEETS, SCORED, NEGATIVE = "window.tweets", "window.scored", "window.negative"
JUDGED, COMPLAINTS = "window.judged", "window.complaints"
DAY = "1d"


def daily(query: str, field: str, *, ref: str = "A", hide: bool | None = None) -> es.Dataquery:
    """The sum of a number, for each day (UTC)."""
    return ask(query, by_time(DAY), ref=ref, metrics=(es.Sum(id_val="1", field=field),), hide=hide)


def quotient(query: str, part: str, whole: str) -> list[Dataquery]:
    """One number: the sum of a field by the sum of another one, over the whole time."""
    sums = [daily(query, field, ref=ref, hide=True) for ref, field in (("N", part), ("O", whole))]
    return [*sums, total("A", "N"), total("B", "O"), math("E", "$A / $B")]


def daily_quotients(*asked: tuple[str, str, str]) -> list[Dataquery]:
    """A line for each (query, field, field): the one by the other, for each day. They are named from E on."""
    made: list[Dataquery] = []
    for number, (query, part, whole) in enumerate(asked):
        above, below, line = (chr(ord(first) + number) for first in "AME")
        made += [daily(query, part, ref=above, hide=True), daily(query, whole, ref=below, hide=True)]
        made.append(math(line, f"${above} / ${below}"))
    return made

"""The page of topics: HTML that needs nothing from elsewhere, in the style of the report."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files

from pipeline.report.page import rendered
from pipeline.topics import charts
from pipeline.topics.found import Found
from pipeline.topics.matching import SAME
from pipeline.topics.said import MEANINGS


def page(found: Found, texts: Mapping[str, str]) -> str:
    """The whole file.

    Args:
        found: what it shows.
        texts: of the examples, by the ids of the tweets.
    """
    from markupsafe import Markup

    # Once for all topics, of which there may be a hundred.
    whole, highest = charts.whole(found), charts.highest(found)
    return rendered(
        files(__package__).joinpath("page.html.j2").read_text(encoding="utf-8"),
        found.question.period.until,
        found=found,
        period=found.question.period,
        entity=found.question.entity,
        texts=texts,
        meanings=MEANINGS,
        line=lambda topic: Markup(charts.share_line(topic, whole, highest, f"line{topic.number}")),  # noqa: S704 - ours
        highest=highest,
        same=SAME,
    )

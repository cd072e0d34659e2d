"""The page of a report: HTML that needs nothing from elsewhere, made by Jinja2."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from importlib.resources import files
from typing import Any

from pipeline.domain.sentiment import SCORED
from pipeline.report import charts, shown
from pipeline.report.figures import Counts, Figures
from pipeline.report.palette import LABELS, NEGATIVE_SHARE, VOLUME

BRANDS = 8
"""So many have a headline of their own; the table of entities has more."""


def page(figures: Figures) -> str:
    """The whole file."""
    from markupsafe import Markup

    return rendered(
        files(__package__).joinpath("page.html.j2").read_text(encoding="utf-8"),
        figures.period.until,
        figures=figures,
        brands=[mood for mood in figures.entities if mood.now.tweets][:BRANDS] if figures.entity is None else [],
        line=lambda mood, place: Markup(charts.negative_line(mood, figures.period, f"line{place}")),  # noqa: S704 - ours
        most=partial(max, default=1),
        share_over_time=Markup(charts.share_over_time(figures, "share")),  # noqa: S704 - ours
        tweets_over_time=Markup(charts.tweets_over_time(figures, "tweets")),  # noqa: S704 - ours
    )


def rendered(template: str, until: datetime, **values: Any) -> str:
    """A page of its own template. All that is printed into it is made visible and escaped, whether it asks or not.

    Args:
        template: its text. Pages have the style of the report, its colours and filters.
        until: the end of the period; its zone is that of all times.
        values: what else the template needs.
    """
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    def finalize(value: Any) -> Any:
        # What is markup already was made here, or by the template, of values that came this way.
        return value if isinstance(value, Markup) else shown.visible(str(value))

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, finalize=finalize, trim_blocks=True, lstrip_blocks=True
    )
    zone = until.tzinfo
    environment.filters |= {
        "change": shown.change,
        "duration": shown.duration,
        "link": shown.link,
        "moment": lambda at: shown.moment(at.astimezone(zone)),
        "number": shown.number,
        "share": shown.share,
        "warning": _warning,
    }
    return environment.from_string(template).render(
        colours=LABELS,
        labels=SCORED,
        parts=_parts,
        style=Markup(files(__package__).joinpath("page.css").read_text(encoding="utf-8")),  # noqa: S704 - ours
        volume=VOLUME,
        zone=_zone(until),
        **values,
    )


def _warning(share: float | None) -> str:
    """The colour that a negative share has on the boards; "" where it has none."""
    found = [colour for limit, colour in NEGATIVE_SHARE if share is not None and share >= limit]
    return found[-1] if found else ""


def _parts(counts: Counts) -> list[tuple[str, str]]:
    """The colour of each label and its part of the scored tweets, as CSS has widths."""
    return [(LABELS[label], f"{counts.share(label) or 0:.2%}") for label in SCORED]


def _zone(at: datetime) -> str:
    offset = at.isoformat()[-6:]
    return "UTC" if offset == "+00:00" else f"UTC{offset}"

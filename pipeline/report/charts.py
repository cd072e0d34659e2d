"""The charts of a report, as SVG that stands in a page, drawn by matplotlib. None holds the words of a tweet."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from pipeline.domain.sentiment import SCORED, Label
from pipeline.report.figures import Figures, Mood
from pipeline.report.palette import LABELS

if TYPE_CHECKING:
    from pipeline.report.period import Period

_INK, _FAINT = "#010203", "#010204"
"""Stand for colours of the page, which differ by day and by night."""
_OF_THE_PAGE = {_INK: "var(--muted, #5f6670)", _FAINT: "var(--line, #e3e5e8)"}

_CHART, LINE = (5.2, 2.5), (2.4, 0.55)
"""Inches."""
_SETTINGS: Any = {
    # The page's own letters: it can be searched and read aloud, and is small.
    "svg.fonttype": "none",
    # The same figures make the same bytes.
    "svg.hashsalt": "tweetpulse",
    "text.color": _INK,
    "axes.edgecolor": _FAINT,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "font.size": 10,
}
_UNNAMED = {"Date": None, "Creator": None, "Format": None, "Type": None}


def share_over_time(figures: Figures, name: str) -> str:
    """Each label's share of the scored tweets, interval by interval; a gap where there are none."""

    def draw(figure: Any) -> None:
        axes = figure.subplots()
        shares = [[one.share(label) for one in figures.whole.over_time] for label in SCORED]
        _stacked(axes, shares, SCORED, figures.period)
        axes.set_ylim(0, 1)
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")

    return svg(draw, _CHART, name, "Share of each sentiment over time")


def tweets_over_time(figures: Figures, name: str) -> str:
    """Tweets by label, interval by interval, also those that no scorer speaks."""

    def draw(figure: Any) -> None:
        from matplotlib.ticker import MaxNLocator

        axes = figure.subplots()
        counts = [[getattr(one, label) for one in figures.whole.over_time] for label in LABELS]
        _stacked(axes, counts, tuple(LABELS), figures.period)
        most = max((one.tweets for one in figures.whole.over_time), default=0)
        axes.set_ylim(0, most * 1.05 or 1)
        axes.yaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")

    return svg(draw, _CHART, name, "Tweets over time")


def negative_line(mood: Mood, period: Period, name: str) -> str:
    """The negative share of an entity, interval by interval, from 0 to 100%: all of them can be compared."""

    def draw(figure: Any) -> None:
        axes = figure.add_axes((0, 0, 1, 1))
        _stacked(axes, [[one.negative_share for one in mood.over_time]], (Label.NEGATIVE,), period)
        axes.set_ylim(0, 1)
        axes.set_axis_off()
        axes.axhline(0, color=_FAINT, linewidth=1.5)

    return svg(draw, LINE, name, "Negative share over time")


def _stacked(axes: Any, series: Sequence[Sequence[float | None]], labels: Sequence[Label], period: Period) -> None:
    """Steps on top of each other, from edge to edge of the intervals."""
    import numpy as np
    from matplotlib import dates as untyped

    dates: Any = untyped
    edges = dates.date2num([*period.moments, period.until])
    base = np.zeros(len(edges) - 1)
    for values, label in zip(series, labels, strict=True):
        top = base + np.array([np.nan if value is None else value for value in values])
        axes.stairs(top, edges, baseline=base, fill=True, color=LABELS[label])
        base = top
    locator = dates.AutoDateLocator(tz=period.until.tzinfo, minticks=3, maxticks=7)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator, tz=period.until.tzinfo, show_offset=False))
    axes.set_xlim(edges[0], edges[-1])
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(length=0)
    axes.grid(axis="y", color=_FAINT, linewidth=0.6)
    axes.set_axisbelow(True)


def svg(draw: Callable[[Any], None], size: tuple[float, float], name: str, title: str) -> str:
    """What `draw` draws, as an element of a page; `name` tells its ids from those of the page's other charts."""
    from matplotlib.figure import Figure
    from matplotlib.style import context

    # A style of the user's own does not alter the page.
    with context(["default", _SETTINGS]):
        # Not pyplot: it keeps figures, and may want a screen.
        figure = Figure(figsize=size, layout=None if size == LINE else "constrained")
        draw(figure)
        file = io.StringIO()
        figure.savefig(file, format="svg", transparent=True, metadata=_UNNAMED)
    return "".join(_of_a_page(file.getvalue(), name, title))


def _of_a_page(svg: str, name: str, title: str) -> Iterator[str]:
    """Without the head of a file, and with colours and ids that a page can have."""
    width, height = re.findall(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)[0]
    yield '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
    yield f'viewBox="0 0 {width} {height}" role="img" aria-label="{title}">'
    body = svg[svg.index(">", svg.index("<svg")) + 1 :]
    body = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", body, flags=re.DOTALL)
    body = re.sub(r'\bid="', f'id="{name}-', body)
    body = re.sub(r'(url\(|xlink:href=")#', rf"\1#{name}-", body)
    for stand_in, colour in _OF_THE_PAGE.items():
        body = body.replace(stand_in, colour)
    yield body

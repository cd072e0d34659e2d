"""The charts of topics: SVG for a page, which holds no words of tweets, and a picture for a mail, which does."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from typing import Any

from pipeline.domain.sentiment import SCORED, Label
from pipeline.report.charts import LINE, svg
from pipeline.report.palette import LABELS, VOLUME
from pipeline.report.shown import moment, number, share, visible
from pipeline.topics.found import Found, Topic

MOST_ROWS = 15
"""Topics of a picture; a page has all of them."""

_INK, _MUTED, _PAGE = "#1f2328", "#5f6670", "#ffffff"
_WIDTH, _ROW, _HEAD = 9.0, 0.62, 1.1
"""Inches."""


def share_line(topic: Topic, whole: Sequence[int], top: float, name: str) -> str:
    """A topic's share of the tweets that are in a topic, interval by interval.

    Args:
        topic: whose line it is.
        whole: the tweets of all topics (`whole`).
        top: the end of the scale, the same for all topics (`highest`).
        name: of the drawing in its page.
    """

    def draw(figure: Any) -> None:
        axes = figure.add_axes((0, 0, 1, 1))
        axes.stairs(shares(topic, whole), fill=True, color=VOLUME)
        axes.set_ylim(0, top)
        axes.set_axis_off()

    return svg(draw, LINE, name, "Share over time")


def whole(found: Found) -> list[int]:
    """The tweets that are in a topic, of each interval."""
    return [sum(counts) for counts in zip(*([c.tweets for c in one.over_time] for one in found.topics), strict=True)]


def shares(topic: Topic, whole: Sequence[int]) -> list[float]:
    """The share of a topic in each interval; 0 where nothing was written."""
    return [one.tweets / all_ if all_ else 0.0 for one, all_ in zip(topic.over_time, whole, strict=True)]


def highest(found: Found) -> float:
    """The highest share of any topic in any interval that has a hundredth of the tweets or more."""
    least, tweets = found.used / 100, whole(found)
    high = [s for one in found.topics for s, all_ in zip(shares(one, tweets), tweets, strict=True) if all_ >= least]
    return max(high, default=1.0) * 1.05 or 1.0


def picture(found: Found, title: str) -> bytes:
    """A PNG: each topic's words, and its share of the tweets by sentiment."""
    from matplotlib.figure import Figure
    from matplotlib.style import context

    topics = found.topics[:MOST_ROWS]
    # Words are not formulas, and letters that the font lacks are boxes, without a warning for each.
    with context(["default", {"text.parse_math": False, "font.size": 10}]), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        figure = Figure(figsize=(_WIDTH, _HEAD + _ROW * len(topics)), facecolor=_PAGE)
        height = figure.get_figheight()
        axes = figure.add_axes((0.02, 0.02, 0.96, 1 - _HEAD / height))
        _bars(axes, topics)
        figure.text(0.02, 1 - 0.36 / height, title, fontsize=14, fontweight="bold", color=_INK, va="center")
        figure.text(0.02, 1 - 0.72 / height, subtitle(found), fontsize=9.5, color=_MUTED, va="center")
        file = io.BytesIO()
        figure.savefig(file, format="png", dpi=110, metadata={"Software": None})
    return file.getvalue()


def subtitle(found: Found) -> str:
    """What a picture is of."""
    period = found.question.period
    return (
        f"{number(found.used)} tweets, {moment(period.since)} to {moment(period.until)}; "
        "bars: share of the tweets, by sentiment (negative, neutral, positive)"
    )


def _bars(axes: Any, topics: tuple[Topic, ...]) -> None:
    widest = max(topic.share for topic in topics)
    for row, topic in enumerate(topics):
        left = 0.0
        for label in SCORED:
            width = topic.share * (topic.counts.share(label) or 0)
            axes.barh(row + 0.2, width, left=left, height=0.34, color=LABELS[label])
            left += width
        axes.barh(row + 0.2, topic.share - left, left=left, height=0.34, color=LABELS[Label.UNSUPPORTED])
        words = visible(", ".join(word.text for word in topic.words[:7]))
        axes.text(0, row - 0.2, words, color=_INK, va="center")
        said = f" {share(topic.share)}, {share(topic.counts.negative_share)} negative"
        axes.text(topic.share, row + 0.2, said, color=_MUTED, va="center", fontsize=9)
    axes.set_xlim(0, widest * 1.3)
    axes.set_ylim(len(topics) - 0.4, -0.5)
    axes.set_axis_off()

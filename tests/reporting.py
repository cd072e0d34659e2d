"""Figures of a report for tests, with what a test does not care about filled in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

from pipeline.report.figures import Counts, Figures, Indexed, Mood, Rejected, Shown, Term
from pipeline.report.period import Period, last

UNTIL = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = last(timedelta(hours=24), UNTIL)


def mood(name: str, now: Counts, before: Counts | None = None, period: Period = DAY) -> Mood:
    """All tweets of the period are in its first interval."""
    over_time = (now, *(Counts() for _ in period.moments[1:]))
    return Mood(name, now, Counts() if before is None else before, over_time)


def a_tweet(**fields: Any) -> Shown:
    said: dict[str, Any] = {
        "at": UNTIL - timedelta(minutes=5),
        "text": "late again",
        "entities": ("Acme",),
        "compound": -0.5,
        "url": "https://example.org/1",
        **fields,
    }
    return Shown(**said)


def some_figures(**fields: Any) -> Figures:
    """Twelve tweets about two brands, and two rejected records."""
    counts = Counts(negative=3, neutral=2, positive=5, unsupported=2)
    said: dict[str, Any] = {
        "period": DAY,
        "entity": None,
        "whole": mood("", counts, Counts(negative=1, positive=3)),
        "retweets": 4,
        "entities": (mood("Acme", counts, Counts(negative=1, positive=3)), mood("Globex", Counts(unsupported=1))),
        "entities_in_all": 2,
        "hashtags": (Term("fail", 3), Term("late", 1)),
        "words": (Term("queue", 4),),
        "complaints": None,
        "newest": (a_tweet(),),
        "rejected": Rejected(2, 7, (Term("not_json", 2),)),
        "indexed": Indexed(tweets=17, rejected=2),
        **fields,
    }
    return Figures(**said)


class Reading(HTMLParser):
    """A page as a browser reads it.

    Attributes:
        tags: each element with its attributes' names, in their order.
        links: where clicks lead.
        rows: the texts of the cells of each row of a table.
        text: all of it that is not a style.
    """

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, ...]] = []
        self.links: list[str] = []
        self.rows: list[list[str]] = []
        self.text = ""
        self._within: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, *(name for name, _ in attrs)))
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        self._within.append(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("th", "td"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        while self._within and self._within.pop() != tag:
            continue

    def handle_data(self, data: str) -> None:
        if "style" in self._within:
            return
        self.text += data
        if {"th", "td"} & set(self._within):
            self.rows[-1][-1] += data.replace("\n", "")

    def numbers(self) -> dict[str, list[str]]:
        """What a row begins with → the cells after it."""
        return {cells[0]: cells[1:] for cells in self.rows if cells}

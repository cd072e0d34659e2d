"""The page of a report, as a browser reads it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from xml.etree import ElementTree

import pytest
from matplotlib import rc_context

from dashboards.grafana import config
from pipeline.domain.sentiment import Label
from pipeline.report import charts, palette
from pipeline.report.figures import Complaints, Counts, Figures, Indexed, Rejected, Term
from pipeline.report.page import page
from pipeline.report.period import last
from tests.reporting import UNTIL, Reading, a_tweet, mood, some_figures

HOSTILE = (
    "<script>alert(1)</script></style></title></svg><img src=x onerror=alert(1)>\"' onload='alert(1)' "
    "\u202egnp.exe \x1b[2J\x00 &lt;b&gt; {{ 7*7 }} $x^2$ {% raw %} <!-- ]]> javascript:alert(1)"
)


def with_words(word: str, url: str) -> Figures:
    """A page that has a text of others in each of its places."""
    counts = Counts(negative=3, neutral=2, positive=5, unsupported=2)
    return some_figures(
        entities=(mood(word, counts, counts),),
        hashtags=(Term(word, 3),),
        words=(Term(word, 3),),
        complaints=Complaints(10, 4, (Term(word, 3),)),
        newest=(a_tweet(text=word, entities=(word, word), url=url),),
        rejected=Rejected(2, 0, (Term(word, 2),)),
    )


def empty(entity: str | None = None) -> Figures:
    """Nothing was written, and nothing before."""
    return some_figures(
        entity=entity,
        whole=mood("", Counts()),
        retweets=0,
        entities=(),
        entities_in_all=0,
        hashtags=(),
        words=(),
        newest=(),
        rejected=Rejected(0, 0, ()),
        indexed=Indexed(0, 0),
    )


@pytest.mark.parametrize("entity", [None, HOSTILE])
def test_hostile_words_are_words(entity: str | None) -> None:
    """No element, no attribute, no control character and no expression comes of them, wherever they stand."""
    harmless = replace(with_words("harmless", "https://x.com/1"), entity=entity and "harmless")
    hostile = replace(with_words(HOSTILE, "https://x.com/1"), entity=entity)
    made = page(hostile)
    found = Reading(made)
    assert found.tags == Reading(page(harmless)).tags
    assert "script" not in {tag for tag, *_ in found.tags}
    assert all(one.isprintable() or one == "\n" for one in made)
    assert "<script>alert(1)</script>" in found.text
    assert "\\u202egnp.exe \\x1b[2J\\x00 &lt;b&gt; {{ 7*7 }} $x^2$" in found.text


@pytest.mark.parametrize("url", ["javascript:alert(1)", 'https://x.com/"onclick="alert(1)', "https://x.com/?a=1&b=<b>"])
def test_a_hostile_link(url: str) -> None:
    """It leads to where it says, on the web, or is none."""
    found = Reading(page(with_words("late", url)))
    assert [one for one in found.links if not one.startswith("#")] == ([url] if url.startswith("https") else [])
    assert ("a", "href", "rel") in found.tags or not url.startswith("https")


def test_nothing_comes_from_elsewhere() -> None:
    """No script, no picture, no style sheet, no font; and a browser is told to load and run nothing."""
    made = page(some_figures())
    assert not {"script", "link", "img", "iframe", "object", "embed", "base"} & {tag for tag, *_ in Reading(made).tags}
    assert "url(http" not in made
    assert "@import" not in made
    assert "default-src 'none'" in made


def test_the_numbers_are_those_of_the_figures() -> None:
    """Of everything, of each brand, of what was before; each share says of how many."""
    found = Reading(page(some_figures()))
    words = " ".join(found.text.split())
    assert "Negative tweets 30% of 10 scored tweets; before: 25% of 4 +5 pp" in words
    assert "Globex – none of 1 tweets is scored before: no scored tweets" in words
    rows = found.numbers()
    assert rows["Acme"] == ["12", "10", "30%", "25%", "+5 pp", ""]
    assert rows["Globex"] == ["1", "0", "–", "–", "", ""]
    assert (rows["fail"][0], rows["queue"][0], rows["not_json"][0]) == ("3", "4", "2")
    assert rows["2026-03-02 11:55"] == ["late again", "Acme", "-0.50", "open"]


def test_neutral_is_not_unsupported() -> None:
    """Both are said, with the number of tweets that are in no share; where there are none, nothing is to be said."""
    words = " ".join(Reading(page(some_figures())).text.split())
    assert "2 more tweets are unsupported: in a language that no scorer speaks" in words
    assert "Neutral tweets were scored" in words
    supported = some_figures(whole=mood("", Counts(negative=1)))
    assert "more tweets are unsupported" not in page(supported)


def test_the_accounting_adds_up_and_says_what_is_not_known() -> None:
    """Tweets written = retweets + scored + unsupported; documents indexed = tweets + rejected records."""
    found = Reading(page(some_figures()))
    rows = {name: cells[0] for name, cells in found.numbers().items() if cells}
    assert rows["tweets written in the period"] == "16"
    assert [rows[name] for name in rows if name.startswith(("retweets,", "scored:", "unsupported,"))] == [
        "4",
        "10",
        "2",
    ]
    assert rows["documents indexed in the period, whenever written"] == "19"
    assert (rows["tweets"], rows["rejected records"]) == ("17", "2")
    assert "records that were already there and so left no document" in found.text


def test_an_empty_period_is_a_page() -> None:
    """It says that there is nothing, and no share is 0%."""
    found = Reading(page(empty()))
    words = " ".join(found.text.split())
    assert "Negative tweets – no scored tweets in this period; before: no scored tweets" in words
    assert "No tweets were written in this period." in words
    assert "0%" not in words
    assert "svg" not in {tag for tag, *_ in found.tags}


def test_one_entity() -> None:
    """The page says whose it is, and what is counted of all: its tweets have one headline, not one for each brand."""
    found = Reading(page(some_figures(entity="Acme")))
    words = " ".join(found.text.split())
    assert "What people say about Acme" in words
    assert "whatever they were about" in words
    assert [tag for tag in found.tags if tag[0] == "h3"] == [("h3",)]
    assert "No tweets about Acme were written in this period." in " ".join(Reading(page(empty("Acme"))).text.split())


def test_complaints_are_shown_only_where_a_model_spoke() -> None:
    """Else the page says that none did."""
    without = page(some_figures())
    assert ("Complaints by reason" in without, "No complaint model has seen" in without) == (False, True)
    found = Reading(page(some_figures(complaints=Complaints(1_000, 40, (Term("late_flight", 30),)))))
    assert found.numbers()["late_flight"][0] == "30"
    assert "40 complaints among the 1,000 tweets" in found.text
    assert "10 of them without a reason" in found.text
    assert "No complaint model has seen" not in found.text


def test_entities_that_are_left_out_are_counted() -> None:
    """A table of the most frequent says of how many they are."""
    assert "of about" not in page(some_figures())
    assert "Those with most tweets, of about 1,234." in page(some_figures(entities_in_all=1_234))


def test_times_are_of_the_zone_that_is_named() -> None:
    """The machine's own, as it is at the end of the period."""
    berlin = last(timedelta(hours=24), datetime(2026, 3, 2, 13, tzinfo=timezone(timedelta(hours=1))))
    made = Reading(page(some_figures(period=berlin))).text
    assert "from 2026-03-01 13:00 to 2026-03-02 13:00 (UTC+01:00)" in made
    assert "2026-03-02 12:55" in made
    assert "(UTC)" in Reading(page(some_figures())).text


def test_ids_are_unique_and_charts_are_whole() -> None:
    """Charts stand in one page: none draws with a part of another. Each is an element, and is named."""
    made = page(some_figures())
    drawn = [f"<svg{part.split('</svg>')[0]}</svg>" for part in made.split("<svg")[1:]]
    parsed = [ElementTree.fromstring(one) for one in drawn]
    ids = [one.attrib["id"] for tree in parsed for one in tree.iter() if "id" in one.attrib]
    assert (len(parsed), len(set(ids))) == (4, len(ids))
    assert all(tree.attrib["aria-label"] for tree in parsed)
    for one in drawn:
        used = {part.split(")")[0] for part in one.split("url(#")[1:]}
        assert used <= set(ids)
    assert made == page(some_figures())


def test_a_style_of_the_users_own_alters_nothing() -> None:
    """Charts have the page's colours and letters, whatever matplotlib is set to."""
    usual = charts.share_over_time(some_figures(), "one")
    with rc_context({"xtick.labelsize": 30, "grid.linestyle": ":", "axes.labelsize": 40}):
        assert charts.share_over_time(some_figures(), "one") == usual


def test_letters_of_charts_have_the_colours_of_the_page() -> None:
    """Which differ by day and by night: black ones could not be read on black."""
    drawn = charts.tweets_over_time(some_figures(), "one")
    assert "var(--muted" in drawn
    assert not {"#000000", "#010203", "#010204"} & {part[:7] for part in drawn.split(" ")}


def test_colours_are_those_of_the_boards() -> None:
    """Neither imports the other; the share of a headline warns at the same limits."""
    assert {str(label): colour for label, colour in palette.LABELS.items()} == config.LABELS
    assert (palette.VOLUME, palette.WARNING) == (config.VOLUME, config.WARNING)
    assert config.NEGATIVE_SHARE[1:] == palette.NEGATIVE_SHARE


@pytest.mark.parametrize(
    ("negative", "colour"), [(39, None), (40, palette.WARNING), (50, palette.LABELS[Label.NEGATIVE])]
)
def test_a_high_share_has_a_colour(negative: int, colour: str | None) -> None:
    """A low one has none: it is not good."""
    made = page(some_figures(whole=mood("", Counts(negative=negative, positive=100 - negative)), entities=()))
    found = made.split("border-left-color: ")[1][:7] if "border-left-color: " in made else None
    assert found == colour


@pytest.mark.parametrize(("hours", "into"), [(0, 12), (9, 3)])
def test_charts_are_in_the_zone_of_the_page(hours: int, into: int) -> None:
    """Midnight is where the clock of the page has it, whichever zone the machine is in: so far into the period."""
    period = last(timedelta(hours=24), UNTIL.astimezone(timezone(timedelta(hours=hours))))
    drawn = charts.share_over_time(some_figures(period=period), "one")
    left, width = map(float, re.findall(r'<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', drawn)[0])
    midnight = float(re.findall(r'x="([\d.]+)"[^>]*>Mar-02<', drawn)[0])
    assert (midnight - left) / width == pytest.approx(into / 24, abs=0.001)

"""The page and the picture of topics, as a browser and a mail program read them."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from xml.etree import ElementTree

import pytest
from PIL import Image

from pipeline.report.figures import Counts
from pipeline.topics import charts
from pipeline.topics.found import Found, Question, Topic, Word
from pipeline.topics.models import Method
from pipeline.topics.page import page
from pipeline.topics.said import MEANINGS, LeftOut
from tests.reporting import Reading
from tests.topical import DAY, some

HOSTILE = (
    "<script>alert(1)</script></style></title></svg><img src=x onerror=alert(1)>\"' onload='alert(1)' "
    "\u202egnp.exe \x1b[2J\x00 &lt;b&gt; {{ 7*7 }} $x^2$ {% raw %} <!-- ]]> javascript:alert(1)"
)


def texts(found: Found, text: str = "Where is my bag?") -> dict[str, str]:
    return {one.id: text for topic in found.topics for one in topic.examples}


def with_words(word: str, url: str) -> Found:
    """A text of others in each of its places."""

    def hostile(topic: Topic) -> Topic:
        examples = tuple(replace(one, url=url) for one in topic.examples)
        return replace(topic, words=(Word(word, 0.5), *topic.words[1:]), examples=examples)

    found = some()
    gone = replace(found.vanished[0], words=(Word(word, 0.5),))
    return replace(found, topics=tuple(map(hostile, found.topics)), vanished=(gone,), common=(word,))


def test_hostile_words_are_words() -> None:
    """No element, no attribute and no control character comes of them, wherever they stand."""
    harmless = replace(with_words("harmless", "https://x.com/1"), question=Question(DAY, "harmless"))
    hostile = replace(with_words(HOSTILE, "https://x.com/1"), question=Question(DAY, HOSTILE))
    made = page(hostile, texts(hostile, HOSTILE))
    found = Reading(made)
    assert found.tags == Reading(page(harmless, texts(harmless))).tags
    assert "script" not in {tag for tag, *_ in found.tags}
    assert all(one.isprintable() or one == "\n" for one in made)
    assert "<script>alert(1)</script>" in found.text


@pytest.mark.parametrize("url", ["javascript:alert(1)", 'https://x.com/"onclick="alert(1)', "https://x.com/?a=1&b=<b>"])
def test_a_hostile_link(url: str) -> None:
    """It leads to where it says, on the web, or is none."""
    found = with_words("late", url)
    links = {one for one in Reading(page(found, texts(found))).links if not one.startswith("#")}
    assert links == ({url} if url.startswith("https") else set())


def test_nothing_comes_from_elsewhere() -> None:
    """No script, no picture, no style sheet, no font; and a browser is told to load and run nothing."""
    made = page(some(), texts(some()))
    assert not {"script", "link", "img", "iframe", "object", "embed", "base"} & {tag for tag, *_ in Reading(made).tags}
    assert "url(http" not in made
    assert "default-src 'none'" in made


def test_the_numbers_are_those_of_the_topics() -> None:
    """Of each topic, of what was before, and of what has vanished."""
    found, rows = some(), Reading(page(some(), {})).numbers()
    luggage, coffee = found.topics
    points = f"{round((luggage.share - luggage.before.share) * 100):+d} pp"
    assert rows[luggage.name][:4] == [
        f"{luggage.counts.tweets}",
        f"{luggage.share:.0%}",
        points.replace("+0", "±0"),
        f"{luggage.counts.negative_share:.0%}",
    ]
    assert rows[coffee.name][2] == "new"
    assert rows[found.vanished[0].name] == [f"{found.vanished[0].share:.0%}"]


def test_the_accounting_has_each_reason() -> None:
    """And they add up."""
    rows = Reading(page(replace(some(), left_out={LeftOut.LANGUAGE: 7}), {})).numbers()
    assert rows["tweets read"] == ["250"]
    assert rows["in a topic"] == [str(some().used)]
    assert [rows[f"left out: {meaning}"] for meaning in MEANINGS.values()] == [["0"], ["7"], ["0"], ["0"], ["0"]]


def test_it_says_which_method_to_trust() -> None:
    """And how to get it, where it is the other one."""
    nmf, lda = some().judged
    worse = replace(nmf, quality=replace(nmf.quality, coherence=-0.5))
    words = " ".join(Reading(page(replace(some(), judged=(worse, lda)), {})).text.split())
    assert "Trust LDA here: run it again with --method lda. Coherence" in words
    assert "NMF, shown here" in words
    better = replace(nmf, quality=replace(nmf.quality, coherence=0.99))
    assert "Trust NMF here." in " ".join(Reading(page(replace(some(), judged=(better, lda)), {})).text.split())


def test_where_nothing_could_be_compared_nothing_is_new() -> None:
    found = replace(
        some(), compared=False, vanished=(), topics=tuple(replace(one, before=None) for one in some().topics)
    )
    made = page(found, {})
    assert "There were too few tweets before to compare with." in made
    assert not {"<b>new</b>", ">change<"} & {part for part in ("<b>new</b>", ">change<") if part in made}


def test_a_tweet_that_was_deleted_is_not_shown() -> None:
    """Its text is not there any more."""
    assert "<blockquote" in page(some(), texts(some()))
    assert "<blockquote" not in page(some(), {})


def test_charts_are_whole_and_their_ids_unique() -> None:
    made = page(some(), {})
    drawn = [ElementTree.fromstring(f"<svg{part.split('</svg>')[0]}</svg>") for part in made.split("<svg")[1:]]
    ids = [one.attrib["id"] for tree in drawn for one in tree.iter() if "id" in one.attrib]
    assert (len(drawn), len(set(ids))) == (2, len(ids))
    assert made == page(some(), {})


def test_shares_over_time_add_up() -> None:
    """To one in each interval with tweets; to nothing in others."""
    found = some()
    sums = [sum(of) for of in zip(*(charts.shares(topic, charts.whole(found)) for topic in found.topics), strict=True)]
    tweets = [sum(c.tweets for c in of) for of in zip(*(topic.over_time for topic in found.topics), strict=True)]
    assert sums == pytest.approx([1.0 if count else 0.0 for count in tweets])


def test_a_burst_of_few_tweets_does_not_set_the_scale() -> None:
    """One tweet alone in a night is 100% of it."""
    first, second = some().topics
    usual = tuple(Counts(negative=10) for _ in DAY.moments[1:])
    topics = (
        replace(first, over_time=(Counts(negative=1), *usual)),
        replace(second, over_time=(Counts(), *usual)),
    )
    assert charts.highest(replace(some(), topics=topics)) == pytest.approx(0.5 * 1.05)


@pytest.mark.parametrize("word", ["luggage", HOSTILE, "$x^2", "カバン"])
def test_the_picture(word: str, recwarn: pytest.WarningsRecorder) -> None:
    """A PNG that is small enough for a mail, whatever the words are; no warning goes to the terminal."""
    found = with_words(word, "https://x.com/1")
    made = charts.picture(found, word)
    picture = Image.open(BytesIO(made))
    assert (picture.format, picture.width > 800, len(made) < 200_000) == ("PNG", True, True)
    assert not recwarn.list


def test_lda_is_shown_as_such() -> None:
    found = replace(some(), question=Question(DAY, method=Method.LDA))
    assert "LDA, shown here" in page(found, {})

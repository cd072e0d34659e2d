"""HTML of anybody → text: the same as Python's own parser for what is closed, and in linear time for what is not."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources.mastodon.statuses import MAX_CONTENT_CHARS, NotAStatus, tweet_of
from pipeline.sources.mastodon.text import text_of
from tests.fake_mastodon import status_of
from tests.unit.scoring.timing import assert_linear

SHAPES = [
    " ", "\t\n", " \n ", "\n", "<", "</", "<a", "<a ", "<a href=", '<a b="', "<a b='c'", "<a =", "<a/", "<b>", "<p>",
    "</p>", "<br>", "<li>", "<!", "<!--", "<!-- a > ", "<!--a-->", "<?", "<![", "<![CDATA[", "<!DOCTYPE ", "-->",
    "<script>", "</script", "<script></", "<style>", "&", "&amp;", "&#", "&#1", "&lt", ">", '<a b=">" ', "<a x=1 ",
]  # fmt: skip


class Reference(HTMLParser):
    """The text that Python's own parser makes of the same tags."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.unseen = False

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.unseen = self.unseen or tag in ("script", "style")
        self.parts.append({"p": "\n\n", "ul": "\n\n", "br": "\n", "li": "\n- "}.get(tag, ""))

    def handle_endtag(self, tag: str) -> None:
        self.unseen = self.unseen and tag not in ("script", "style")
        self.parts.append({"p": "\n\n", "ul": "\n\n"}.get(tag, ""))

    def handle_data(self, data: str) -> None:
        self.parts.append("" if self.unseen else data)


def by_the_library(html: str) -> str:
    reader = Reference()
    reader.feed(html)
    reader.close()
    text = re.sub(r"[ \t]*\n[ \t]*", "\n", "".join(reader.parts))
    return re.sub(r"\n{3,}", "\n\n", text).strip()


words = st.sampled_from(
    ["one", " ", "two words", "\n", "  \n ", "&amp;", "&lt;3", "1 < 2", "x > y", "é", "&copy", "\t"]
)
alone = st.sampled_from(["<br>", "<BR />", "<img src='a>b'>", "<!-- c > d -->", "<script>if (a<b) {}</script>"])
names = st.tuples(
    st.sampled_from(["p", "a", "span", "ul", "li", "P"]), st.sampled_from(["", ' href="a>b" rel=x', " k = 'v'"])
)
html = st.recursive(
    words | alone,
    lambda inner: st.builds(
        lambda name, parts: f"<{name[0]}{name[1]}>{''.join(parts)}</{name[0]}>", names, st.lists(inner)
    ),
)


@given(html)
def test_what_is_closed_reads_as_with_the_library(html: str) -> None:
    """Nested however it likes."""
    assert text_of(html) == by_the_library(html)


@pytest.mark.no_cover
@pytest.mark.parametrize("piece", SHAPES)
@pytest.mark.parametrize(("before", "after"), [("", ""), ("<p>", "</p>"), ("x", "x"), ('<a b="', ">")])
def test_any_shape_takes_linear_time(piece: str, before: str, after: str) -> None:
    """Shapes for which the library takes a minute, or at which it raises."""
    assert_linear(lambda text: text_of(before + text + after), piece)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("I <3 you </3 and a < b", "I <3 you </3 and a < b"),
        ("one <a href='x", "one <a href='x"),
        ("<p>one</p><!-- and <b>two</b>", "one\n\n<!-- and <b>two</b>"),
        ("one<script>two", "one"),
        ("one<![two]>three", "onethree"),
        ("<p>one<b two", "one<b two"),
    ],
)
def test_what_never_ends_is_text(html: str, text: str) -> None:
    """No word is lost for a sign that is missing."""
    assert text_of(html) == text


def test_a_status_too_long_to_be_read_is_refused() -> None:
    """By a reason, before it is parsed; one of the greatest size is read."""
    assert tweet_of(status_of(0, "") | {"content": "a" * MAX_CONTENT_CHARS}, "home.example", {}) is not None
    for fields in ({"content": "a" * MAX_CONTENT_CHARS + "b"}, {"content": "", "spoiler_text": " " * 600_000}):
        with pytest.raises(NotAStatus, match="more than 500,000 characters"):
            tweet_of(status_of(0, "") | fields, "home.example", {})

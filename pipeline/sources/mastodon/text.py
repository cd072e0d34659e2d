"""A status's HTML → the text that people see. Pure."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_BLOCKS = {"p", "blockquote", "pre", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6"}
_UNSEEN = {"script", "style"}
_MANY_LINES = re.compile(r"\n{3,}")
_SPACES_AROUND_LINE = re.compile(r"[ \t]*\n[ \t]*")


def text_of(html: str) -> str:
    """Paragraphs apart by an empty line, `<br>` as a line, and links as their whole address.

    Mastodon hides the ends of long addresses in spans (`invisible`); all of their text belongs to it.
    """
    reader = _Reader()
    reader.feed(html)
    reader.close()
    text = _SPACES_AROUND_LINE.sub("\n", "".join(reader.parts))
    return _MANY_LINES.sub("\n\n", text).strip()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._unseen += 1
        elif tag in _BLOCKS:
            self.parts.append("\n\n")
        elif tag == "br":
            self.parts.append("\n")
        elif tag == "li":
            self.parts.append("\n- ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag in _BLOCKS:
            self.parts.append("\n\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.parts.append(data)

"""A status's HTML → the text that people see, in time linear in its length, whatever it is. Pure.

Python's own parser takes a minute for 200 kB of unclosed tags, and raises for some that nobody closes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.domain.unescaped import unescaped

_BREAKS = {
    **dict.fromkeys(("p", "blockquote", "pre", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6"), ("\n\n", "\n\n")),
    "br": ("\n", ""),
    "li": ("\n- ", ""),
}
"""The signs for a tag, and for its end."""

# Possessive quantifiers (`*+`, `++`) never try a part of the input again, which keeps the time linear.
_TAG = re.compile(r"<(/?)([A-Za-z][^\s/>]*+)(?:[^>=]++|=\s*+(?:\"[^\"]*+\"|'[^']*+'|(?![\"'])))*+>")
# As browsers do: `<!-->` and `<!--->` are whole comments, and `--!>` ends one.
_NOTE = re.compile(r"<!--(?:>|->|[\s\S]*?--!?>)|<(?!!--)[!?][^>]*+>")
_UNSEEN = {name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE) for name in ("script", "style")}
_STARTS = re.compile(r"<(?=/?[A-Za-z]|[!?])")
_MANY_LINES = re.compile(r"\n{3,}+")


def text_of(html: str) -> str:
    """Paragraphs apart by an empty line, `<br>` as a line, and links as their whole address.

    Mastodon hides the ends of long addresses in spans (`invisible`); all of their text belongs to it. From a tag or a
    comment on that never ends, all is text.
    """
    lines = "".join(_parts(html)).split("\n")
    return _MANY_LINES.sub("\n\n", "\n".join(line.strip(" \t") for line in lines)).strip()


def _parts(html: str) -> Iterator[str]:
    at = 0
    while start := _STARTS.search(html, at):
        yield unescaped(html[at : start.start()])
        at = start.start()
        tag = _TAG.match(html, at)
        end = tag or _NOTE.match(html, at)
        if end is None:
            # Searching on behind this `<` would read the rest again for each further one.
            break
        at = end.end()
        if tag:
            closes, name = tag[1], tag[2].lower()
            yield _BREAKS.get(name, ("", ""))[bool(closes)]
            if name in _UNSEEN and not closes:
                seen = _UNSEEN[name].search(html, at)
                at = seen.start() if seen else len(html)
    yield unescaped(html[at:])

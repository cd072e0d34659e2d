"""The pages that people read, parsed as GitHub parses them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.paths import ROOT

BESIDE = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "compose/README.md")
PAGES = [*BESIDE, *sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md"))]

_MARKDOWN = MarkdownIt("commonmark").enable("table")
_ATTRIBUTE = re.compile(r'\b(?:src|srcset|href)="([^"\s]+)"')


@cache
def text(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def html(page: str) -> str:
    return str(_MARKDOWN.render(text(page)))


def blocks(page: str, language: str) -> list[str]:
    """The code blocks of a language."""
    return [token.content for token in _tokens(page) if token.type == "fence" and token.info.strip() == language]


def code(page: str) -> list[str]:
    """Code within sentences."""
    return [" ".join(token.content.split()) for token in _tokens(page) if token.type == "code_inline"]


def links(page: str) -> list[str]:
    """Where links and pictures lead, also those in HTML."""
    found = []
    for token in _tokens(page):
        if token.type in ("link_open", "image"):
            found.append(str(token.attrGet("href") or token.attrGet("src")))
        elif token.type.startswith("html_"):
            found += _ATTRIBUTE.findall(token.content)
    return found


@cache
def anchors(page: str) -> frozenset[str]:
    """Of the headings, as GitHub names them."""
    tokens = list(_tokens(page))
    titles = (after for token, after in pairwise(tokens) if token.type == "heading_open")
    seen: Counter[str] = Counter()
    found = []
    for title in titles:
        shown = "".join(part.content for part in title.children or () if part.type in ("text", "code_inline"))
        slug = re.sub(r"[^\w\- ]", "", shown.lower()).replace(" ", "-")
        found.append(f"{slug}-{seen[slug]}" if seen[slug] else slug)
        seen[slug] += 1
    return frozenset(found)


def place(page: str, link: str) -> Path:
    """The file that a relative link leads to."""
    return (ROOT / page).parent.joinpath(link.partition("#")[0]) if not link.startswith("#") else ROOT / page


def _tokens(page: str) -> Iterator[Token]:
    for token in _parsed(page):
        yield token
        yield from token.children or ()


@cache
def _parsed(page: str) -> list[Token]:
    return _MARKDOWN.parse(text(page))

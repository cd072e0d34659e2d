"""The links of the pages."""

from __future__ import annotations

import re

import pytest

from tests import pages
from tests.paths import ROOT


@pytest.mark.parametrize("page", pages.PAGES)
def test_links_lead_to_what_is_there(page: str) -> None:
    """A file or a folder of the repository, and in it the heading that the link names."""
    assert [link for link in pages.links(page) if not is_there(page, link)] == []


@pytest.mark.parametrize("link", ["nothing.md", "sources.md#no-such-heading", "#no-such-heading", "../no/README.md"])
def test_a_link_that_leads_nowhere_is_noticed(link: str) -> None:
    assert not is_there("docs/models.md", link)


def is_there(page: str, link: str) -> bool:
    """True of other servers' addresses too: nobody is asked."""
    if re.match(r"[a-z]+:", link):
        return True
    path, anchor = pages.place(page, link), link.partition("#")[2]
    if not path.exists() or not anchor:
        return path.exists()
    return anchor in pages.anchors(path.resolve().relative_to(ROOT).as_posix())


def test_each_decision_is_listed() -> None:
    """With its title."""
    listed = dict(re.findall(r"^\| \[\d+\]\((.+?)\) \| (.+) \|$", pages.text("docs/adr/README.md"), re.MULTILINE))
    titles = {
        path.name: path.read_text(encoding="utf-8").split("\n")[0].partition(": ")[2]
        for path in (ROOT / "docs/adr").glob("[0-9]*.md")
    }
    assert listed == titles

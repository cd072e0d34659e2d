"""The site that `make docs` builds."""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests import pages
from tests.paths import ROOT

MISSING = "needs mkdocs-material: `make env` installs it"
_SHAPES = ("table", "tr", "li", "pre", "h1", "h2", "h3", "blockquote")
_FETCHED = re.compile(r"<(?:script|img|source|iframe|video)\b[^>]*\bsrc(?:set)?=[\"']?([^\"'\s>]+)|<link\b[^>]*>")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site; it is built without a warning."""
    pytest.importorskip("material", reason=MISSING)
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, [line for line in done.stderr.splitlines() if "WARNING" in line]) == (0, []), done.stderr
    return folder


def page_of(page: str) -> str:
    """Where a page is in the site."""
    return re.sub(r"README$", "index", page.removeprefix("docs/").removesuffix(".md")) + ".html"


def test_each_page_is_in_it(site: Path) -> None:
    assert [page for page in pages.PAGES if not (site / page_of(page)).is_file()] == []


@pytest.mark.parametrize("page", pages.PAGES)
def test_a_page_has_the_shape_that_it_has_on_github(site: Path, page: str) -> None:
    """As many lists, tables, code blocks and headings: the two read Markdown by different rules."""
    assert shape((site / page_of(page)).read_text(encoding="utf-8")) == shape(pages.html(page))


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    """Scripts, styles, fonts and pictures are files of the site."""
    fetched = {found[0] for path in site.rglob("*.html") for found in _FETCHED.finditer(path.read_text("utf-8"))}
    assert fetched
    assert [tag for tag in fetched if re.search(r"[\"'=](?:https?:)?//", tag)] == []


def test_a_link_to_a_file_of_the_repository_holds(site: Path) -> None:
    """The file is in the site, beside the pages."""
    assert 'href="pipeline/ports.py"' in (site / "extending.html").read_text(encoding="utf-8")
    assert (site / "pipeline/ports.py").read_text() == (ROOT / "pipeline/ports.py").read_text()


@pytest.mark.parametrize(
    ("page", "written", "shown"),
    [
        ("README.md", "[a](docs/models.md#train)", "[a](models.md#train)"),
        ("README.md", "[![b](docs/b.png)](docs/models.md)", "[![b](b.png)](models.md)"),
        ("README.md", '<img src="docs/b.png" alt="b">', '<img src="b.png" alt="b">'),
        ("docs/how-to/x.md", '<img src="../b.png">', '<img src="../b.png">'),
        ("docs/how-to/x.md", "[c](../../compose/README.md)", "[c](../compose/README.md)"),
        ("docs/how-to/x.md", "[the roles](../../compose/roles) are", "the roles are"),
        ("docs/how-to/x.md", "[d](#there) [e](https://example.org/x)", "[d](#there) [e](https://example.org/x)"),
        ("README.md", "  ```sh\n  [a](docs/models.md)\n  ```\n", "  ```sh\n  [a](docs/models.md)\n  ```\n"),
    ],
)
def test_links_hold_on_github_and_in_the_site(page: str, written: str, shown: str) -> None:
    """Between pages in `docs` and beside it; of pictures too. Code stays as it is, and a folder is no page."""
    of_mkdocs = pytest.importorskip("mkdocs.structure.files", reason=MISSING)
    hooks = runpy.run_path(str(ROOT / "docs/mkdocs_hooks.py"))
    places = {"b.png": ROOT / "docs", "how-to/x.md": ROOT / "docs", "README.md": ROOT}
    files = of_mkdocs.Files(
        [of_mkdocs.File(name, str(folder), "", use_directory_urls=False) for name, folder in places.items()]
    )
    here = files.get_file_from_path(page.removeprefix("docs/"))
    assert hooks["on_page_markdown"](written, SimpleNamespace(file=here), None, files) == shown


def shape(html: str) -> Counter[str]:
    """How many there are of each kind of block in the text of a page."""
    found = re.search(r"<article.*?</article>", html, re.DOTALL)
    body = re.sub(r'<div class="[^"]*highlight.*?</div>', "<pre>", found[0] if found else html, flags=re.DOTALL)
    return Counter(tag for tag in re.findall(r"<(\w+)[\s>]", body) if tag in _SHAPES)

"""What MkDocs does besides: pages beside `docs` are in the site too, and links between both hold as on GitHub."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "compose/README.md")

_FENCE = re.compile(r"(^ *```.*?^ *```)", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)")
_ATTRIBUTE = re.compile(r'\b(src|srcset|href)="([^"\s]+)"')


def on_files(files: Files, config: Any) -> Files:
    """Add the pages beside `docs`, and each file of the repository that a page links to."""
    for path in PAGES:
        files.append(File.generated(config, path, abs_src_path=str(ROOT / path)))
    for page in list(files.documentation_pages()):
        for target in _targets(page.content_string, _place(page)):
            if (ROOT / target).is_file() and not files.get_file_from_path(_source(target)):
                files.append(File.generated(config, _source(target), abs_src_path=str(ROOT / target)))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Links as the site has them. A link to a folder without a page is plain text."""
    place, here = _place(page.file), page.file

    def in_markdown(found: re.Match[str]) -> str:
        picture, text, link = found.groups()
        text = _LINK.sub(in_markdown, text)
        target, anchor = _target(link, place)
        if target is None:
            return f"{picture}[{text}]({link})"
        if (ROOT / target).is_dir():
            return text
        return f"{picture}[{text}]({posixpath.relpath(_source(target), posixpath.dirname(here.src_uri))}{anchor})"

    def in_html(found: re.Match[str]) -> str:
        name, link = found.groups()
        target, anchor = _target(link, place)
        file = files.get_file_from_path(_source(target)) if target else None
        return f'{name}="{file.url_relative_to(here)}{anchor}"' if file else found[0]

    return _outside_of_code(markdown, lambda text: _ATTRIBUTE.sub(in_html, _LINK.sub(in_markdown, text)))


def _outside_of_code(markdown: str, change: Callable[[str], str]) -> str:
    parts = _FENCE.split(markdown)
    return "".join(part if index % 2 else change(part) for index, part in enumerate(parts))


def _targets(markdown: str, place: str) -> Iterator[str]:
    """The paths in the repository that a page links to."""
    text = "".join(_FENCE.split(markdown)[::2])
    links = [found[3] for found in _LINK.finditer(text)]
    for found in _LINK.finditer(text):
        links += [inner[3] for inner in _LINK.finditer(found[2])]
    for link in [*links, *(found[2] for found in _ATTRIBUTE.finditer(text))]:
        target, _ = _target(link, place)
        if target:
            yield target


def _target(link: str, place: str) -> tuple[str | None, str]:
    """The path in the repository that a relative link leads to, and its anchor; no path for any other link."""
    path, hash_, anchor = link.partition("#")
    if not path or re.match(r"[a-z]+:|/", path):
        return None, ""
    target = posixpath.normpath(posixpath.join(posixpath.dirname(place), path))
    if (ROOT / target / "README.md").is_file():
        target = posixpath.join(target, "README.md")
    return target, hash_ + anchor


def _place(file: File) -> str:
    """Its path in the repository."""
    return Path(str(file.abs_src_path)).relative_to(ROOT).as_posix()


def _source(target: str) -> str:
    """The name that a file of the repository has in the site."""
    return target.removeprefix("docs/")
